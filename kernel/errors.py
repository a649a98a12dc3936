"""Refusals: what a service says when it declines, in words for the person who asked."""

from contextvars import ContextVar
from typing import Any, ClassVar, Self


class Refused(Exception):  # noqa: N818  a refusal is an answer, not a fault
    """A service declines: `code` is stable for programs, the message is a sentence for people.

    The sentence names the thing, gives the figures and says what to do. `details` holds the same facts as plain
    JSON values. A subclass is declared beside the service that raises it and sets its own `code`.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 422

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details

    def keep_trace(self) -> None:
        """Store what must outlive the transaction that was refused; called in a scope of its own. Mostly nothing."""

    def by_another(self) -> Self:
        """Say that another person may do exactly this: what solo mode replaces (S14). Returns the refusal itself."""
        needs_another.set(self)
        return self

    def as_json(self) -> dict[str, Any]:
        """Return the `error` object of the command line and of the API."""
        return {"code": self.code, "message": self.message, "details": self.details}


# The refusal of this request that only another person's word would lift; the edge of every page looks at it.
needs_another: ContextVar[Refused | None] = ContextVar("needs_another", default=None)
