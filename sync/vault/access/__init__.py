"""People: passwords, sessions, what each may do, and what they did."""
