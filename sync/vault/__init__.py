"""The vault: takes what desks record, proves it, keeps it, shows it. `main.py` puts it together."""
