"""The panel process: what the agent sees. situations.py is the table of lamps; README.md is made from it."""
