"""The same request twice acts once: the first answer is kept under its `Idempotency-Key` (P3)."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from hashlib import sha256
from typing import Any, ClassVar

from django.core.files.uploadedfile import UploadedFile
from django.db import OperationalError, connection
from django.utils.datastructures import MultiValueDict
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import IdempotentRequest
from kernel.errors import Refused
from kernel.identifiers import uuid7

KEPT = timedelta(hours=72)
LONGEST_KEY = 255
WAIT = "10s"  # how long a twin request waits for the first one before it is told to come back


class KeyReused(Refused):
    """The key was used for another request."""

    code: ClassVar[str] = "idempotency_key_reused"


class KeyInFlight(Refused):
    """The first request with this key has not been answered yet."""

    code: ClassVar[str] = "idempotency_key_in_flight"
    status: ClassVar[int] = 409


Action = Callable[..., Response]


def idempotent(action: Action) -> Action:
    """Let an action of an endpoint take an `Idempotency-Key`: a repeated request gets the first answer again.

    Runs inside the call's tenant scope. The key is claimed by a unique row in the same transaction as the work, so
    a twin waits for the first request and then replays its answer; a first request that fails leaves no key.
    """

    @wraps(action)
    def wrapped(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:  # noqa: ANN401
        key = request.headers.get("Idempotency-Key", "")[:LONGEST_KEY]
        if not key:
            return action(view, request, *args, **kwargs)
        digest = _digest_of(request.data)
        if not _claim(key, request, digest, view.now):
            return _replay(key, request, digest)
        response = action(view, request, *args, **kwargs)
        IdempotentRequest.objects.filter(key=key).update(
            status=response.status_code, answer=json.loads(json.dumps(response.data, default=str))
        )
        return response

    return wrapped


def _digest_of(body: Any) -> str:  # noqa: ANN401  what DRF made of the body: a value, or a form with files
    """Return a digest of what a request carries; of a file its bytes count, not its name alone."""

    def told(value: object) -> object:
        if isinstance(value, UploadedFile):
            digest = sha256()
            for chunk in value.chunks():
                digest.update(chunk)
            value.seek(0)
            return [value.name, digest.hexdigest()]
        return str(value)

    plain = dict(body.lists()) if isinstance(body, MultiValueDict) else body
    return sha256(json.dumps(plain, sort_keys=True, default=told).encode()).hexdigest()


def _claim(key: str, request: Request, digest: str, now: datetime) -> bool:
    """Take the key; False when another request holds it. Waits for a twin that is still running."""
    IdempotentRequest.objects.filter(key=key, created_at__lt=now - KEPT).delete()
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [WAIT])
        try:
            cursor.execute(
                "INSERT INTO accounts_idempotentrequest"
                " (id, tenant_id, key, method, path, body_digest, created_at)"
                " VALUES (%s, sec.tenant(), %s, %s, %s, %s, %s) ON CONFLICT (tenant_id, key) DO NOTHING",
                [uuid7(), key, request.method, request.path[:500], digest, now],
            )
        except OperationalError as waited:
            raise in_flight(key) from waited
        is_first: bool = cursor.rowcount == 1
        cursor.execute("SELECT set_config('lock_timeout', '0', true)")
    return is_first


def in_flight(key: str) -> KeyInFlight:
    """Return the refusal for a request whose twin has not been answered yet."""
    return KeyInFlight(
        f"The first request with the Idempotency-Key {key} is still running. Ask again in a few seconds.",
        key=key,
    )


def _replay(key: str, request: Request, digest: str) -> Response:
    first = IdempotentRequest.objects.get(key=key)
    if (first.method, first.path, first.body_digest) != (
        request.method,
        request.path[:500],
        digest,
    ):
        raise KeyReused(
            f"The Idempotency-Key {key} was used for another request, {first.method} {first.path}. "
            "Send a new key with a new request.",
            key=key,
        )
    if first.status is None:
        raise KeyInFlight(
            f"The first request with the Idempotency-Key {key} is still running. Ask again in a few seconds.",
            key=key,
        )
    return Response(first.answer, status=first.status, headers={"Idempotent-Replayed": "true"})
