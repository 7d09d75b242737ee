"""Formats, sealing, hashing, signing and verifying: what makes a recording evidence.

FORMAT.md beside this file says what the bytes are; vectors/ holds good and tampered examples with
their expected outcomes. Nothing here touches hardware, sockets, clocks or threads: times come in
as arguments, files as bytes or as open files.
"""
