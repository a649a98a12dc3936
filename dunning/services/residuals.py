"""Write remainders off: the night proposes, a person accepts, accounting is told by a file; the ledger books it.

The house writes nothing off by itself: the line stays owed until accounting's own entry settles it. Told to accounting
it leaves the chase; withdrawn, it is chased again. Who applies cash accepts nothing (S3), and a program neither (S12).
"""

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime
from hashlib import sha256
from typing import Any, ClassVar
from uuid import UUID

from django.db import connection
from django.db.models import F, Max, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.services import audit
from dunning.models import Exclusion, Residual, ResidualExport, ResidualState
from dunning.queries.lines import euro_rates
from dunning.rules.residuals import MOST_AMOUNT, MOST_SHARE
from dunning.services.locks import lock_plan
from dunning.services.stops import keep_out, take_back_in
from kernel.errors import Refused
from kernel.permissions import Actor, Verb
from kernel.tables_export import harmless_text
from kernel.tenancy import current_tenant_id
from ledger.models import Customer, TimelineKind
from ledger.permissions import APPLY_CASH, APPROVE_WRITE_OFF
from ledger.services.history import note

HEADERS = (
    "entity", "customer", "customer_name", "document", "due_date", "currency", "amount", "accepted_by", "accepted_on",
)  # fmt: skip


class WriteOffByAPerson(Refused):
    """A program, or somebody without the right, decides about write-offs (S12)."""

    code: ClassVar[str] = "write_off_needs_a_person"


class WriteOffIncompatible(Refused):
    """Whoever applies cash approves no write-off (S3)."""

    code: ClassVar[str] = "write_off_s3_cash"


class ResidualChanged(Refused):
    """The proposal is no longer what was seen."""

    code: ClassVar[str] = "residual_changed"


class NothingToExport(Refused):
    """Nothing is accepted that accounting was not told yet."""

    code: ClassVar[str] = "nothing_to_export"


class ReasonMissing(Refused):
    """A write-off is withdrawn without saying why."""

    code: ClassVar[str] = "reason_missing"


# As `rules.residuals.is_residual` has it: two statements, whatever the size of the ledger.
LAPSE = """
    UPDATE dunning_residual SET state = 'lapsed' FROM ledger_dueline line
    WHERE line.id = dunning_residual.due_line_id AND state IN ('proposed', 'accepted')
      AND (NOT line.is_open OR line.open_amount <> dunning_residual.amount OR EXISTS (
          SELECT FROM disputes_dispute dispute WHERE dispute.due_line_id = line.id AND dispute.closed_date IS NULL))
"""
PROPOSE = """
    WITH rate AS (
        SELECT * FROM unnest(%(currencies)s::text[], %(rates)s::numeric[]) AS given(currency, rate)
    )
    INSERT INTO dunning_residual (
        id, tenant_id, due_line_id, customer_id, amount, state, proposed_date, withdrawn_reason)
    SELECT gen_random_uuid(), %(tenant)s, line.id, line.customer_id, line.open_amount, 'proposed', %(today)s, ''
    FROM ledger_dueline line LEFT JOIN rate ON rate.currency = line.currency
    WHERE line.is_open AND line.kind = 'invoice' AND line.perimeter = 'operational' AND line.due_date < %(today)s
      AND line.open_amount > 0 AND line.open_amount < line.amount
      AND (line.open_amount * coalesce(rate.rate, 1) <= %(most)s OR line.open_amount <= line.amount * %(share)s)
      AND NOT EXISTS (SELECT FROM disputes_dispute dispute
          WHERE dispute.due_line_id = line.id AND dispute.closed_date IS NULL)
      AND NOT EXISTS (SELECT FROM dunning_residual known WHERE known.due_line_id = line.id
          AND (known.state IN ('proposed', 'accepted', 'exported') OR known.amount = line.open_amount
               AND known.state IN ('refused', 'withdrawn')))
"""


def propose_residuals(*, today: date) -> int:
    """Propose the remainders of `today` and drop proposals that no longer fit; return how many are new.

    What somebody refused or withdrew is not proposed again while it owes the same.
    """
    rates = euro_rates(today=today)
    with connection.cursor() as cursor:
        cursor.execute(LAPSE)
        cursor.execute(
            PROPOSE,
            {
                "tenant": current_tenant_id(),
                "today": today,
                "currencies": list(rates),
                "rates": list(rates.values()),
                "most": MOST_AMOUNT,
                "share": MOST_SHARE,
            },
        )
        count: int = cursor.rowcount
    return count


def residuals_for(actor: Actor) -> QuerySet[Residual]:
    """Return the remainders of the customers over which `actor` may decide."""
    customers = Customer.objects.visible_to(actor, APPROVE_WRITE_OFF)
    return Residual.objects.filter(customer__in=customers)


def exports_for(actor: Actor) -> QuerySet[ResidualExport]:
    """Return the files that hold nothing of customers over which `actor` may not decide."""
    customers = Customer.objects.visible_to(actor, APPROVE_WRITE_OFF)
    others = Residual.objects.exclude(customer__in=customers).filter(export__isnull=False)
    return ResidualExport.objects.exclude(pk__in=others.values("export"))


def decide_residuals(
    *, residuals: Sequence[UUID], is_accepted: bool, actor: Actor, now: datetime
) -> int:
    """Accept or refuse proposals; return how many.

    Raises WriteOffByAPerson (S12), WriteOffIncompatible (S3), ResidualChanged when one is no longer owed as seen.
    """
    _refuse_actor(actor)
    rows = list(
        residuals_for(actor)
        .filter(pk__in=residuals, state=ResidualState.PROPOSED)
        .filter(due_line__is_open=True, due_line__open_amount=F("amount"))
        .select_for_update(of=("self",))
    )
    if len(rows) != len(set(residuals)):
        raise ResidualChanged(
            _(
                "%(count)s of these remainders are no longer owed as you saw them, or were decided by somebody else. "
                "Nothing is decided: look at the list again."
            )
            % {"count": len(set(residuals)) - len(rows)}
        )
    state = ResidualState.ACCEPTED if is_accepted else ResidualState.REFUSED
    Residual.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=state, decided_by=actor.membership_id, decided_at=now
    )
    _record(actor, "dunning.decide_residuals", rows, is_accepted=is_accepted)
    return len(rows)


def export_residuals(*, actor: Actor, today: date, now: datetime) -> ResidualExport:
    """Tell accounting what is accepted, in one file, and take those lines out of the chase.

    Raises WriteOffByAPerson, WriteOffIncompatible, NothingToExport.
    """
    me = _refuse_actor(actor)
    lock_plan()
    with connection.cursor() as cursor:
        cursor.execute(LAPSE)
    rows = list(
        residuals_for(actor)
        .filter(state=ResidualState.ACCEPTED)
        .select_related("customer", "due_line__document", "due_line__entity", "decided_by")
        .order_by("customer__code", "due_line__due_date", "due_line__document__number", "id")
        .select_for_update(of=("self",))
    )
    if not rows:
        raise NothingToExport(
            _("No accepted remainder waits for accounting. Accept some of the proposals first.")
        )
    last = ResidualExport.objects.aggregate(last=Max("number"))["last"]
    number = (last or 0) + 1
    content = _file(rows)
    export = ResidualExport.objects.create(
        number=number,
        made_by_id=me,
        made_at=now,
        file_name=f"write-offs-{number:04d}.csv",
        file=content,
        file_digest=sha256(content).hexdigest(),
    )
    Residual.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=ResidualState.EXPORTED, export=export
    )
    for row in rows:
        keep_out(
            customer=row.customer,
            exclusion=Exclusion.WRITE_OFF,
            reason=export.file_name,
            today=today,
            object_id=row.pk,
            actor=actor,
            due_lines=[row.due_line_id],
        )
        _tell(row, "dunning.residual_exported", actor=actor, now=now)
    _record(actor, "dunning.export_residuals", rows, number=number)
    return export


def withdraw_residual(
    *, residual: Residual, actor: Actor, reason: str, today: date, now: datetime
) -> None:
    """Take a write-off back, told to accounting or not: the line is chased again from `today`.

    Raises ReasonMissing, WriteOffByAPerson, WriteOffIncompatible, ResidualChanged.
    """
    _refuse_actor(actor)
    if not reason.strip():
        raise ReasonMissing(
            _("Say why the write-off is withdrawn; accounting and the customer's history keep it.")
        )
    moved = Residual.objects.filter(
        Q(state=ResidualState.ACCEPTED) | Q(state=ResidualState.EXPORTED), pk=residual.pk
    ).update(
        state=ResidualState.WITHDRAWN,
        withdrawn_by=actor.membership_id,
        withdrawn_reason=reason.strip()[:250],
    )
    if not moved:
        raise ResidualChanged(_("This write-off does not stand any more. Look at the list again."))
    take_back_in(object_id=residual.pk, today=today)
    _tell(residual, "dunning.residual_withdrawn", actor=actor, now=now, words=reason.strip()[:250])
    _record(actor, "dunning.withdraw_residual", [residual])


def _refuse_actor(actor: Actor) -> UUID:
    """Return the membership of whoever decides. Raises WriteOffByAPerson, WriteOffIncompatible."""
    me = actor.membership_id
    if actor.kind != "person" or me is None or not actor.can(APPROVE_WRITE_OFF, Verb.APPROVE):
        raise WriteOffByAPerson(
            _("Write-offs are decided by a credit manager who signs in; nothing else decides them.")
        )
    if actor.can(APPLY_CASH):
        raise WriteOffIncompatible(
            _(
                "You apply cash, so you decide about no write-off (rule S3). Ask a credit manager who does not."
            ),
            rule="S3",
        )
    return me


def _file(rows: Sequence[Residual]) -> bytes:
    """Return the file as spreadsheets and accounting read it: UTF-8, semicolons, amounts with a point."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADERS)
    for row in rows:
        line, by = row.due_line, row.decided_by
        writer.writerow(
            [
                harmless_text(line.entity.code),
                harmless_text(row.customer.code),
                harmless_text(row.customer.name),
                harmless_text(line.document.number),
                line.due_date.isoformat(),
                line.currency,
                f"{row.amount:.2f}",
                harmless_text(by.name if by else ""),
                row.decided_at.date().isoformat() if row.decided_at else "",
            ]
        )
    return out.getvalue().encode("utf-8-sig")


def _tell(residual: Residual, code: str, *, actor: Actor, now: datetime, words: str = "") -> None:
    line = residual.due_line
    note(
        customer=residual.customer_id,
        kind=TimelineKind.CHANGE,
        text_code=code,
        actor=actor,
        at=now,
        words=words,
        object_id=residual.pk,
        facts={"number": line.document.number, "amount": f"{residual.amount:.2f} {line.currency}"},
    )


def _record(actor: Actor, action: str, rows: Sequence[Residual], **details: Any) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="residual",
        object_id=rows[0].pk if len(rows) == 1 else None,
        count=len(rows),
        residuals=[str(row.pk) for row in rows[:1000]],
        **details,
    )
