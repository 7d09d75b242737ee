"""Recordings on their way in: tus over files that only grow."""
