"""Ask for TXT records. OTC_DNS_SERVER names the server, `address` or `address:port`; empty: the system's own."""

import dns.exception
import dns.name
import dns.resolver
from django.conf import settings

from dunning.channels import RecordsUnreachableError

LIFETIME_SECONDS = 5.0
STANDARD_PORT = 53


class Resolver:
    """Asks one server, or those of the system, and remembers nothing: a record just entered has to be seen."""

    def __init__(self, server: str | None = None) -> None:
        asked = settings.OTC_DNS_SERVER if server is None else server
        self._resolver = dns.resolver.Resolver(configure=not asked)
        self._resolver.cache = None
        self._resolver.lifetime = LIFETIME_SECONDS
        if asked:
            address, _, port = asked.rpartition(":") if asked.count(":") == 1 else (asked, "", "")
            self._resolver.nameservers = [address]
            self._resolver.port = int(port or STANDARD_PORT)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the TXT records of a name, parts joined; empty when it has none. Raises RecordsUnreachableError."""
        try:
            answer = self._resolver.resolve(dns.name.from_text(f"{name}."), "TXT", search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return ()
        except dns.exception.DNSException as problem:
            raise RecordsUnreachableError(f"{name}: {problem}") from problem
        return tuple(b"".join(record.strings).decode("utf-8", "replace") for record in answer)
