"""Contesting a part of a due line, and deciding about it."""

from datetime import date
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from django.db import connection
from django.db.models import Max, Q, Sum
from django.utils.translation import gettext as _

from accounts.services import audit
from disputes import rules
from disputes.models import Dispute, DisputeOutcome, DisputeType
from kernel.errors import Refused
from kernel.money import Money
from kernel.permissions import Actor
from kernel.tenancy import current_tenant_id
from ledger.models import DueLine, TimelineKind
from ledger.services import note
from ledger.services.locks import lock_customer, lock_line


class DisputeRefused(Refused):
    """The dispute cannot be opened or decided so."""

    code: ClassVar[str] = "dispute_refused"


def open_dispute(
    *,
    line: DueLine,
    amount: Money,
    type: DisputeType,  # noqa: A002  the word of the field
    reason: str,
    actor: Actor,
    today: date,
) -> Dispute:
    """Contest `amount` of a due line, at most what it owes and is not contested yet; raises DisputeRefused."""
    lock_customer(line.customer_id)
    locked = lock_line(line.pk)
    _refuse(locked, amount)
    return _open(locked, amount, type, reason=reason, actor=actor, day=today)


def _refuse(line: DueLine, amount: Money) -> None:
    owed = Money(line.open_amount, line.currency)
    facts: dict[str, object] = {"document": line.document.number, "amount": amount, "owed": owed}
    if line.amount < 0:
        raise DisputeRefused(_("%(document)s is no debt: a dispute is about an invoice.") % facts)
    if not owed:
        raise DisputeRefused(
            _("%(document)s is settled; nothing of it can be contested. Ask for a refund instead.")
            % facts
        )
    if amount.currency != line.currency:
        raise DisputeRefused(
            _("%(document)s is in %(currency)s; contest an amount in %(currency)s, not %(amount)s.")
            % {**facts, "currency": line.currency}
        )
    if amount.amount <= 0 or amount != amount.rounded():
        raise DisputeRefused(
            _(
                "%(amount)s of %(document)s cannot be contested: give an amount above zero, in whole cents."
            )
            % {**facts, "amount": f"{amount.amount.normalize():f} {amount.currency}"}
        )
    disputed = Money(_disputed(line), line.currency)
    details = {"owed": owed.as_json(), "disputed": disputed.as_json(), "amount": amount.as_json()}
    if amount > owed:
        raise DisputeRefused(
            _("%(document)s still owes %(owed)s; %(amount)s is too much. Contest at most %(owed)s.")
            % facts,
            **details,
        )
    if amount + disputed > owed:
        raise DisputeRefused(
            _(
                "%(document)s still owes %(owed)s, of which %(disputed)s is already contested. "
                "Contest at most %(rest)s."
            )
            % {**facts, "disputed": disputed, "rest": owed - disputed},
            **details,
        )


def _disputed(line: DueLine) -> Decimal:
    standing = Dispute.objects.filter(due_line=line, closed_date=None)
    total: Decimal | None = standing.aggregate(total=Sum("amount"))["total"]
    return total or Decimal(0)


def _open(
    line: DueLine,
    amount: Money,
    kind: DisputeType,
    *,
    reason: str,
    actor: Actor,
    day: date,
    batch_id: UUID | None = None,
) -> Dispute:
    dispute = Dispute.objects.create(
        number=_next_number(),
        due_line=line,
        customer_id=line.customer_id,
        amount=amount.amount,
        currency=amount.currency,
        type=kind,
        reason=reason.strip()[:250],
        opened_date=day,
        opened_by_id=actor.membership_id,
        batch_id=batch_id,
    )
    audit.record(
        actor=actor,
        action="disputes.open_dispute",
        object_kind="dispute",
        object_id=dispute.pk,
        due_line=str(line.pk),
        amount=str(amount.amount),
        currency=amount.currency,
        type=str(kind),
    )
    _tell(dispute, "disputes.opened", actor, words=reason.strip(), document=line.document.number)
    return dispute


def _next_number() -> int:
    """Return the tenant's next dispute number; others who open one wait until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"dispute_number:{current_tenant_id()}"],
        )
    last: int | None = Dispute.objects.aggregate(last=Max("number"))["last"]
    return (last or 0) + 1


def close_dispute(
    *, dispute: Dispute, outcome: DisputeOutcome, actor: Actor, today: date, words: str = ""
) -> Dispute:
    """Decide a dispute; its amount is claimed again from tomorrow unless a credit note follows.

    A dispute that ends in a credit note is decided by another person than the one who opened it (S9), and never by
    a machine (S12). Raises DisputeRefused.
    """
    locked = Dispute.objects.select_for_update(of=("self",)).get(pk=dispute.pk)
    _refuse_decision(locked, outcome, actor, today)
    _end(locked, outcome, day=today, actor=actor, words=words.strip())
    audit.record(
        actor=actor,
        action="disputes.close_dispute",
        object_kind="dispute",
        object_id=locked.pk,
        outcome=str(outcome),
        amount=str(locked.amount),
    )
    return locked


def _end(
    dispute: Dispute, outcome: DisputeOutcome, *, day: date, actor: Actor, words: str = ""
) -> None:
    """Close a locked dispute on a day, and say so in the customer's history."""
    dispute.closed_date, dispute.outcome = day, outcome
    dispute.closed_by_id = actor.membership_id
    dispute.save(update_fields=["closed_date", "outcome", "closed_by"])
    _tell(dispute, f"disputes.closed_{outcome.value}", actor, words=words)


def _refuse_decision(dispute: Dispute, outcome: DisputeOutcome, actor: Actor, today: date) -> None:
    facts = {"number": dispute.number, "closed": dispute.closed_date, "opened": dispute.opened_date}
    if dispute.closed_date is not None:
        raise DisputeRefused(_("Dispute %(number)s was decided on %(closed)s.") % facts)
    if today < dispute.opened_date:
        raise DisputeRefused(
            _("Dispute %(number)s was opened on %(opened)s and cannot be decided before that day.")
            % facts
        )
    if outcome is DisputeOutcome.UNDONE:
        raise DisputeRefused(
            _("Dispute %(number)s is taken back with its import alone. Decide who is right.")
            % facts
        )
    if outcome is not DisputeOutcome.CREDIT_NOTE:
        return
    if actor.kind == "api":
        raise DisputeRefused(
            _(
                "A credit note on dispute %(number)s is decided by a person, never by an API key (S12)."
            )
            % facts
        )
    if actor.membership_id is not None and actor.membership_id == dispute.opened_by_id:
        raise DisputeRefused(
            _(
                "You opened dispute %(number)s: another person decides whether it ends in a credit note (S9). "
                "Ask a colleague who may resolve disputes."
            )
            % facts
        ).by_another()


def register_declared_dispute(
    *,
    line: DueLine,
    amount: Decimal,
    reason: str,
    actor: Actor,
    today: date,
    batch_id: UUID | None = None,
) -> Dispute | None:
    """Take over a dispute that a file declares on a line; None when nothing more is contested than already is.

    The part is capped by what the line owes: a file is a picture of another system and no request. Taking the same
    file again opens nothing.
    """
    lock_customer(line.customer_id)
    locked = lock_line(line.pk)
    rest = rules.contested(locked.open_amount, amount) - _disputed(locked)
    if rest <= 0:
        return None
    kind = DisputeType(rules.family_of(reason).value)
    money = Money(rest, locked.currency)
    return _open(locked, money, kind, reason=reason, actor=actor, day=today, batch_id=batch_id)


def take_back_disputes(*, batch_id: UUID, actor: Actor) -> int:
    """End the open disputes that an import declared, or that contest what it made, and return how many.

    For an import that is undone: each ends on the day it was opened, so that no day counts it. What a person has
    decided meanwhile stays decided.
    """
    of_the_import = Q(batch=batch_id) | Q(due_line__document__batch=batch_id)
    found = Dispute.objects.filter(of_the_import, closed_date=None).order_by("pk")
    taken = list(found.select_for_update(of=("self",)))
    for dispute in taken:
        _end(dispute, DisputeOutcome.UNDONE, day=dispute.opened_date, actor=actor)
        audit.record(
            actor=actor,
            action="disputes.take_back_dispute",
            object_kind="dispute",
            object_id=dispute.pk,
            batch=str(batch_id),
            amount=str(dispute.amount),
        )
    return len(taken)


def _tell(
    dispute: Dispute, text_code: str, actor: Actor, *, words: str, document: str = ""
) -> None:
    note(
        customer=dispute.customer_id,
        kind=TimelineKind.DISPUTE,
        text_code=text_code,
        actor=actor,
        words=words,
        object_id=dispute.pk,
        facts={
            "number": dispute.number,
            "amount": Money(dispute.amount, dispute.currency).as_json(),
            "document": document,
        },
    )
