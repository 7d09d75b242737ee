"""Errors of drivers.

DriverError
├── DeviceMissingError   the device is not there (yet): looked for again each second
├── DeviceRefusedError   it is there, and does not do what the settings ask
└── NotInstalledError    the library that reaches it is not installed
"""


class DriverError(Exception):
    """A driver cannot do its work; the message is a sentence a person can act on."""


class DeviceMissingError(DriverError):
    """The device is not there."""


class DeviceRefusedError(DriverError):
    """The device is there and refuses what the settings ask of it."""


class NotInstalledError(DriverError):
    """The library that reaches the device is not installed."""
