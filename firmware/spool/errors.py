"""Errors of the spool.

SpoolError          the spool cannot do what was asked; the message is a sentence a person can act on
└── SpoolStateError a recording is not where it would have to be (asked for twice, or never made)
"""


class SpoolError(Exception):
    """Root of this package's errors."""


class SpoolStateError(SpoolError):
    """The recording does not lie in the folder that the step begins at."""
