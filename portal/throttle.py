"""How often a page may be asked for; where the counters are out of reach reading goes on (RELIABILITY D21)."""

from ipaddress import IPv6Address, ip_address, ip_network

from django.core.cache import cache
from django.http import HttpRequest
from redis.exceptions import RedisError

WINDOW_SECONDS = 60
PAGES_PER_WINDOW = 60
FILES_PER_WINDOW = 6
COPIES_PER_WINDOW = 30
_HOUSEHOLD_BITS = 64


def is_too_often(request: HttpRequest, *, what: str, limit: int) -> bool:
    """Count one request of this reader and return whether it goes past `limit` in the running minute."""
    key = f"portal:{what}:{_reader(request)}"
    try:
        cache.add(key, 0, timeout=WINDOW_SECONDS)
        return int(cache.incr(key)) > limit
    except (RedisError, ValueError):
        # A counter that ran out between the two steps starts anew with the next request.
        return False


def _reader(request: HttpRequest) -> str:
    """Return the reader's address; of an IPv6 address only the network, which one household shares."""
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        return str(ip_network(f"{address}/{_HOUSEHOLD_BITS}", strict=False).network_address)
    return str(address)
