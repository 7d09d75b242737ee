"""adjtimex(2): the kernel's own state of the clock, as ntpd, chronyd and systemd-timesyncd leave it there."""

import ctypes

from drivers.clock import ClockQuality

TIME_ERROR = 5  # what adjtimex returns while nobody disciplines the clock
STA_UNSYNC = 0x0040
STA_NANO = 0x2000  # `offset` is in nanoseconds, else in microseconds


class Timex(ctypes.Structure):
    """Beginning of struct timex; the kernel fills 208 bytes."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


def ask_kernel() -> ClockQuality:
    """Read only (modes 0), so no privilege is needed."""
    timex = Timex()
    state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex))
    return judge(state, timex.status, timex.offset)


def judge(state: int, status: int, offset: int) -> ClockQuality:
    """What the return value, the status bits and the offset of adjtimex mean."""
    if state < 0:
        return ClockQuality("none", synced=None, offset_us=None)
    if state == TIME_ERROR or status & STA_UNSYNC:
        return ClockQuality("none", synced=False, offset_us=None)
    return ClockQuality("kernel", synced=True, offset_us=offset // 1000 if status & STA_NANO else offset)
