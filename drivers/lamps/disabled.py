"""No lamps."""


class DisabledLamps:
    def set(self, *, green: float, red: float, amber: float) -> None:
        del green, red, amber

    def close(self) -> None:
        return
