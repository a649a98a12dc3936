"""One signed call to an address a tenant chose: public, over TLS, to the address that was checked (RELIABILITY D15).

The name is resolved once; every address it has must be public, and the connection goes to the one that was looked at,
so that a name cannot change between the check and the call. No redirect is followed.
"""

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from django.utils.translation import gettext as _

SECONDS = 5.0
MOST_BYTES = 1 << 20
HTTPS = 443
GOOD = range(200, 300)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class AccountingCall:
    """Calls out. A test calls its own machine: `allows_any` leaves out that addresses are public, TLS and port."""

    allows_any: bool = False

    def problem_with(self, url: str) -> str:
        """Return why an address cannot be called, in words; empty when it can."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            return _("%(url)s is no address. Write it like https://erp.example.com/hook.") % {
                "url": url
            }
        if not parts.hostname or parts.username or parts.password:
            return _(
                "%(url)s is no address that can be called: name a host, and no user or password."
            ) % {"url": url}
        return "" if self.allows_any else _not_public(parts, port)

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> str:
        """Send `body`; return what went wrong in a few words, empty when the peer took it."""
        if problem := self.problem_with(url):
            return problem
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = parts.port or (HTTPS if parts.scheme == "https" else http.client.HTTP_PORT)
        try:
            addresses = _addresses(host, port)
            # Asked again: the name may have changed its mind since it was entered.
            if not self.allows_any and not all(_is_public(one) for one in addresses):
                return "not a public address"
            return _answer(parts, str(addresses[0]), port, body, headers)
        except (OSError, http.client.HTTPException) as fault:
            return f"{type(fault).__name__}: {fault}"[:300]


def _not_public(parts: SplitResult, port: int | None) -> str:
    if parts.scheme != "https" or port not in {None, HTTPS}:
        return _("Calls leave over https on port 443 alone: %(url)s is another way.") % {
            "url": parts.geturl()
        }
    facts = {"host": parts.hostname}
    try:
        addresses = _addresses(parts.hostname or "", HTTPS)
    except OSError:
        return _("The name %(host)s leads nowhere: check how it is spelt.") % facts
    if not all(_is_public(address) for address in addresses):
        return (
            _("%(host)s leads to an address inside a network: only public addresses are called.")
            % facts
        )
    return ""


def _addresses(host: str, port: int) -> list[Address]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


def _is_public(address: Address) -> bool:
    """Say whether an address is reachable by everybody; what wears an IPv4 address inside is judged by that one."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inner is not None:
            return _is_public(inner)
    return address.is_global and not address.is_multicast


def _answer(
    parts: SplitResult, address: str, port: int, body: bytes, headers: Mapping[str, str]
) -> str:
    connection = _connection(parts, address, port)
    try:
        path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        connection.request("POST", path, body=body, headers={**headers, "Host": parts.netloc})
        answer = connection.getresponse()
        answer.read(MOST_BYTES)
        return "" if answer.status in GOOD else f"HTTP {answer.status}"
    finally:
        connection.close()


def _connection(parts: SplitResult, address: str, port: int) -> http.client.HTTPConnection:
    """Return a connection to the pinned address; TLS still proves the name."""
    connection = http.client.HTTPConnection(parts.hostname or "", port, timeout=SECONDS)
    plain = socket.create_connection((address, port), timeout=SECONDS)
    if parts.scheme == "https":
        context = ssl.create_default_context()
        connection.sock = context.wrap_socket(plain, server_hostname=parts.hostname)
    else:
        connection.sock = plain
    return connection
