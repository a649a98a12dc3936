"""The domain a tenant's messages leave from: enter it, check its records, sign in its name, slow down while it is new.

Verified: messages leave from it, signed. Not verified: they leave from the house's, under the tenant's name. Where the
deployment demands a domain (OTC_SENDING_DOMAIN_REQUIRED), nothing leaves without one (RELIABILITY D17, P20).
"""

import base64
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import ClassVar
from uuid import UUID

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from django.utils.translation import gettext as _

from accounts.services import audit
from dunning.channels import DomainRecords, RecordsUnreachableError, domain_records
from dunning.models import Reminder, SendingDomain
from dunning.rules.sending_domains import (
    SELECTOR_PREFIX,
    Record,
    judge_dkim,
    judge_dmarc,
    judge_spf,
    mails_an_hour,
    tidy_domain,
    wanted_records,
)
from dunning.services.sealing import seal, unseal
from kernel.errors import Refused
from kernel.permissions import Actor, system_actor
from kernel.tenancy import tenant_scope

KEY_BITS = 2048
HOUR = timedelta(hours=1)

SIGNED_HEADERS = (
    b"from", b"to", b"subject", b"date", b"message-id", b"reply-to", b"mime-version", b"content-type",
    b"list-unsubscribe", b"list-unsubscribe-post", b"auto-submitted",
)  # fmt: skip


class DomainRefused(Refused):
    """What was typed is no domain, or the house's own, or its records cannot be asked for."""

    code: ClassVar[str] = "domain_refused"


@dataclass(frozen=True, slots=True)
class SendingIdentity:
    """Who a message is from: its address, and for a domain of the tenant's own the key to sign with."""

    address: str
    domain: str = ""
    selector: str = ""
    private_key: str = ""


def house_address() -> str:
    """Return the address of the house."""
    return parseaddr(settings.OTC_MAIL_FROM)[1]


def enter_domain(*, typed: str, actor: Actor, now: datetime) -> SendingDomain:
    """Enter the tenant's domain with a new key; another one, and its key, are forgotten. Raises DomainRefused."""
    domain = tidy_domain(typed)
    if not domain:
        raise DomainRefused(
            _("“%(typed)s” is no domain. Write it like invoices.company.com, without @ or https.")
            % {"typed": typed.strip()[:100]}
        )
    if domain == house_address().partition("@")[2].lower():
        raise DomainRefused(
            _(
                "%(domain)s is the address everybody’s messages leave from already. Enter a domain of your own."
            )
            % {"domain": domain}
        )
    private, public = _new_key()
    entered, _created = SendingDomain.objects.update_or_create(
        defaults={
            "domain": domain,
            "selector": f"{SELECTOR_PREFIX}{now:%Y%m%d}",
            "private_key": seal(private),
            "public_key": public,
            "findings": {},
            "created_by_id": actor.membership_id,
            "created_at": now,
            "checked_at": None,
            "verified_at": None,
        }
    )
    _record(actor, "dunning.enter_sending_domain", entered)
    return entered


def _new_key() -> tuple[str, str]:
    """Return a private key as PEM, and its public half as the DNS carries it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), base64.b64encode(public).decode()


def remove_domain(*, entered: SendingDomain, actor: Actor) -> None:
    """Forget the domain and its key: messages leave from the house's again."""
    _record(actor, "dunning.remove_sending_domain", entered)
    entered.delete()


def records_for(entered: SendingDomain) -> tuple[Record, ...]:
    """Return the records to be entered where the domain is administered."""
    return wanted_records(
        entered.domain,
        selector=entered.selector,
        public_key=entered.public_key,
        include=settings.OTC_SPF_INCLUDE,
    )


def check_domain(
    *, entered: SendingDomain, records: DomainRecords, actor: Actor, now: datetime
) -> SendingDomain:
    """Ask the DNS what the domain says, and use it from now on, or no longer. Raises DomainRefused.

    When the DNS does not answer everything stays as it was.
    """
    try:
        findings = {
            "dkim": judge_dkim(
                records.texts(f"{entered.selector}._domainkey.{entered.domain}"),
                public_key=entered.public_key,
            ),
            "spf": judge_spf(records.texts(entered.domain), include=settings.OTC_SPF_INCLUDE),
            "dmarc": judge_dmarc(records.texts(f"_dmarc.{entered.domain}")),
        }
    except RecordsUnreachableError as problem:
        raise DomainRefused(
            _(
                "The records of %(domain)s could not be asked for just now. Try again in a few minutes."
            )
            % {"domain": entered.domain}
        ) from problem
    is_good = all(finding.is_good for finding in findings.values())
    entered.findings = {kind: asdict(finding) for kind, finding in findings.items()}
    entered.checked_at = now
    entered.verified_at = (entered.verified_at or now) if is_good else None
    entered.save()
    faults = {kind: str(finding.fault) for kind, finding in findings.items()}
    _record(actor, "dunning.check_sending_domain", entered, is_verified=is_good, **faults)
    return entered


def check_again(tenant_id: UUID, *, now: datetime) -> bool | None:
    """Check a tenant's domain once more and say whether it is verified; None without one, or without an answer.

    Opens its own scope, none may be open.
    """
    with tenant_scope(tenant_id):
        entered = SendingDomain.objects.first()
        if entered is None:
            return None
        try:
            checked = check_domain(
                entered=entered, records=domain_records(), actor=system_actor(tenant_id), now=now
            )
        except DomainRefused:
            return None
        return checked.verified_at is not None


def _record(actor: Actor, action: str, entered: SendingDomain, **details: object) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="sending_domain",
        object_id=entered.pk,
        domain=entered.domain,
        **details,
    )


# --- when a message leaves ------------------------------------------------------------------------------------------


def verified_domain() -> SendingDomain | None:
    """Return the tenant's domain if messages may leave from it."""
    return SendingDomain.objects.filter(verified_at__isnull=False).first()


def may_leave(*, now: datetime, has_domain: bool) -> bool:
    """Say whether another message may leave now: from a verified domain at most so many an hour (OTC_MAILS_PER_HOUR).

    A domain just verified is known to nobody: the number grows to that over its first days (`rules.sending_domains`).
    Without one as many as there are, unless the deployment demands one: then none.
    """
    if not has_domain:
        return not settings.OTC_SENDING_DOMAIN_REQUIRED
    # The days are those of the index; the hour is what counts.
    lately = Reminder.objects.filter(
        contact_date__gte=now.date() - timedelta(days=2), sent_at__gt=now - HOUR
    )
    entered = verified_domain()
    known_since = entered.verified_at if entered else None
    age = now - known_since if known_since else timedelta()
    return lately.count() < mails_an_hour(age, most=int(settings.OTC_MAILS_PER_HOUR))


def sending_identity() -> SendingIdentity:
    """Return who the tenant's messages are from."""
    entered = verified_domain()
    if entered is None:
        return SendingIdentity(house_address())
    local = house_address().partition("@")[0]
    return SendingIdentity(
        address=f"{local}@{entered.domain}",
        domain=entered.domain,
        selector=entered.selector,
        private_key=unseal(entered.private_key),
    )


def signed(raw: bytes, identity: SendingIdentity) -> bytes:
    """Return a message with its DKIM signature in front; unchanged where the house's relay signs."""
    if not identity.domain:
        return raw
    signature: bytes = dkim.sign(
        raw,
        identity.selector.encode(),
        identity.domain.encode(),
        identity.private_key.encode(),
        canonicalize=(b"relaxed", b"relaxed"),
        include_headers=[name for name in SIGNED_HEADERS if _has(raw, name)],
    )
    return signature + raw


def _has(raw: bytes, name: bytes) -> bool:
    head = raw.partition(b"\r\n\r\n")[0].lower()
    return head.startswith(name + b":") or b"\n" + name + b":" in head
