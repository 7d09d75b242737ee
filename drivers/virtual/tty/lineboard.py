"""Our reference board: one ASCII line per event, `*XX` the XOR of all bytes before the asterisk."""

PRODUCT = "offhook-lineboard 1.0"


class Lineboard:
    """V ten times a second and on change, R at a burst's end, H at each edge of the hook, P at the start."""

    def __init__(self, millivolts: int) -> None:
        self._millivolts = millivolts
        self._lifted = False

    def opened(self) -> bytes:
        return _line(f"P {PRODUCT}") + _line(f"H {int(self._lifted)}") + self.every_100_ms()

    def every_100_ms(self) -> bytes:
        return _line(f"V {self._millivolts}")

    def hook(self, *, lifted: bool) -> bytes:
        self._lifted = lifted
        return _line(f"H {int(lifted)}")

    def flash(self) -> bytes:
        return b""

    def cleared(self) -> bytes:
        return b""

    def voltage(self, millivolts: int) -> bytes:
        self._millivolts = millivolts
        return self.every_100_ms()

    def ring_burst(self, duration_ms: int, ring: int) -> bytes:
        del ring
        return _line(f"R {duration_ms}")

    def caller_known(self, number: str, name: str, *, checksum_ok: bool, rings: int) -> bytes:
        """The board measures voltages; it does not hear."""
        del number, name, checksum_ok, rings
        return b""

    def number_dialled(self, number: str) -> bytes:
        del number
        return b""

    def call_ended(self, *, inbound: bool, seconds: int, rings: int) -> bytes:
        del inbound, seconds, rings
        return b""


def _line(body: str) -> bytes:
    check = 0
    for byte in body.encode("ascii"):
        check ^= byte
    return f"{body}*{check:02X}\r\n".encode("ascii")
