"""The legal pages in a real Chromium: accessible in both themes, on a phone and on a screen."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client, override_settings

from accounts.models import Membership, User
from dunning.models import AgencyReportKind, HandOver, HandOverTarget, Procedure
from dunning.services.agencies import NewMandate, NewReport, enter_mandate, report
from dunning.services.hand_overs import NewHandOver, decide_hand_over, propose_hand_over
from dunning.services.insolvencies import record_insolvency
from dunning.services.interest_claims import compute_claims
from kernel.permissions import Actor
from ledger.models import Customer, DueLine
from tests.browser import PLAIN_FILES, Answer, faults_of_pages, needs_chromium
from tests.cast import House
from tests.dunning.conftest import Chase

pytestmark = [pytest.mark.browser, pytest.mark.django_db, needs_chromium]
NOW = datetime.now(UTC)
TODAY = NOW.date()


def handed_over(
    customer: Customer,
    line: DueLine,
    people: tuple[Actor, Actor],
    target: HandOverTarget,
    mandate: object = None,
) -> HandOver:
    new = NewHandOver(customer, [line.pk], target, "Maître Exemple", "Silence", mandate)  # type: ignore[arg-type]
    hand_over = propose_hand_over(new, actor=people[0], today=TODAY, now=NOW)
    return decide_hand_over(
        hand_over=hand_over, is_approved=True, words="", actor=people[1], today=TODAY, now=NOW
    )


@pytest.fixture
def answers(house: House, chase: Chase) -> Iterator[dict[str, Answer]]:
    """Return the pages as the server answers them: bytes and policy, by a path of ours."""
    manager, agency = house.client("credit_manager"), house.client("agency")
    people = house.actor("collector"), house.actor("credit_manager")
    agent = house.actor("agency")
    User.objects.update(language="en")
    one, other, third = (chase.customer(f"C{number}") for number in range(3))
    lines = [chase.line(one, 70, "12000", today=TODAY), chase.line(one, 60, "900", today=TODAY)]
    entrusted = chase.line(other, 90, "4000", today=TODAY)
    chase.line(third, 50, "700", today=TODAY)
    with house.scope():
        compute_claims(
            documents=[line.document_id for line in lines], actor=people[1], today=TODAY, now=NOW
        )
        mandate = enter_mandate(
            NewMandate(
                "M-1", "Recouvre", "2 rue", Membership.objects.get(pk=agent.membership_id or ""),
                date(2026, 1, 5), date(2026, 1, 10), None, "All", Decimal("0.12"), "Police",
                "FR7630006000011234567890189",
            ),
            actor=people[1],
        )  # fmt: skip
        propose_hand_over(
            NewHandOver(one, [lines[1].pk], HandOverTarget.LAWYER, "Maître", "Silence"),
            actor=people[0],
            today=TODAY,
            now=NOW,
        )
        file = handed_over(other, entrusted, people, HandOverTarget.AGENCY, mandate)
        handed_over(one, lines[0], people, HandOverTarget.COURT)
        report(
            NewReport(AgencyReportKind.PAYMENT, TODAY, "", Decimal(100), "VIR 1"),
            hand_over=file,
            actor=agent,
            today=TODAY,
            now=NOW,
        )
        record_insolvency(
            customer=third,
            procedure=Procedure.LIQUIDATION,
            judgment_date=TODAY - timedelta(days=20),
            published_date=TODAY - timedelta(days=10),
            source="bodacc",
            actor=people[1],
            today=TODAY,
            now=NOW,
        )
    asked: dict[str, tuple[Client, str]] = {
        "/legal": (manager, "/legal"),
        "/parameters": (manager, "/legal/parameters"),
        "/customer": (manager, f"/legal/customers/{one.pk}"),
        "/insolvent": (manager, f"/legal/customers/{third.pk}"),
        "/penalties": (house.client("cash_accountant"), f"/legal/customers/{one.pk}/penalties"),
        "/agency": (agency, "/agency"),
        "/agency-file": (agency, f"/agency/{file.pk}"),
    }
    with override_settings(STORAGES=PLAIN_FILES):
        responses = {path: client.get(url) for path, (client, url) in asked.items()}
        assert {response.status_code for response in responses.values()} == {200}
        yield {
            path: (response.content, response.headers["Content-Security-Policy"])
            for path, response in responses.items()
        }


def test_axe_finds_nothing_and_nothing_runs_off_the_screen(answers: dict[str, Answer]) -> None:
    assert faults_of_pages(answers, "legal") == []
