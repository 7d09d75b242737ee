"""The serial line interface in software: a pseudo-terminal under DIR/tty-line, and the two protocols on it."""
