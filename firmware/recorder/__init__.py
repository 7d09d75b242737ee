"""Composition root of the recorder process: audio, hook and line in; sealed recordings and ledger out.

It never opens a socket to the network and holds no key that opens anything.
"""
