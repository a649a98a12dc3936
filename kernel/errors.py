"""Refusals: what a service says when it declines, in words for the person who asked."""

from typing import Any, ClassVar


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

    def as_json(self) -> dict[str, Any]:
        """Return the `error` object of the command line and of the API."""
        return {"code": self.code, "message": self.message, "details": self.details}
