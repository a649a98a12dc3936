"""How much waits behind each entry of the menu: asked of the database at most every few seconds a person.

What a person does himself is counted anew with his next page; what others do shows `SECONDS` later. Where the cache is
out of reach, every page counts (RELIABILITY D21).
"""

from collections.abc import Callable
from contextlib import suppress
from uuid import UUID

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from redis.exceptions import RedisError

from kernel.permissions import Actor

SECONDS = 15
READING = frozenset({"GET", "HEAD", "OPTIONS"})

Counters = dict[str, Callable[[Actor], int]]


def counts_of(actor: Actor, counters: Counters, *, current: str) -> dict[str, int]:
    """Return what each counter says of an actor, by address; the one of the `current` page is always asked anew."""
    known = _kept(actor.membership_id)
    counted = {
        url: known[url] if url in known and url != current else counter(actor)
        for url, counter in counters.items()
    }
    if counted != known:
        with suppress(RedisError, OSError):
            cache.set(_key(actor.membership_id), counted, timeout=SECONDS)
    return counted


def _kept(membership_id: UUID | None) -> dict[str, int]:
    try:
        return cache.get(_key(membership_id)) or {}
    except (RedisError, OSError):
        return {}


def _key(membership_id: UUID | None) -> str:
    return f"menu:{membership_id}"


class CountAnewMiddleware:
    """Forget what was counted for a person once he has done something."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on; what it changed is counted with the next page."""
        response = self.get_response(request)
        actor: Actor | None = getattr(request, "actor", None)
        if actor is not None and request.method not in READING:
            with suppress(RedisError, OSError):
                cache.delete(_key(actor.membership_id))
        return response
