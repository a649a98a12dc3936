"""Whether a domain is ready to be written from: what its records have to say, and what they say.

Source: RELIABILITY D17; RFC 7208 (SPF), RFC 6376 (DKIM), RFC 7489 (DMARC). Messages are signed for the very domain of
their From, so that DMARC is aligned, strict or relaxed, as soon as the signature is good.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

SELECTOR_PREFIX = "echeo"
LONGEST = 253
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+[a-z][a-z0-9-]{{0,61}}[a-z0-9]")


class Fault(StrEnum):
    """What is wrong with a record."""

    MISSING = "missing"
    SEVERAL = "several"
    NOT_INCLUDED = "not_included"
    OTHER_KEY = "other_key"
    NO_POLICY = "no_policy"


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of record as found; `fault` is empty when it is as it must be."""

    fault: str
    found: str

    @property
    def is_good(self) -> bool:
        """Say whether the record is as it must be."""
        return not self.fault


# A domain that sends a lot from one day to the next is taken for a stolen one: its first days are small.
RAMP = (
    (timedelta(days=2), Decimal("0.1")),
    (timedelta(days=5), Decimal("0.25")),
    (timedelta(days=10), Decimal("0.5")),
)


def mails_an_hour(age: timedelta, *, most: int) -> int:
    """Return how many messages an hour may leave from a domain verified so long ago, `most` after ten days.

    A tenth for two days, a quarter up to five, half up to ten, at least one. Source: DOMAIN 5.2, throttling.
    """
    share = next((share for until, share in RAMP if age < until), Decimal(1))
    return max(1, int(most * share))


def tidy_domain(typed: str) -> str:
    """Return a domain as the DNS writes it; empty for what is none, such as an address or a name without a dot."""
    plain = typed.strip().strip(".").lower()
    try:
        plain = plain.encode("idna").decode() if not plain.isascii() else plain
    except UnicodeError:
        return ""
    return plain if len(plain) <= LONGEST and _DOMAIN.fullmatch(plain) else ""


def judge_spf(texts: Sequence[str], *, include: str) -> Finding:
    """Judge the domain's SPF: one record, which lets `include` send. With an empty `include` nothing is asked for."""
    records = [text for text in texts if re.match(r"v=spf1(?: |$)", text, re.IGNORECASE)]
    shown = " | ".join(records)
    if not include:
        return Finding("", shown)
    if not records:
        return Finding(Fault.MISSING, "")
    if len(records) > 1:
        return Finding(Fault.SEVERAL, shown)
    terms = records[0].lower().split()
    wanted = {f"include:{include.lower()}", f"+include:{include.lower()}"}
    return Finding("" if wanted & set(terms) else Fault.NOT_INCLUDED, shown)


def judge_dkim(texts: Sequence[str], *, public_key: str) -> Finding:
    """Judge the record at the selector: one, with this very key."""
    records = [text for text in texts if "p=" in text]
    shown = " | ".join(records)
    if not records:
        return Finding(Fault.MISSING, "")
    if len(records) > 1:
        return Finding(Fault.SEVERAL, shown)
    return Finding("" if _tags(records[0]).get("p") == public_key else Fault.OTHER_KEY, shown)


def judge_dmarc(texts: Sequence[str]) -> Finding:
    """Judge the domain's DMARC: one record with a policy, whichever it is."""
    records = [text for text in texts if re.match(r"v=DMARC1\s*(?:;|$)", text, re.IGNORECASE)]
    shown = " | ".join(records)
    if not records:
        return Finding(Fault.MISSING, "")
    if len(records) > 1:
        return Finding(Fault.SEVERAL, shown)
    policy = _tags(records[0]).get("p", "").lower()
    return Finding("" if policy in {"none", "quarantine", "reject"} else Fault.NO_POLICY, shown)


def _tags(record: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip(): re.sub(r"\s", "", value) for name, _, value in pairs}


@dataclass(frozen=True, slots=True)
class Record:
    """A TXT record to be entered: its name, and what it says."""

    kind: str
    name: str
    text: str


def wanted_records(
    domain: str, *, selector: str, public_key: str, include: str
) -> tuple[Record, ...]:
    """Return the records that a domain needs, in the order of a page that explains them."""
    spf = (Record("spf", domain, f"v=spf1 include:{include} ~all"),) if include else ()
    return (
        Record("dkim", f"{selector}._domainkey.{domain}", f"v=DKIM1; k=rsa; p={public_key}"),
        *spf,
        Record("dmarc", f"_dmarc.{domain}", "v=DMARC1; p=none"),
    )
