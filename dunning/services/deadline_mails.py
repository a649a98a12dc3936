"""The alerts of the legal clock by mail: each once, all of a night in one mail to each person (DOMAIN 4.4)."""

import hashlib
from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from accounts.models import Membership, MembershipState
from dunning.models import LegalDeadline, SideMailKind
from dunning.rules.legal_clock import is_escalated
from dunning.services.side_mails import language_of, tell_member
from kernel import formats

ANSWERABLE = "credit_manager"


def mail_alerts(rows: Iterable[LegalDeadline], *, today: date, now: datetime) -> int:
    """Tell each owner of the deadlines whose alert was just given, and return how many mails that makes.

    From fifteen days before the end the credit managers read it too, and at once where a deadline has no owner who is
    at work here. One mail a person, however many deadlines.
    """
    managers = list(
        Membership.objects.filter(grants__role=ANSWERABLE, state=MembershipState.ACTIVE).distinct()
    )
    told: dict[UUID, tuple[Membership, list[LegalDeadline]]] = {}
    for row in rows:
        owner = row.owner
        at_work = owner is not None and owner.state == MembershipState.ACTIVE and owner.email
        people = [owner] if owner is not None and at_work else []
        if not at_work or is_escalated(row.due_date, today=today):
            people += managers
        for person in people:
            _member, theirs = told.setdefault(person.pk, (person, []))
            if row not in theirs:
                theirs.append(row)
    return sum(_write(person, theirs, today, now) for person, theirs in told.values())


def _write(person: Membership, rows: list[LegalDeadline], today: date, now: datetime) -> bool:
    rows = sorted(rows, key=lambda row: (row.due_date, str(row.pk)))
    about = hashlib.sha256("".join(f"{row.pk}{row.alerted_days}" for row in rows).encode())
    with language_of(person):
        subject = ngettext(
            "%(count)s legal deadline is near", "%(count)s legal deadlines are near", len(rows)
        ) % {"count": len(rows)}
        text = _("Hello %(name)s,\n\n%(list)s\n\nAct, or write down the proof: %(url)s") % {
            "name": person.name,
            "list": "\n".join(_line(row, person, today) for row in rows),
            "url": f"{settings.OTC_PUBLIC_URL}{reverse('legal')}",
        }
    return tell_member(
        member=person,
        kind=SideMailKind.DEADLINES,
        key=f"deadlines:{person.pk}:{about.hexdigest()[:40]}",
        customer=rows[0].customer_id,
        object_id=rows[0].pk,
        subject=subject,
        text=text,
        now=now,
    )


def _line(row: LegalDeadline, person: Membership, today: date) -> str:
    facts = {
        "day": formats.day(row.due_date, (get_language() or "en")[:2]),
        "what": row.get_kind_display(),
        "label": row.label or "—",
        "customer": row.customer.name,
        "left": (row.due_date - today).days,
        "owner": row.owner.name if row.owner else _("nobody"),
    }
    if row.owner_id == person.pk:
        return _("– %(day)s (%(left)s days): %(what)s, %(label)s, %(customer)s") % facts
    return (
        _("– %(day)s (%(left)s days): %(what)s, %(label)s, %(customer)s; owner: %(owner)s") % facts
    )
