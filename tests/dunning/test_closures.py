"""Days off of the sender's own: nothing leaves on them, whoever planned it, and taking them back is enough."""

from datetime import UTC, date, datetime

import pytest

from accounts.models import AuditEvent
from dunning.models import Closure, Reminder
from dunning.queries.simulation import Span, simulate_tenant
from dunning.services.claims import claim_next
from dunning.services.closures import ClosureRefused, close_days
from dunning.services.people import confirm_reminders
from dunning.services.turn_facts import TurnFacts
from tests.dunning.conftest import Chase

FRIDAY, TUESDAY, THURSDAY = date(2026, 10, 30), date(2026, 11, 3), date(2026, 11, 5)
EARLY = datetime(2026, 10, 30, 4, 0, tzinfo=UTC)


def test_a_message_planned_before_a_closure_leaves_after_it_and_a_confirmed_one_too(
    chase: Chase,
) -> None:
    """Planned on Friday for Tuesday; Tuesday and Wednesday are closed: Thursday, in the plan, the walk and by hand."""
    chase.line(chase.customer(), 5)
    manager = chase.person("credit_manager")
    with chase.house.scope():
        close_days(
            first_date=TUESDAY,
            last_date=date(2026, 11, 4),
            name="Fête",
            actor=manager,
        )
    chase.plan(FRIDAY, opens_now=False, now=EARLY)
    (reminder,) = chase.reminders()
    assert reminder.contact_date == THURSDAY
    with chase.house.scope():
        simulated = simulate_tenant(Span(FRIDAY, date(2026, 11, 12), FRIDAY))
        assert simulated.steps[0].day == THURSDAY
        confirm_reminders(reminders=Reminder.objects.all(), actor=manager, now=EARLY)
    (reminder,) = chase.reminders()
    assert reminder.contact_date == THURSDAY
    # Closed after it was confirmed, whatever was queued waits too.
    with chase.house.scope():
        close_days(
            first_date=THURSDAY,
            last_date=THURSDAY,
            name="Panne",
            actor=manager,
        )
        now = datetime(2026, 11, 5, 9, 0, tzinfo=UTC)
        claim_next(now=now, worker="w", turn=TurnFacts(now))
    (reminder,) = chase.reminders()
    assert (reminder.state, reminder.contact_date) == ("ready", date(2026, 11, 10))


@pytest.mark.parametrize(
    ("first", "last", "name", "says"),
    [
        (TUESDAY, FRIDAY, "x", "before it"),
        (date(2026, 7, 1), date(2026, 8, 30), "x", "61 days"),
        (TUESDAY, TUESDAY, "  ", "why"),
    ],
)
def test_a_closure_that_makes_no_sense_is_refused(
    chase: Chase, first: date, last: date, name: str, says: str
) -> None:
    manager = chase.person("credit_manager")
    with chase.house.scope(), pytest.raises(ClosureRefused, match=says):
        close_days(first_date=first, last_date=last, name=name, actor=manager)


def test_the_credit_manager_closes_days_on_the_page_and_a_collector_may_not(chase: Chase) -> None:
    given = {"first_date": "2099-12-24", "last_date": "2099-12-31", "name": "Fêtes"}
    assert chase.house.client("collector").post("/scenarios/closed-days", given).status_code == 403
    manager = chase.house.client("credit_manager")
    refused = manager.post("/scenarios/closed-days", given | {"last_date": "2099-12-01"})
    assert (refused.status_code, b"errsum" in refused.content) == (422, True)
    assert manager.post("/scenarios/closed-days", given).status_code == 302
    assert b"F\xc3\xaates" in manager.get("/scenarios/closed-days").content
    with chase.house.scope():
        kept = Closure.objects.get()
    manager.post(f"/scenarios/closed-days/{kept.pk}/take-back")
    with chase.house.scope():
        assert not Closure.objects.exists()
        assert AuditEvent.objects.filter(action="dunning.open_days").exists()
