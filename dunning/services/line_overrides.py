"""One due line that follows another scenario than its customer: chosen by a person, for a reason and a time.

Nothing is computed in the night: from the first day to the last the plan reads the choice beside the line.
"""

from datetime import date, datetime, timedelta
from typing import ClassVar

from django.utils.translation import gettext as _

from accounts.services import audit
from dunning.models import LineOverride, Scenario
from dunning.services.assignments import LONGEST_OVERRIDE, OverrideNotPossible
from dunning.services.locks import lock_plan
from kernel import formats
from kernel.errors import Refused
from kernel.permissions import Actor
from ledger.models import DocumentKind, DueLine, TimelineKind
from ledger.services.history import note


class LineNotChased(Refused):
    """A scenario was chosen for a credit note, a payment, or an invoice with nothing left to pay."""

    code: ClassVar[str] = "line_not_chased"


def override_line_scenario(
    *,
    line: DueLine,
    scenario: Scenario,
    reason: str,
    until: date,
    actor: Actor,
    today: date,
    now: datetime,
) -> LineOverride:
    """Let one due line follow a scenario whatever its customer follows, from today to `until`, included.

    A former choice for it ends. Steps of the scenario before today are past for a line told of already, and so are
    those of the customer's when the line comes back. Raises LineNotChased, OverrideNotPossible.
    """
    lock_plan()
    _refuse(line, scenario, reason, until, today=today)
    _close(line, today)
    override = LineOverride.objects.create(
        due_line=line,
        customer_id=line.customer_id,
        scenario=scenario,
        reason=reason.strip(),
        from_date=today,
        until_date=until,
        opened_by_id=actor.membership_id,
    )
    audit.record(
        actor=actor,
        action="dunning.override_line_scenario",
        object_kind="due_line",
        object_id=line.pk,
        scenario=scenario.code,
        until=until.isoformat(),
    )
    note(
        customer=line.customer_id,
        kind=TimelineKind.CHANGE,
        text_code="dunning.line_scenario_chosen",
        actor=actor,
        words=override.reason,
        at=now,
        object_id=override.pk,
        facts={
            "number": line.document.number,
            "scenario": scenario.name,
            "until": until.isoformat(),
        },
    )
    return override


def end_line_override(*, override: LineOverride, actor: Actor, today: date, now: datetime) -> None:
    """Let the line follow its customer's scenario again from today; one that is over already stays as it was."""
    lock_plan()
    if not LineOverride.objects.not_over(today).filter(pk=override.pk).exists():
        return
    override.ended_date = today
    override.save(update_fields=["ended_date"])
    audit.record(
        actor=actor,
        action="dunning.end_line_override",
        object_kind="due_line",
        object_id=override.due_line_id,
    )
    note(
        customer=override.customer_id,
        kind=TimelineKind.CHANGE,
        text_code="dunning.line_scenario_ended",
        actor=actor,
        at=now,
        object_id=override.pk,
        facts={"number": override.due_line.document.number},
    )


def _close(line: DueLine, today: date) -> None:
    """End what was chosen for the line before; what is over already ended on the day after its last."""
    for former in LineOverride.objects.filter(due_line=line, ended_date=None):
        former.ended_date = min(today, former.until_date + timedelta(days=1))
        former.save(update_fields=["ended_date"])


def _refuse(line: DueLine, scenario: Scenario, reason: str, until: date, *, today: date) -> None:
    facts = {"number": line.document.number, "scenario": scenario.name}
    if line.kind != DocumentKind.INVOICE or not line.is_open or line.open_amount <= 0:
        raise LineNotChased(
            _("Nothing is left to pay of %(number)s, so it follows no scenario.") % facts
        )
    if not reason.strip():
        raise OverrideNotPossible(
            _("Say why %(number)s follows another scenario than its customer.") % facts
        )
    longest = today + LONGEST_OVERRIDE
    if not today <= until <= longest:
        days = {
            "first": formats.day_for_reader(today),
            "last": formats.day_for_reader(longest),
            "until": formats.day_for_reader(until),
        }
        raise OverrideNotPossible(
            _(
                "The choice ends between %(first)s and %(last)s; %(until)s is outside. Choose a day in between."
            )
            % days,
            first=str(today),
            last=str(longest),
        )
    if scenario.is_archived or not scenario.versions.filter(is_draft=False).exists():
        raise OverrideNotPossible(
            _("Nobody can follow %(scenario)s: it is archived or was never published.") % facts
        )
