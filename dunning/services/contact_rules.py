"""Mark a customer, or one of his contacts, to be written to with care: protected, or a delicate relationship.

Finance decides, sales propose for their own customers (rows 4 and 5 of the permission matrix).
"""

from datetime import date, datetime
from typing import ClassVar

from django.utils.translation import gettext as _

from accounts.services import audit
from dunning.models import Care, ContactRule, Ruling
from kernel.errors import Refused
from kernel.formats import day_for_reader
from kernel.permissions import Actor
from ledger.models import Contact, Customer, TimelineKind
from ledger.services.history import note
from ledger.services.locks import lock_customer

LONGEST_REASON = 250


class CareNotPossible(Refused):
    """Care without a reason, asked for twice, over already, or decided by the wrong person."""

    code: ClassVar[str] = "care_not_possible"


def ask_for_care(
    *,
    customer: Customer,
    kind: Care,
    reason: str,
    actor: Actor,
    today: date,
    now: datetime,
    contact: Contact | None = None,
    until: date | None = None,
    is_proposal: bool = False,
) -> ContactRule:
    """Write to a customer, or a contact of his, with care from `today` to `until`, included; None has no end.

    What is only proposed holds once finance agrees. Raises CareNotPossible.
    """
    lock_customer(customer.pk)
    facts = {"customer": customer.name}
    if not reason.strip():
        raise CareNotPossible(
            _("Say why %(customer)s is to be written to with care; whoever chases reads it.")
            % facts
        )
    if contact is not None and kind is not Care.PROTECTED:
        raise CareNotPossible(
            _("A relationship is that with %(customer)s as a whole. Leave the contact out.") % facts
        )
    if until is not None and until < today:
        raise CareNotPossible(
            _("%(day)s has passed. Choose a later last day, or none at all.")
            % {"day": day_for_reader(until)}
        )
    same = ContactRule.objects.not_over(today).filter(customer=customer, kind=kind, contact=contact)
    if same.exclude(ruling=Ruling.REFUSED).exists():
        raise CareNotPossible(
            _("%(customer)s is marked so already, or somebody proposed it. End that first.") % facts
        )
    rule = ContactRule.objects.create(
        customer=customer,
        contact=contact,
        kind=kind,
        reason=reason.strip()[:LONGEST_REASON],
        from_date=today,
        until_date=until,
        author_id=actor.membership_id,
        ruling=Ruling.PENDING if is_proposal else Ruling.NOT_NEEDED,
    )
    _tell(rule, "proposed" if is_proposal else "on", actor, words=rule.reason, now=now)
    return rule


def rule_on_care(
    *, rule: ContactRule, is_approved: bool, actor: Actor, today: date, now: datetime
) -> None:
    """Agree to what sales proposed, from `today` on, or refuse it. Raises CareNotPossible."""
    locked = _locked(rule)
    if locked.ruling != Ruling.PENDING or locked.ended_date is not None:
        raise CareNotPossible(_("This was decided meanwhile. Reload the page."))
    if actor.kind != "person" or actor.membership_id is None:
        raise CareNotPossible(
            _("A person who signs in agrees to this; a program cannot answer for it (S12).")
        )
    if actor.membership_id == locked.author_id:
        raise CareNotPossible(
            _("You proposed this yourself: another person agrees to it (S1).")
        ).by_another()
    if is_approved and locked.until_date is not None and locked.until_date < today:
        raise CareNotPossible(
            _("It was proposed until %(day)s, which has passed. Refuse it.")
            % {"day": day_for_reader(locked.until_date)}
        )
    locked.ruling = Ruling.APPROVED if is_approved else Ruling.REFUSED
    locked.ruled_by_id, locked.ruled_date = actor.membership_id, today
    locked.from_date = max(locked.from_date, today) if is_approved else locked.from_date
    locked.save(update_fields=["ruling", "ruled_by", "ruled_date", "from_date"])
    _tell(locked, "on" if is_approved else "refused", actor, words=locked.reason, now=now)


def end_care(*, rule: ContactRule, actor: Actor, today: date, now: datetime) -> None:
    """Treat the customer or contact like any other again from `today`. Raises CareNotPossible.

    Notices that sales got already stand: what waits for them goes on waiting.
    """
    locked = _locked(rule)
    is_over = locked.until_date is not None and locked.until_date < today
    if locked.ended_date is not None or is_over:
        raise CareNotPossible(_("This ended already. Reload the page."))
    locked.ended_date, locked.ended_by_id = today, actor.membership_id
    locked.save(update_fields=["ended_date", "ended_by"])
    _tell(locked, "off", actor, words="", now=now)


def _locked(rule: ContactRule) -> ContactRule:
    return ContactRule.objects.select_for_update(of=("self",)).get(pk=rule.pk)


def _tell(rule: ContactRule, change: str, actor: Actor, *, words: str, now: datetime) -> None:
    note(
        customer=rule.customer_id,
        kind=TimelineKind.CHANGE,
        text_code=f"dunning.{rule.kind}_{change}",
        actor=actor,
        words=words,
        at=now,
        object_id=rule.pk,
    )
    audit.record(
        actor=actor,
        action=f"dunning.care_{change}",
        object_kind="customer",
        object_id=rule.customer_id,
        kind=rule.kind,
        contact=str(rule.contact_id or ""),
        until=rule.until_date.isoformat() if rule.until_date else "",
    )
