"""Recordings as sound: opened in memory with the vault's audio keys, never written to disk in clear."""
