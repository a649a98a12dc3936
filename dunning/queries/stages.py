"""The stage of each receivable as of a day, with what led to it; nothing is stored, so a past fact counts at once."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import F, Q

from disputes.queries import disputed_amounts
from dunning.models import FormalNotice, Pause, ReminderLine, Stage
from dunning.rules.grouping import PRECEDENCE, Exclusion
from dunning.rules.stages import StageFacts, stage_of
from ledger.models import DocumentKind, DueLine

TINTS = {Stage.AMICABLE: "warn", Stage.PRE_LITIGATION: "late", Stage.LITIGATION: "late"}


@dataclass(frozen=True, slots=True)
class LineStage:
    """How far the matter has gone for one line; `notice` is the number of its last formal notice, empty without one."""

    stage: Stage
    notice: str = ""
    notice_date: date | None = None

    @property
    def label(self) -> str:
        """Return the stage in the reader's words."""
        return str(self.stage.label)

    @property
    def tint(self) -> str:
        """Return the colour of its badge, none before the due date."""
        return TINTS.get(self.stage, "")


def line_stages(lines: Iterable[DueLine], *, today: date) -> dict[UUID, LineStage]:
    """Return the stage of each of these lines that still owes anything, in four statements whatever their number.

    Credit notes, payments and what is settled have none. Source: `rules.stages.stage_of`, DOMAIN R22.
    """
    owed = {line.pk: line for line in lines if _is_owed(line)}
    disputed = disputed_amounts(today, line_ids=owed)
    excluded = _exclusions(owed.values(), today)
    notices = _notices(owed, today)
    found: dict[UUID, LineStage] = {}
    for line in owed.values():
        notice = notices.get(line.pk)
        facts = StageFacts(
            days_late=(today - line.due_date).days,
            open_amount=line.open_amount,
            disputed_amount=disputed.get(line.pk, Decimal(0)),
            excluded=excluded.get(line.pk),
            has_notice=notice is not None,
        )
        if stage := stage_of(facts):
            number, day = (notice.number, notice.issued_date) if notice else ("", None)
            found[line.pk] = LineStage(Stage(stage.value), number, day)
    return found


def _is_owed(line: DueLine) -> bool:
    return line.kind == DocumentKind.INVOICE and line.is_open and line.open_amount > 0


def _exclusions(lines: Collection[DueLine], today: date) -> dict[UUID, Exclusion]:
    """Return why lines are out as a whole, by themselves or with their customer: the first by precedence."""
    concerned = Q(due_line__in=[line.pk for line in lines]) | Q(
        due_line=None, customer__in={line.customer_id for line in lines}
    )
    holds: dict[UUID, list[Exclusion]] = {}
    rows = Pause.objects.in_force(today).filter(concerned)
    for line_id, customer_id, code in rows.values_list("due_line", "customer", "exclusion"):
        holds.setdefault(line_id or customer_id, []).append(Exclusion(code))
    found = {}
    for line in lines:
        theirs = [*holds.get(line.pk, ()), *holds.get(line.customer_id, ())]
        if theirs:
            found[line.pk] = min(theirs, key=PRECEDENCE.index)
    return found


def _notices(lines: Iterable[UUID], today: date) -> dict[UUID, FormalNotice]:
    """Return the last formal notice that names each line under its present due date: re-dated, it begins anew."""
    named = ReminderLine.objects.filter(
        due_line__in=list(lines), due_date=F("due_line__due_date")
    ).values_list("reminder", "due_line")
    by_reminder: dict[UUID, list[UUID]] = {}
    for reminder_id, line_id in named:
        by_reminder.setdefault(reminder_id, []).append(line_id)
    issued = FormalNotice.objects.filter(reminder__in=list(by_reminder), issued_date__lte=today)
    found: dict[UUID, FormalNotice] = {}
    for notice in issued.defer("pdf", "snapshot").order_by("issued_date", "pk"):
        found |= dict.fromkeys(by_reminder[notice.reminder_id], notice)
    return found
