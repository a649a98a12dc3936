"""The pages of simulations: what publishing changes, a version over some days, two beside one another, the file."""

import io
import re
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.test import Client
from openpyxl import load_workbook

from accounts.models import Tenant, User
from dunning.models import Reminder, Scenario, ScenarioAssignment, ScenarioVersion
from dunning.queries import capacity, foresight
from dunning.services.scenarios import ensure_ready_scenarios
from ledger.models import Customer
from tests.cast import House
from tests.dunning.conftest import Chase
from tests.dunning.test_scenario_pages import STANDARD, STEP, seen, text

SIMULATION = f"{STANDARD}/simulation"
IMPACT = f"{STANDARD}/impact"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


TODAY = date(
    2026, 11, 2
)  # a Monday; the ten working days end on Monday the 16th, the 11th is a holiday
NOW = datetime(2026, 11, 2, 5, 0, tzinfo=UTC)


@pytest.fixture
def ledger(chase: Chase, monkeypatch: pytest.MonkeyPatch) -> Chase:
    """Return a house whose two customers owe, as its pages see it on `TODAY`."""
    monkeypatch.setattr("kernel.http.timezone", SimpleNamespace(now=lambda: NOW))
    for role in ("credit_analyst", "credit_manager", "collector"):
        chase.house.member(role)
    User.objects.update(language="en")
    with chase.house.scope():
        Tenant.objects.update(language="en", is_demo=True)  # nobody has to sign in again for a file
        ensure_ready_scenarios()
    for code, late in (("C001", 2), ("C002", 9)):
        chase.line(chase.customer(code), late, "1234", today=TODAY)
    return chase


@pytest.fixture
def analyst(ledger: Chase) -> Client:
    return ledger.house.client("credit_analyst")


@pytest.fixture
def draft(analyst: Client) -> Client:
    """Return the browser of an analyst who made the firm mail of the standard scenario a call."""
    analyst.post(f"{STANDARD}/draft")
    call = {**STEP, "channel": "call", "register": "", "mode": "manual", "has_statement": ""}
    answer = analyst.post(f"{STANDARD}/steps", {**call, "seen": seen(analyst)})
    assert answer.status_code == 302
    return analyst


def test_the_draft_says_what_leaves_and_what_changes_for_whom(draft: Client) -> None:
    page = text(draft.get(IMPACT))
    assert "If you publish today" in page
    assert "2 altered" in page
    assert '<a class="t" href="/customers/C002">Client C002</a>' in page
    rows = re.findall(
        r'<del.*?</span>([^<]+)</del> → <ins.*?</span>([^<]+)</ins>.*?class="v">([^<]+)<', page
    )
    assert rows == [
        ("3 Nov 2026: E-mail, level 2", "3 Nov 2026: Call, level 2", "€1,234"),
        ("10 Nov 2026: E-mail, level 2", "10 Nov 2026: Call, level 2", "€1,234"),
    ]
    kinds = re.findall(
        r'<span class="grow">([^<]+)</span>(?:<span class="s">today (\d+)</span>)?<span class="v">(\d+)',
        page,
    )
    assert kinds == [
        ("E-mail, level 1", "", "1"),
        ("E-mail, level 2", "2", "0"),
        ("Call, level 2", "1", "3"),
    ]


def test_the_page_of_the_draft_asks_for_it_and_leads_to_it_without_scripts(draft: Client) -> None:
    page = text(draft.get(STANDARD))
    assert f'hx-get="{IMPACT}"' in page
    assert re.search(rf'<noscript>.*href="{SIMULATION}"', page)
    assert f'hx-get="{IMPACT}?all=1"' in text(draft.get(f"{STANDARD}/changes"))


def test_a_published_version_has_nothing_to_publish(analyst: Client) -> None:
    assert analyst.get(IMPACT).status_code == 404
    assert f'hx-get="{IMPACT}' not in text(analyst.get(STANDARD))


def test_a_draft_that_changes_nothing_says_so(analyst: Client) -> None:
    analyst.post(f"{STANDARD}/draft")
    assert "they hear the same on the same days" in text(analyst.get(IMPACT))


def test_a_scenario_nobody_follows_says_so(analyst: Client) -> None:
    analyst.post("/scenarios/risky/draft")
    answer = text(analyst.get("/scenarios/risky/impact"))
    assert "Nobody follows this scenario yet" in answer


def test_collisions_are_told_with_their_customer(ledger: Chase, draft: Client) -> None:
    with ledger.house.scope():
        customer = Customer.objects.get(code="C001")
    ledger.line(customer, 9, "800", currency="USD", today=TODAY)
    with ledger.house.scope():
        ScenarioVersion.objects.filter(is_draft=True).update(parameters={"contact_gap_days": 1})
    page = text(draft.get(IMPACT))
    assert "touched twice within five days" in page
    assert '<a href="/customers/C001">Client C001</a>' in page.split("As published today")[1]


def test_the_draft_stands_beside_what_is_published(draft: Client) -> None:
    page = text(draft.get(SIMULATION))
    assert "Standard B2B, version 2 (draft)" in page
    assert page.count('<section class="stack" aria-labelledby="side-') == 2
    assert "What differs for customers" in page
    rows = dict(
        re.findall(
            r'<th scope="row"><span class="row"><svg.*?</svg>([^<]+)</span></th><td class="num"><b>(\d+)',
            page,
        )
    )
    assert (rows["E-mail"], rows["Calls"]) == ("1", "3")
    assert rows["Customers touched"] == "2"


def test_two_scenarios_stand_beside_one_another_over_the_same_customers(
    ledger: Chase, analyst: Client
) -> None:
    with ledger.house.scope():
        risky = ScenarioVersion.objects.get(scenario__code="risky")
    page = text(analyst.get(SIMULATION, {"beside": str(risky.pk)}))
    assert page.count('<section class="stack" aria-labelledby="side-') == 2
    assert "2 customers walked over" in page
    nobody = text(analyst.get(SIMULATION, {"beside": str(risky.pk), "over": "other"}))
    assert "0 customers walked over" in nobody


def test_a_past_month_and_the_back_test_are_on_the_ledger_of_their_days(analyst: Client) -> None:
    month = foresight.past_months(TODAY)[0]
    page = text(analyst.get(SIMULATION, {"period": month.isoformat()}))
    assert "On the ledger as it was on each of these days." in page
    year = text(analyst.get(SIMULATION, {"period": "year", "scratch": "on"}))
    assert "Customer by customer" in year


def test_the_file_has_a_row_for_each_date(draft: Client) -> None:
    answer = draft.get(SIMULATION, {"format": "xlsx"})
    assert answer.headers["Content-Type"] == XLSX
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    rows = list(load_workbook(io.BytesIO(content)).active.values)
    assert rows[0][3:5] == ("Customer code", "Customer")
    told = {(row[0], row[3], row[6], row[7]) for row in rows[1:]}
    assert ("Standard B2B, version 2 (draft)", "C002", "Call", 2) in told
    assert ("Standard B2B, version 1", "C002", "E-mail", 2) in told


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"period": "2031-01-01"}, "no longer there"),
        ({"version": "nonsense"}, "no longer there"),
        ({"beside": "nonsense"}, "no longer there"),
        ({"portfolio": "/elsewhere/"}, "no longer there"),
        ({"calls": "many"}, "whole number of calls"),
        ({"calls": "-1"}, "not negative"),
        ({"calls": "100000"}, "No team makes so many"),
    ],
)
def test_a_wrong_choice_is_said_at_the_form(
    analyst: Client, asked: dict[str, str], said: str
) -> None:
    answer = analyst.get(SIMULATION, asked)
    assert answer.status_code == 422
    assert said in text(answer)


def test_a_page_past_the_last_shows_the_last(analyst: Client) -> None:
    assert "Client C001" in text(analyst.get(SIMULATION, {"page": "99"}))
    assert analyst.get(SIMULATION, {"page": "²"}).status_code == 200


def test_what_is_too_much_to_wait_for_is_offered_to_a_worker(
    analyst: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foresight, "WALKED_AT_MOST", 100)
    answer = analyst.get(SIMULATION)
    assert answer.status_code == 200
    assert f'action="{STANDARD}/simulations"' in text(answer)
    assert "2 customers over these days: a worker computes it" in text(answer)
    analyst.post(f"{STANDARD}/draft")
    impact = text(analyst.get(IMPACT))
    assert "too much to simulate while you wait" in impact
    assert f'<a class="btn btn-s" href="{SIMULATION}">Let a worker compute it</a>' in impact


def test_nothing_is_written_by_looking(ledger: Chase, draft: Client) -> None:
    draft.get(SIMULATION)
    draft.get(IMPACT)
    with ledger.house.scope():
        assert not Reminder.objects.exists()


def test_collectors_and_strangers_see_no_simulation(
    ledger: Chase, draft: Client, other_house: House
) -> None:
    collector = ledger.house.client("collector")
    stranger = other_house.client("credit_manager")
    for path in (SIMULATION, IMPACT):
        assert collector.get(path).status_code == 403
        assert stranger.get(path).status_code == 404


def test_calls_are_counted_against_what_those_who_look_after_the_customers_make(
    ledger: Chase,
) -> None:
    callers = [ledger.house.member(role) for role in ("collector", "credit_analyst")]
    with ledger.house.scope():
        customers = list(Customer.objects.order_by("code").values_list("pk", flat=True))
        made = [capacity.calls_a_day(customers)]
        for code, caller in zip(("C001", "C002"), callers, strict=True):
            Customer.objects.filter(code=code).update(collector=caller)
            made.append(capacity.calls_a_day(customers))
        assert made == [20, 20, 40]
        assert capacity.calls_a_day(customers[:1]) == 20


def test_the_months_of_a_back_test_are_over() -> None:
    leap_day = date(2028, 2, 29)
    span = foresight.back_test_span(leap_day)
    assert (span.first_day, span.last_day) == (date(2027, 2, 1), date(2028, 1, 31))
    assert foresight.past_months(date(2026, 1, 31))[0] == date(2025, 12, 1)
    assert (
        foresight.month_span(date(2028, 2, 1), today=leap_day + timedelta(days=1)).last_day
        == leap_day
    )


def test_followers_are_a_link_to_the_list_of_customers(ledger: Chase, analyst: Client) -> None:
    assert '<a class="fig" href="/customers?scenario=standard-b2b">2 customers' in text(
        analyst.get(STANDARD)
    )
    assert "Client C001" in text(analyst.get("/customers?scenario=standard-b2b"))
    for code in ("risky", "unheard-of"):
        assert "Client C001" not in text(analyst.get(f"/customers?scenario={code}"))
    with ledger.house.scope():
        ScenarioAssignment.objects.create(
            customer=Customer.objects.get(code="C001"),
            scenario=Scenario.objects.get(code="risky"),
            since_date=TODAY,
        )
    assert "Client C001" in text(analyst.get("/customers?scenario=risky"))
    page = text(analyst.get("/customers?scenario=standard-b2b"))
    assert "Client C001" not in page
    assert "Client C002" in page
