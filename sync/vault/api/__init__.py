"""HTTP: what desks call, and the JSON that the console and scripts read."""
