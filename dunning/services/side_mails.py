"""Mails besides the reminders: to colleagues about a customer, and the recap of a promise to the customer himself.

The row is written with what caused it, and its `key` makes it once: what is queued twice leaves once.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from django.utils import translation
from django.utils.html import linebreaks, urlize

from accounts.models import Membership, MembershipState, Tenant
from dunning.models import SideMail, SideMailKind
from kernel.tenancy import current_tenant_id
from ledger.models import Contact, Customer


@contextmanager
def language_of(member: Membership) -> Iterator[str]:
    """Speak the language of a colleague: his own, else the tenant's."""
    spoken = member.user.language if member.user else ""
    tenant = Tenant.objects.only("language").get(pk=current_tenant_id())
    with translation.override(spoken or tenant.language):
        yield spoken or tenant.language


def tell_member(
    *,
    member: Membership,
    kind: SideMailKind,
    key: str,
    customer: Customer | UUID,
    object_id: UUID,
    subject: str,
    text: str,
    now: datetime,
) -> bool:
    """Queue a mail to a colleague who is at work here; say whether it is new. One without an address gets none."""
    if member.state != MembershipState.ACTIVE or not member.email:
        return False
    return _queue(
        SideMail(
            kind=kind,
            key=key[:120],
            member=member,
            customer_id=customer.pk if isinstance(customer, Customer) else customer,
            object_id=object_id,
            recipient=member.email,
            subject=_header(subject),
            text=text,
            html=_plain_html(text),
            leaves_at=now,
        )
    )


def tell_contact(
    *,
    contact: Contact,
    kind: SideMailKind,
    key: str,
    object_id: UUID,
    subject: str,
    text: str,
    html: str,
    reply_to: str,
    leaves_at: datetime,
    files: Sequence[UUID] = (),
) -> bool:
    """Queue a mail to a contact of the customer who reads mail and has not opted out; say whether it is new."""
    if not is_reachable(contact):
        return False
    return _queue(
        SideMail(
            kind=kind,
            key=key[:120],
            contact=contact,
            customer_id=contact.customer_id,
            object_id=object_id,
            recipient=contact.email,
            subject=_header(subject),
            text=text,
            html=html,
            reply_to=reply_to,
            leaves_at=leaves_at,
            files=[str(file) for file in files],
        )
    )


def is_reachable(contact: Contact) -> bool:
    """Say whether a contact may be written to: he has an address that works and did not opt out."""
    return bool(contact.email) and not contact.is_opted_out and not contact.is_undeliverable


def _queue(mail: SideMail) -> bool:
    if SideMail.objects.filter(key=mail.key).exists():
        return False
    SideMail.objects.bulk_create([mail], ignore_conflicts=True)
    return True


def _header(subject: str) -> str:
    return re.sub(r"\s+", " ", subject).strip()[:200]


def _plain_html(text: str) -> str:
    return f"<!doctype html><html><body>{linebreaks(urlize(text, autoescape=True))}</body></html>"
