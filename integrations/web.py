"""One request to a provider over HTTP, with limits on time and size, and no redirect followed."""

import http.client
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from dunning.channels import (
    NotAcceptedYetError,
    OutcomeUnknownError,
    RefusedForGoodError,
    UnreachableError,
)

SECONDS = 20.0
MOST_BYTES = 4 << 20
TOO_MANY_REQUESTS, REQUEST_TIMEOUT, SERVER_ERROR = 429, 408, 500


@dataclass(frozen=True, slots=True)
class Answer:
    """A provider's answer: its status and its JSON, an empty object where it is none."""

    status: int
    body: dict[str, Any]
    location: str = ""

    @property
    def is_good(self) -> bool:
        """Whether the provider did what it was asked."""
        return 200 <= self.status < 300  # noqa: PLR2004  the class of good answers


def ask(
    method: str,
    url: str,
    *,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    may_have_left: bool = False,
) -> Answer:
    """Return the answer to one request.

    Raises UnreachableError when nobody was reached or, for a request that sends nothing to anybody, answered; with
    `may_have_left`, OutcomeUnknownError once the request was on its way and no readable answer came.
    """
    address = urlsplit(url)
    is_tls = address.scheme == "https"
    make = http.client.HTTPSConnection if is_tls else http.client.HTTPConnection
    connection = make(address.netloc, timeout=SECONDS)
    try:
        try:
            connection.connect()
        except OSError as problem:
            raise UnreachableError(str(problem)) from problem
        try:
            path = f"{address.path or '/'}{'?' + address.query if address.query else ''}"
            connection.request(method, path, body=body or None, headers=headers or {})
            response = connection.getresponse()
            content = response.read(MOST_BYTES)
        except (OSError, http.client.HTTPException) as problem:
            lost = OutcomeUnknownError if may_have_left else UnreachableError
            raise lost(f"{type(problem).__name__}: {problem}") from problem
        return Answer(response.status, _object(content), response.headers.get("Location", ""))
    finally:
        connection.close()


def _object(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content) if content else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def raise_for(answer: Answer, *, may_have_left: bool = False) -> None:
    """Raise what an answer that is not good means for a message, in the provider's own words where it has some.

    429, 408: later. 5xx: later, or with `may_have_left` nobody knows. Anything else: never.
    """
    if answer.is_good:
        return
    words = f"{answer.status} {json.dumps(answer.body)[:200]}"
    if answer.status in {TOO_MANY_REQUESTS, REQUEST_TIMEOUT}:
        raise NotAcceptedYetError(words)
    if answer.status >= SERVER_ERROR:
        raise (OutcomeUnknownError if may_have_left else NotAcceptedYetError)(words)
    raise RefusedForGoodError(words)


def instant(text: object) -> datetime | None:
    """Return an instant as the provider writes it, None when it is none."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else None
