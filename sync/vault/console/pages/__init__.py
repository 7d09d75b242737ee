"""Handlers of the console's pages, one file per page."""
