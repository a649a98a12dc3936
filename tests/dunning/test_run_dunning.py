"""The command as a program sees it: keys, amounts, dry run, and messages that really left."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from dunning import tasks
from dunning.models import Reminder, Run, Scenario, ScenarioOverride
from dunning.services.scenarios import ensure_ready_scenarios
from ledger.models import Customer
from otc.embedded.mailbox import MailCatcher, list_messages
from tests.cast import House
from tests.dunning.conftest import Chase

DAY = timezone.now().date() + timedelta(days=400)


def run(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    with suppress(SystemExit):
        call_command("run_dunning", *arguments, "--json", stdout=out)
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


@pytest.fixture
def ledger(house: House, make_customer: Callable[..., Customer]) -> Chase:
    """Two customers late, one barely, one with a few cents."""
    chase = Chase(house, make_customer)
    chase.line(chase.customer("C001"), 12, "1000", today=DAY)
    chase.line(chase.customer("C002"), 4, "250.50", today=DAY)
    chase.line(chase.customer("C003"), 1, "70", today=DAY)
    chase.line(chase.customer("C004"), 40, "3", today=DAY)
    return chase


@pytest.fixture
def mailbox(tmp_path: Path, settings: Settings) -> Iterator[MailCatcher]:
    with MailCatcher(tmp_path / "mail") as catcher:
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = (
            "localhost",
            catcher.port,
            True,
        )
        settings.OTC_MAIL_CA_FILE = str(catcher.authority_file)
        settings.OTC_MAIL_EVIDENCE_DIR = str(catcher.folder)
        if hasattr(tasks._hands, "sender"):
            del tasks._hands.sender
        yield catcher
        del tasks._hands.sender


def test_the_answer_has_the_keys_of_the_contract(ledger: Chase) -> None:
    answer = run("--tenant", ledger.house.slug, "--date", DAY.isoformat())
    assert (answer["date"], answer["planned"], answer["held_back"]) == (DAY.isoformat(), 2, {})
    first, second = answer["reminders"]
    shown = ("customer", "contact", "channel", "level", "stage", "mode", "currency", "amount")
    assert [first[key] for key in shown] == [
        "C001", "compta@c001.example", "email", 2, "amicable", "confirm", "EUR", "1000.00",
    ]  # fmt: skip
    assert second["lines"] == [
        {
            "document_number": "F-00002",
            "due_date": (DAY - timedelta(days=4)).isoformat(),
            "open_amount": "250.50",
            "days_late": 4,
            "level": 1,
        }
    ]
    coverage = answer["coverage"]
    assert (coverage["overdue_lines"], coverage["covered"], coverage["uncovered"]) == (4, 4, 0)
    assert coverage["lines_by_state"] == {"reminder": 2, "next_action": 1, "line_below_minimum": 1}
    assert coverage["left_out"] == {"line_below_minimum": {"EUR": "3.00"}}


def test_a_dry_run_writes_nothing(ledger: Chase) -> None:
    answer = run(
        "--tenant",
        ledger.house.slug,
        "--date",
        DAY.isoformat(),
        "--dry-run",
        "--confirm-all",
        "--send",
    )
    assert (answer["planned"], answer["confirmed"], answer["dry_run"]) == (2, 2, True)
    with ledger.house.scope():
        assert not Reminder.objects.exists()
        assert not Run.objects.exists()


def test_sending_returns_when_the_messages_are_handed_over(
    ledger: Chase, mailbox: MailCatcher
) -> None:
    arguments = (
        "--tenant",
        ledger.house.slug,
        "--date",
        DAY.isoformat(),
        "--confirm-all",
        "--send",
    )
    answer = run(*arguments)
    assert (answer["confirmed"], answer["sent"], answer["failed"]) == (2, 2, 0)
    messages = list_messages(mailbox.folder)
    assert {message.recipients for message in messages} == {
        ("compta@c001.example",),
        ("compta@c002.example",),
    }
    level_two = next(
        message for message in messages if message.recipients == ("compta@c001.example",)
    )
    assert [part.get_content_type() for part in level_two.content.walk()].count(
        "application/pdf"
    ) == 1
    again = run(*arguments)
    assert (again["planned"], again["confirmed"], again["sent"]) == (0, 0, 0)
    assert len(list_messages(mailbox.folder)) == 2


def test_a_program_confirms_nothing_that_a_credit_manager_alone_lets_go(ledger: Chase) -> None:
    """A formal notice's e-mail stays unless a credit manager is named; a collector's name does not reach that far."""
    customer = ledger.customer("C005")
    for code in ("collector", "credit_manager"):
        ledger.person(code)
    with ledger.house.scope():
        ensure_ready_scenarios()
        scenario = Scenario.objects.get(code="small-amounts")
        ScenarioOverride.objects.create(
            customer=customer, scenario=scenario, reason="Small", from_date=DAY - timedelta(days=9),
            until_date=DAY + timedelta(days=90),
        )  # fmt: skip
    ledger.line(customer, 46, "200", today=DAY)
    given = ("--tenant", ledger.house.slug, "--date", DAY.isoformat(), "--confirm-all")

    def confirmed(*by: str) -> dict[str, str]:
        run(*given, *by)
        with ledger.house.scope():
            rows = Reminder.objects.filter(state="ready").select_related("customer", "confirmed_by")
            return {
                row.customer.code: row.confirmed_by.name if row.confirmed_by else "" for row in rows
            }

    assert set(confirmed()) == {"C001", "C002"}
    assert set(confirmed("--by", ledger.person("collector").email)) == {"C001", "C002"}
    manager = ledger.person("credit_manager")
    assert confirmed("--by", manager.email)["C005"] == manager.name
    answer = run(*given, "--by", "nobody@house.example")
    assert answer["error"]["code"] == "nobody_answers"


def test_the_gap_counts_confirmed_messages(ledger: Chase, mailbox: MailCatcher) -> None:
    slug = ledger.house.slug
    run("--tenant", slug, "--date", DAY.isoformat(), "--confirm-all", "--send")
    ledger.line(ledger_customer(ledger, "C001"), 5, "500", today=DAY)
    soon = run("--tenant", slug, "--date", (DAY + timedelta(days=4)).isoformat())
    assert soon["held_back"]["contact_gap"] >= 1
    later = run("--tenant", slug, "--date", (DAY + timedelta(days=5)).isoformat())
    assert "C001" in {reminder["customer"] for reminder in later["reminders"]}


def ledger_customer(chase: Chase, code: str) -> Customer:
    with chase.house.scope():
        return Customer.objects.get(code=code)


def test_an_unknown_tenant_is_refused_in_a_sentence(house: House) -> None:
    answer = run("--tenant", "nobody")
    assert answer["error"]["code"] == "unknown_tenant"


def test_another_tenants_customers_are_not_in_the_answer(ledger: Chase, other_house: House) -> None:
    assert run("--tenant", other_house.slug, "--date", DAY.isoformat())["reminders"] == []
