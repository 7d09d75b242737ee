"""No hook sensor: says nothing and knows nothing."""

from collections.abc import Callable

from drivers.hook import HookEvent


class DisabledHook:
    def start(self, emit: Callable[[HookEvent], None]) -> None:
        del emit

    def is_lifted(self) -> bool | None:
        return None

    def close(self) -> None:
        return
