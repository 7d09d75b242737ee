"""One entry in the access log each time somebody presses play, however many ranges the player asks."""

import secrets
from collections import OrderedDict

KEPT = 10_000  # tickets remembered; an older one is logged again, which errs on the right side


class Heard:
    """A page gets a ticket with its player; the first request that shows it is the play that is logged."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str, str], None] = OrderedDict()

    def ticket(self) -> str:
        return secrets.token_urlsafe(9)

    def is_new(self, person: str, call: str, ticket: str) -> bool:
        """True once. Without a ticket every request counts."""
        key = (person, call, ticket)
        if ticket and key in self._known:
            return False
        self._known[key] = None
        while len(self._known) > KEPT:
            self._known.popitem(last=False)
        return True
