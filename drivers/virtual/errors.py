"""Errors of the virtual desk.

DriverError
└── VirtualDeskError       the message is a sentence a person can act on
    ├── VerbRefusedError   the verb makes no sense now (lifting a lifted handset), or its arguments do not
    └── DeskEndedError     the desk's process is not there, did not start, or went away
"""

from drivers.errors import DriverError


class VirtualDeskError(DriverError):
    """The virtual desk cannot do what was asked."""


class VerbRefusedError(VirtualDeskError):
    """A verb that the state of the desk or its arguments do not allow."""


class DeskEndedError(VirtualDeskError):
    """No process of a virtual desk answers."""
