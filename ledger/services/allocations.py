"""What settles what: allocations are added and reversed, never edited (RELIABILITY D18)."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from accounts.services import audit
from kernel.errors import Refused
from kernel.money import Money
from kernel.permissions import Actor
from ledger.models import Allocation, DueLine, TimelineKind
from ledger.queries.self_audit import STATE_OF_LINES
from ledger.rules import effects
from ledger.rules.allocation import effective_date
from ledger.services.history import note
from ledger.services.locks import lock_customer, lock_line


class AllocationRefused(Refused):
    """The amount cannot settle that line, or the allocation cannot be reversed."""

    code: ClassVar[str] = "allocation_refused"


def allocate(
    *, debit_line: DueLine, credit_line: DueLine, amount: Money, actor: Actor, today: date
) -> Allocation:
    """Settle `amount` (above zero) of a debit line by a credit line of the same customer, entity and currency.

    It counts from the later of the two documents' dates, or, where a reversal has set the amount free, from the day
    of that reversal. `today` is the day it is decided. Raises AllocationRefused.
    """
    lock_customer(credit_line.customer_id)
    credit = lock_line(credit_line.pk)
    debit = lock_line(debit_line.pk)
    _refuse_mismatch(debit, credit, amount)
    _refuse_too_much(debit, credit, amount)
    made = Allocation.objects.create(
        debit_line=debit,
        credit_line=credit,
        amount=amount.amount,
        effective_date=_first_day(debit, credit, amount.amount),
    )
    _settle(debit, credit)
    audit.record(
        actor=actor,
        action="ledger.allocate",
        object_kind="allocation",
        object_id=made.pk,
        debit_line=str(debit.pk),
        credit_line=str(credit.pk),
        amount=str(amount.amount),
        effective_date=made.effective_date.isoformat(),
        decided=today.isoformat(),
    )
    _tell(made, "ledger.allocated", actor)
    return made


def reverse_allocation(
    *, allocation: Allocation, actor: Actor, today: date, reason: str
) -> Allocation:
    """Take an allocation back from `today` on, by a row of its own; what past days showed does not change.

    Raises AllocationRefused when it is a reversal itself, was reversed before, or counts from a later day.
    """
    if not reason.strip():
        raise AllocationRefused(_("Say why the allocation is taken back."))
    lock_customer(allocation.credit_line.customer_id)
    credit = lock_line(allocation.credit_line_id)
    debit = lock_line(allocation.debit_line_id)
    _refuse_reversal(allocation, debit)
    made = Allocation.objects.create(
        debit_line=debit,
        credit_line=credit,
        amount=-allocation.amount,
        effective_date=max(today, allocation.effective_date),
        reverses=allocation,
    )
    _settle(debit, credit)
    audit.record(
        actor=actor,
        action="ledger.reverse_allocation",
        object_kind="allocation",
        object_id=allocation.pk,
        reversal=str(made.pk),
        amount=str(allocation.amount),
    )
    _tell(made, "ledger.allocation_reversed", actor, words=reason.strip())
    return made


def _refuse_mismatch(debit: DueLine, credit: DueLine, amount: Money) -> None:
    if debit.amount <= 0 or credit.amount >= 0:
        raise AllocationRefused(
            _("%(credit)s cannot settle %(debit)s: a payment or credit note settles an invoice.")
            % {"credit": credit.document.number, "debit": debit.document.number}
        )
    if debit.customer_id != credit.customer_id or debit.entity_id != credit.entity_id:
        raise AllocationRefused(
            _(
                "%(credit)s and %(debit)s belong to different customers or entities. "
                "Choose an invoice of the one who paid."
            )
            % {"credit": credit.document.number, "debit": debit.document.number}
        )
    if not debit.currency == credit.currency == amount.currency:
        raise AllocationRefused(
            _(
                "%(credit)s is in %(credit_currency)s, %(debit)s in %(debit_currency)s and the amount in "
                "%(currency)s. Only one currency can be allocated at a time."
            )
            % {
                "credit": credit.document.number,
                "credit_currency": credit.currency,
                "debit": debit.document.number,
                "debit_currency": debit.currency,
                "currency": amount.currency,
            }
        )


def _refuse_too_much(debit: DueLine, credit: DueLine, amount: Money) -> None:
    if amount.amount <= 0 or amount != amount.rounded():
        raise AllocationRefused(
            _("%(amount)s cannot be allocated: give an amount above zero, in whole cents.")
            % {"amount": f"{amount.amount.normalize():f} {amount.currency}"}
        )
    owed = Money(debit.open_amount, debit.currency)
    left = Money(-credit.open_amount, credit.currency)
    facts = {
        "debit": debit.document.number,
        "credit": credit.document.number,
        "owed": owed,
        "left": left,
        "amount": amount,
    }
    details = {"owed": owed.as_json(), "left": left.as_json(), "amount": amount.as_json()}
    if not owed or not left:
        sentence = (
            _("%(debit)s owes nothing any more. Choose another line.")
            if not owed
            else _("Nothing is left of %(credit)s. Choose another payment or credit note.")
        )
        raise AllocationRefused(sentence % facts, **details)
    if amount > owed:
        raise AllocationRefused(
            _(
                "%(debit)s still owes %(owed)s; %(amount)s is too much. Allocate %(owed)s and keep the rest on account."
            )
            % facts,
            **details,
        )
    if amount > left:
        raise AllocationRefused(
            _("%(left)s are left of %(credit)s; %(amount)s is too much. Allocate at most %(left)s.")
            % facts,
            **details,
        )


def _refuse_reversal(allocation: Allocation, debit: DueLine) -> None:
    facts = {"debit": debit.document.number, "amount": Money(allocation.amount, debit.currency)}
    if allocation.reverses_id:
        raise AllocationRefused(
            _("This entry on %(debit)s is itself a reversal. Allocate the amount anew instead.")
            % facts
        )
    if Allocation.objects.filter(reverses=allocation).exists():
        raise AllocationRefused(
            _("The allocation of %(amount)s to %(debit)s was taken back before.") % facts
        )


def _first_day(debit: DueLine, credit: DueLine, amount: Decimal) -> date:
    earliest = effective_date(debit.issue_date, credit.issue_date)
    lines = (_settled(debit), _settled(credit))
    return effects.first_day_with_room(amount, earliest=earliest, lines=lines) or earliest


def _settled(line: DueLine) -> effects.SettledLine:
    mine = line.credits if line.amount > 0 else line.debits
    rows = mine.values_list("effective_date", "amount")
    return effects.SettledLine(abs(line.amount), tuple(effects.Settling(*row) for row in rows))


def _settle(*lines: DueLine) -> None:
    recompute_lines(line.pk for line in lines)


def _tell(made: Allocation, text_code: str, actor: Actor, *, words: str = "") -> None:
    debit, credit = made.debit_line, made.credit_line
    note(
        customer=debit.customer_id,
        kind=TimelineKind.PAYMENT,
        text_code=text_code,
        actor=actor,
        words=words,
        object_id=made.pk,
        facts={
            "amount": Money(abs(made.amount), debit.currency).as_json(),
            "debit": debit.document.number,
            "credit": credit.document.number,
        },
    )


def recompute_lines(line_ids: Iterable[UUID] | None = None) -> int:
    """Set what is open on each line, and the day it was cleared, from its allocations; return how many differed.

    None recomputes every line of the tenant. Lock the customer first where others may settle his items.
    """
    ids = None if line_ids is None else list(line_ids)
    filters = {"debit_filter": "", "credit_filter": "", "line_filter": ""}
    if ids is not None:
        filters = {
            "debit_filter": "WHERE debit_line_id = ANY(%(ids)s::uuid[])",
            "credit_filter": "WHERE credit_line_id = ANY(%(ids)s::uuid[])",
            "line_filter": "WHERE line.id = ANY(%(ids)s::uuid[])",
        }
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE ledger_dueline AS stored
            SET open_amount = state.open_amount, is_open = state.open_amount <> 0, cleared_date = state.cleared_date
            FROM ({STATE_OF_LINES.format(**filters)}) state
            WHERE stored.id = state.id AND (stored.open_amount, stored.cleared_date)
                IS DISTINCT FROM (state.open_amount, state.cleared_date)
            """,  # noqa: S608  the parts are this module's own text
            {"ids": [str(line_id) for line_id in ids or []]},
        )
        return int(cursor.rowcount)
