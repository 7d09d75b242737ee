"""The serial line interface in software: a pseudo-terminal under DIR/tty-line, and two protocols on it."""
