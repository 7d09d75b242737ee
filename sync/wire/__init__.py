"""What a desk and a vault say to each other; PROTOCOL.md is the page to read first."""
