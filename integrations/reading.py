"""One request that wants JSON back: limits on time and size, no redirect followed, failures in codes."""

import http.client
import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from credit.ports import ProviderError

SECONDS = 8.0
MOST_BYTES = 2 << 20
BLOCK = 1 << 16
NOT_FOUND, SERVER_ERROR = 404, 500
_LASTING = {401: "not_allowed", 402: "provider_quota", 403: "not_allowed", 410: "gone"}
_PASSING = {408: "timeout", 429: "provider_quota"}


def ask_json(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    seconds: float = SECONDS,
) -> tuple[dict[str, Any] | None, Mapping[str, str]]:
    """Return the JSON object of an answer, None for 404, and its headers. Raises ProviderError.

    `seconds` bound the whole exchange: a peer that drips a byte now and then is left like one that says nothing.
    """
    address = urlsplit(url)
    is_tls = address.scheme == "https"
    make = http.client.HTTPSConnection if is_tls else http.client.HTTPConnection
    connection = make(address.netloc, timeout=seconds)
    until = time.monotonic() + seconds
    try:
        path = f"{address.path or '/'}{'?' + address.query if address.query else ''}"
        connection.request(
            method, path, body=body, headers={"Accept": "application/json", **(headers or {})}
        )
        response = connection.getresponse()
        with response:
            content = _content(connection, response, until)
        given = {name.casefold(): value for name, value in response.headers.items()}
    except TimeoutError as fault:
        raise ProviderError("timeout") from fault
    except (OSError, http.client.HTTPException, ValueError) as fault:
        raise ProviderError("unreachable", type(fault).__name__) from fault
    finally:
        connection.close()
    if response.status == NOT_FOUND:
        return None, given
    _refuse(response.status)
    return _object(content), given


def _content(
    connection: http.client.HTTPConnection, response: http.client.HTTPResponse, until: float
) -> bytes:
    content = b""
    while True:
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if connection.sock is not None:
            connection.sock.settimeout(left)
        block = response.read1(BLOCK)
        if not block:
            return content
        content += block
        if len(content) > MOST_BYTES:
            raise ProviderError("too_large", f"more than {MOST_BYTES} bytes", is_lasting=True)


def _refuse(status: int) -> None:
    if 200 <= status < 300:  # noqa: PLR2004  the class of good answers
        return
    if status in _LASTING:
        raise ProviderError(_LASTING[status], str(status), is_lasting=True)
    raise ProviderError(
        _PASSING.get(status, "status"),
        str(status),
        is_lasting=status < SERVER_ERROR and status not in _PASSING,
    )


def _object(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as fault:
        raise ProviderError("not_json", is_lasting=True) from fault
    if not isinstance(found, dict):
        raise ProviderError("not_json", is_lasting=True)
    return found
