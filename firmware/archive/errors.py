"""Errors of the archive package.

ArchiveError     a recording cannot be exported: a packet does not decode, or the target cannot be written
"""


class ArchiveError(Exception):
    """The message is a sentence a person can act on."""
