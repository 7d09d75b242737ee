"""Debouncing, pure: a level counts once it has held for `debounce_ns`, and then from when it began.

Contacts bounce for up to 20 ms (config: hook.debounce_ms). Time comes with the levels, so a thread that
runs late changes no result: each level first settles what was due before it.
"""

from drivers.hook import HookEvent, HookLifted, HookReplaced


class Debouncer:
    """Feed `level` with each edge and reading, call `due` when `deadline_ns` has come. Begins on-hook."""

    def __init__(self, debounce_ns: int) -> None:
        self._debounce_ns = debounce_ns
        self._lifted = False
        self._since_ns: int | None = None  # the other level holds since then
        self._heard: bool | None = None  # the last level given, and since when it is given without a break
        self._heard_since_ns = 0
        self._steady_ns = 0

    @property
    def steady_ns(self) -> int:
        """When a level had last held for the whole time. A contact that chatters on tells nothing: neither
        that the handset is down nor that it is up.
        """
        return self._steady_ns

    @property
    def lifted(self) -> bool:
        """The debounced level."""
        return self._lifted

    @property
    def deadline_ns(self) -> int | None:
        """When `due` will have something to tell, if the level holds; None: nothing pending."""
        return None if self._since_ns is None else self._since_ns + self._debounce_ns

    def level(self, at_ns: int, lifted: bool) -> HookEvent | None:
        """Take note of a level; an event if an earlier level had held long enough by then."""
        event = self.due(at_ns)
        self._hear(at_ns, lifted)
        if lifted == self._lifted:
            self._since_ns = None
        elif self._since_ns is None:
            self._since_ns = at_ns
        return event

    def due(self, now_ns: int) -> HookEvent | None:
        """The event that is due at `now_ns`, if any."""
        if self._since_ns is None or now_ns - self._since_ns < self._debounce_ns:
            return None
        at_ns, self._since_ns = self._since_ns, None
        self._lifted = not self._lifted
        return HookLifted(at_ns) if self._lifted else HookReplaced(at_ns)

    def _hear(self, at_ns: int, lifted: bool) -> None:
        if self._heard is None or at_ns - self._heard_since_ns >= self._debounce_ns:
            self._steady_ns = at_ns
        if lifted != self._heard:
            self._heard, self._heard_since_ns = lifted, at_ns
