"""Files out of the house: two people, one ZIP, the chase of their lines stops, an agency sees no more than its own."""

import csv
import hashlib
import io
import zipfile
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Membership, RoleGrant, Scope
from disputes.models import DisputeType
from disputes.services import open_dispute
from dunning.documents.agency_letter import AgencyLetter, agency_letter_html
from dunning.models import (
    AgencyMandate,
    AgencyReport,
    AgencyReportKind,
    HandOver,
    HandOverTarget,
    LegalDeadline,
    Procedure,
    Promise,
)
from dunning.queries.lines import open_lines_of
from dunning.queries.statement import customer_statement
from dunning.rules.grouping import Exclusion
from dunning.rules.policy import DEFAULT_POLICY
from dunning.services.agencies import (
    MandateRefused,
    NewMandate,
    NewReport,
    ReportRefused,
    enter_mandate,
    report,
)
from dunning.services.deadlines import DeadlineRefused
from dunning.services.hand_over_files import build_file, build_missing_files
from dunning.services.hand_overs import (
    HandOverRefused,
    NewHandOver,
    decide_hand_over,
    end_hand_over,
    propose_hand_over,
    record_order,
    record_service,
)
from dunning.services.insolvencies import record_insolvency
from dunning.services.notices import issue_notice
from kernel.money import Money
from kernel.permissions import Actor, system_actor
from ledger.models import Allocation, Customer, CustomerAssignment, DueLine
from ledger.queries.visible import lines_visible_to
from otc import roles
from tests.cast import House
from tests.dunning.conftest import NOW, TODAY, Chase

pytestmark = pytest.mark.django_db
IBAN = "FR7630006000011234567890189"


@pytest.fixture
def collector(house: House) -> Actor:
    return house.actor("collector")


@pytest.fixture
def manager(house: House) -> Actor:
    return house.actor("credit_manager")


def proposed(
    customer: Customer,
    *lines: DueLine,
    actor: Actor,
    target: HandOverTarget = HandOverTarget.LAWYER,
    mandate: AgencyMandate | None = None,
) -> HandOver:
    new = NewHandOver(
        customer=customer,
        due_lines=[line.pk for line in lines],
        target=target,
        recipient="Maître Exemple",
        reason="No answer to the formal notice",
        mandate=mandate,
    )
    return propose_hand_over(new, actor=actor, today=TODAY, now=NOW)


def approved(hand_over: HandOver, actor: Actor) -> HandOver:
    return decide_hand_over(
        hand_over=hand_over, is_approved=True, words="", actor=actor, today=TODAY, now=NOW
    )


def exclusions(house: House, customer: Customer) -> dict[UUID, Exclusion | None]:
    lines = open_lines_of(
        customer_id=customer.pk,
        entity_id=house.entity_id,
        currency="EUR",
        today=TODAY,
        policy=DEFAULT_POLICY,
    )
    return {line.id: line.excluded for line in lines}


def test_lines_leave_the_chase_once_a_second_person_agrees(
    house: House, chase: Chase, collector: Actor, manager: Actor
) -> None:
    customer = chase.customer()
    given, kept = chase.line(customer, 70, "5000"), chase.line(customer, 50, "700")
    with house.scope():
        hand_over = proposed(customer, given, actor=collector)
        assert exclusions(house, customer) == {given.pk: None, kept.pk: None}
        approved(hand_over, manager)
        assert exclusions(house, customer) == {given.pk: Exclusion.LEGAL, kept.pk: None}
        statement = customer_statement(customer, today=TODAY)
        assert statement.parts[0].to_pay.amount == Decimal(700)
        end_hand_over(
            hand_over=hand_over, reason="Paid by plan", actor=manager, today=TODAY, now=NOW
        )
        assert exclusions(house, customer) == {given.pk: None, kept.pk: None}


def test_nobody_decides_about_his_own_proposal_not_even_in_the_database(
    house: House, chase: Chase, manager: Actor
) -> None:
    customer = chase.customer()
    line = chase.line(customer, 70, "5000")
    with house.scope():
        hand_over = proposed(customer, line, actor=manager)
        with pytest.raises(HandOverRefused, match="S1"):
            approved(hand_over, manager)
        with pytest.raises(HandOverRefused, match="program"):
            approved(hand_over, system_actor(house.tenant_id))
        with pytest.raises(IntegrityError, match="s1_two_people"), transaction.atomic():
            HandOver.objects.filter(pk=hand_over.pk).update(decided_by=manager.membership_id)


def test_what_cannot_go_out_is_named_with_the_reason(
    house: House, chase: Chase, collector: Actor, manager: Actor
) -> None:
    customer = chase.customer()
    line, coming = chase.line(customer, 70, "5000"), chase.line(customer, -5, "300")
    contested = chase.line(customer, 60, "900")
    paid = chase.line(customer, 60, "100")
    chase.pay(paid)
    with house.scope():
        open_dispute(
            line=contested,
            amount=Money(Decimal(10), "EUR"),
            type=DisputeType(DisputeType.values[0]),
            reason="price",
            actor=collector,
            today=TODAY,
        )
        for refused, words in ((coming, "falls due"), (paid, "is settled")):
            with pytest.raises(HandOverRefused, match=words):
                proposed(customer, refused, actor=collector)
        with pytest.raises(HandOverRefused, match="contested"):
            proposed(customer, contested, actor=collector, target=HandOverTarget.COURT)
        with pytest.raises(HandOverRefused, match="at least one"):
            proposed(customer, actor=collector)
        with pytest.raises(HandOverRefused, match="written mandate"):
            proposed(customer, line, actor=collector, target=HandOverTarget.AGENCY)
        proposed(customer, line, actor=collector)
        with pytest.raises(HandOverRefused, match="D-0001"):
            proposed(customer, line, actor=collector)


def test_an_insolvents_older_debts_go_to_no_court(
    house: House, chase: Chase, collector: Actor, manager: Actor
) -> None:
    customer = chase.customer()
    line = chase.line(customer, 70, "5000")
    with house.scope():
        record_insolvency(
            customer=customer,
            procedure=Procedure.LIQUIDATION,
            judgment_date=TODAY,
            published_date=None,
            source="person",
            actor=manager,
            today=TODAY,
            now=NOW,
        )
        with pytest.raises(HandOverRefused, match="nobody may sue"):
            proposed(customer, line, actor=collector)


def test_a_refused_file_says_why_and_frees_its_lines(
    house: House, chase: Chase, collector: Actor, manager: Actor
) -> None:
    customer = chase.customer()
    line = chase.line(customer, 70, "5000")
    with house.scope():
        hand_over = proposed(customer, line, actor=collector)
        for words in ("", "   "):
            with pytest.raises(HandOverRefused, match="Say why"):
                decide_hand_over(
                    hand_over=hand_over, is_approved=False, words=words, actor=manager,
                    today=TODAY, now=NOW,
                )  # fmt: skip
        decide_hand_over(
            hand_over=hand_over, is_approved=False, words="Too small", actor=manager,
            today=TODAY, now=NOW,
        )  # fmt: skip
        assert proposed(customer, line, actor=collector).name == "D-0002"


def test_the_file_holds_what_a_lawyer_needs(
    house: House, chase: Chase, collector: Actor, manager: Actor
) -> None:
    customer = chase.customer(address="1 rue des Tests\n44000 Nantes")
    line = chase.line(customer, 47, "12000")
    chase.plan()
    (task,) = chase.reminders()
    with house.scope():
        notice = issue_notice(reminder=task, actor=manager, now=NOW)
        task.state, task.outcome = "done", "done"
        task.save()
        hand_over = approved(proposed(customer, line, actor=collector), manager)
        built = build_file(hand_over=hand_over, actor=manager, today=TODAY, now=NOW)
        content = bytes(built.file or b"")
        assert hashlib.sha256(content).hexdigest() == built.file_digest
        later = build_file(
            hand_over=hand_over, actor=manager, today=TODAY, now=NOW + timedelta(days=3)
        )
        assert bytes(later.file or b"") == content  # built once
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.testzip() is None
    names = archive.namelist()
    for wanted in (
        "README.txt", "index.csv", "invoices.csv", "payments.csv", "history.csv",
        "attempts.csv", "computation.csv", f"notices/{notice.file_name}",
    ):  # fmt: skip
        assert wanted in names
    assert any(name.startswith("releve-") for name in names)
    assert any(name.startswith("decompte-") for name in names)
    assert archive.read(f"notices/{notice.file_name}") == bytes(notice.pdf or b"")
    index = list(csv.DictReader(io.StringIO(archive.read("index.csv").decode("utf-8-sig"))))
    for row in index:
        assert hashlib.sha256(archive.read(row["file"])).hexdigest() == row["sha256"]
    assert {row["file"] for row in index} == set(names) - {"README.txt", "index.csv"}
    invoices = list(csv.DictReader(io.StringIO(archive.read("invoices.csv").decode("utf-8-sig"))))
    assert [(row["amount"], row["open_amount"]) for row in invoices] == [("12000.00", "12000.00")]
    assert "D-0001" in archive.read("README.txt").decode()
    assert "registered_letter" in archive.read("attempts.csv").decode()


def test_a_name_that_would_run_in_a_spreadsheet_does_not(
    house: House, chase: Chase, collector: Actor, manager: Actor
) -> None:
    customer = chase.customer()
    line = chase.line(customer, 70, "5000")
    with house.scope():
        line.document.label = "=HYPERLINK(1)"
        line.document.save()
        hand_over = approved(proposed(customer, line, actor=collector), manager)
        assert build_missing_files(actor=manager, today=TODAY, now=NOW) == 1
        hand_over.refresh_from_db()
        text = zipfile.ZipFile(io.BytesIO(bytes(hand_over.file or b""))).read("invoices.csv")
    assert '"\'=HYPERLINK(1)"' in text.decode("utf-8-sig")


def test_a_payment_order_starts_the_clock_and_its_service_the_opposition(
    house: House, chase: Chase, collector: Actor, manager: Actor
) -> None:
    customer = chase.customer()
    line = chase.line(customer, 70, "5000")
    with house.scope():
        hand_over = proposed(customer, line, actor=collector, target=HandOverTarget.COURT)
        more: dict[str, Any] = {"actor": manager, "today": TODAY, "now": NOW}
        with pytest.raises(HandOverRefused, match="not before a court"):
            record_order(hand_over=hand_over, order_date=TODAY, **more)
        hand_over = approved(hand_over, manager)
        with pytest.raises(HandOverRefused, match="No payment order"):
            record_service(hand_over=hand_over, service_date=TODAY, proof="x", **more)
        record_order(hand_over=hand_over, order_date=date(2026, 9, 30), **more)
        clock = LegalDeadline.objects.get(kind="injunction_service")
        assert clock.due_date == date(2026, 12, 30)
        with pytest.raises(DeadlineRefused, match="proof"):
            record_service(hand_over=hand_over, service_date=TODAY, proof=" ", **more)
        record_service(hand_over=hand_over, service_date=TODAY, proof="Act 77", **more)
        clock.refresh_from_db()
        assert (clock.done_date, clock.proof) == (TODAY, "Act 77")
        assert LegalDeadline.objects.get(kind="opposition").due_date == date(2026, 11, 29)


@pytest.fixture
def agent(house: House) -> Actor:
    return house.actor("agency")


@pytest.fixture
def mandate(house: House, agent: Actor, manager: Actor) -> AgencyMandate:
    with house.scope():
        return enter_mandate(new_mandate(agent), actor=manager)


def new_mandate(agent: Actor, **changes: object) -> NewMandate:
    facts = {
        "number": "M-2026-1",
        "agency_name": "Recouvre Fictif SAS",
        "agency_address": "2 rue du Mandat\n75000 Paris",
        "membership": Membership.objects.get(pk=agent.membership_id or ""),
        "signed_date": date(2026, 1, 5),
        "from_date": date(2026, 1, 10),
        "until_date": None,
        "scope_words": "Commercial invoices overdue for more than sixty days",
        "fee_rate": Decimal("0.12"),
        "insurance": "Assureur Fictif, police 77",
        "iban": IBAN,
    }
    return NewMandate(**{**facts, **changes})  # type: ignore[arg-type]


def entrusted(
    house: House,
    customer: Customer,
    line: DueLine,
    people: tuple[Actor, Actor],
    mandate: AgencyMandate,
) -> HandOver:
    with house.scope():
        hand_over = proposed(
            customer, line, actor=people[0], target=HandOverTarget.AGENCY, mandate=mandate
        )
        return approved(hand_over, people[1])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"insurance": ""}, "insurance"),
        ({"iban": "FR00 1234"}, "no IBAN"),
        ({"until_date": date(2025, 1, 1)}, "ends before"),
    ],
)
def test_a_mandate_has_what_the_law_asks_for(
    house: House, agent: Actor, manager: Actor, changes: dict[str, object], words: str
) -> None:
    with house.scope(), pytest.raises(MandateRefused, match=words):
        enter_mandate(new_mandate(agent, **changes), actor=manager)


def test_an_agent_holds_no_other_role(house: House, agent: Actor, manager: Actor) -> None:
    with house.scope():
        RoleGrant.objects.create(
            membership_id=agent.membership_id or "",
            role="collector",
            scope=Scope.objects.get(path="/"),
        )
        with pytest.raises(MandateRefused, match="no other"):
            enter_mandate(new_mandate(agent), actor=manager)


def test_whoever_collects_for_an_agency_applies_no_cash() -> None:
    assert roles.conflict(frozenset({"agency", "cash_accountant"})) == (
        "agency", "cash_accountant", "S2",
    )  # fmt: skip
    assert roles.CELLS["agency", "ledger.apply_cash"] is None


def test_an_agency_sees_exactly_what_is_entrusted_to_it(
    house: House,
    chase: Chase,
    mandate: AgencyMandate,
    people: tuple[Actor, Actor],
    agent: Actor,
) -> None:
    mine, other = chase.customer("C1"), chase.customer("C2")
    line, _kept = chase.line(mine, 70, "5000"), chase.line(mine, 50, "600")
    elsewhere = chase.line(other, 70, "4000")
    client = house.client("agency")
    assert client.get("/customers").content.decode().count("Client C") == 0
    hand_over = entrusted(house, mine, line, people, mandate)
    with house.scope():
        foreign = approved(proposed(other, elsewhere, actor=people[0]), people[1])
        assert not Customer.objects.visible_to(agent).exists()
        assert list(lines_visible_to(agent)) == [line]
        assert exclusions(house, mine)[line.pk] is Exclusion.ENTRUSTED
        number, kept_number = line.document.number, _kept.document.number
    page = client.get("/agency").content.decode()
    assert "D-0001" in page
    assert "Client C2" not in page
    file_page = client.get(f"/agency/{hand_over.pk}").content.decode()
    assert number in file_page
    assert kept_number not in file_page
    assert client.get(f"/agency/{foreign.pk}").status_code == 404
    assert client.get("/legal").status_code == 403
    assert client.get(f"/legal/customers/{mine.pk}").status_code == 403
    with house.scope():
        end_hand_over(
            hand_over=hand_over, reason="Term over", actor=people[1], today=TODAY, now=NOW
        )
        assert not CustomerAssignment.objects.exists()
    assert client.get(f"/agency/{hand_over.pk}").status_code == 404


@pytest.fixture
def people(collector: Actor, manager: Actor) -> tuple[Actor, Actor]:
    return collector, manager


def test_an_agency_reports_payments_that_book_nothing_and_counts_its_fee(
    house: House,
    chase: Chase,
    mandate: AgencyMandate,
    people: tuple[Actor, Actor],
    agent: Actor,
) -> None:
    customer = chase.customer()
    hand_over = entrusted(house, customer, chase.line(customer, 70, "5000"), people, mandate)
    told = NewReport(AgencyReportKind.PAYMENT, TODAY, "", Decimal("1234.56"), reference="VIR 1")
    with house.scope():
        row = report(told, hand_over=hand_over, actor=agent, today=TODAY, now=NOW)
        assert row.fee == Decimal("148.15")  # 12 %, rounded once
        assert not Allocation.objects.exists()
        with pytest.raises(ReportRefused, match="already"):
            report(told, hand_over=hand_over, actor=agent, today=TODAY, now=NOW)
        with pytest.raises(ReportRefused, match="not entrusted"):
            report(told, hand_over=hand_over, actor=people[0], today=TODAY, now=NOW)
        assert AgencyReport.objects.count() == 1


def test_a_promise_an_agency_reports_is_a_promise_of_the_entrusted_lines(
    house: House,
    chase: Chase,
    mandate: AgencyMandate,
    people: tuple[Actor, Actor],
    agent: Actor,
) -> None:
    customer = chase.customer()
    line = chase.line(customer, 70, "5000")
    hand_over = entrusted(house, customer, line, people, mandate)
    with house.scope():
        report(
            NewReport(
                AgencyReportKind.PROMISE, TODAY + timedelta(days=10), "Transfer", Decimal(5000)
            ),
            hand_over=hand_over,
            actor=agent,
            today=TODAY,
            now=NOW,
        )
        promise = Promise.objects.get()
        assert promise.amount == Decimal(5000)
        assert [each.due_line_id for each in promise.lines.all()] == [line.pk]


def test_the_agencys_letter_says_what_the_code_makes_it_say(
    house: House,
    chase: Chase,
    mandate: AgencyMandate,
    people: tuple[Actor, Actor],
) -> None:
    letter = AgencyLetter(
        language="fr",
        day=TODAY,
        file_name="D-0001",
        agency_name=mandate.agency_name,
        agency_lines=("2 rue du Mandat",),
        agency_iban=IBAN,
        agency_insurance=mandate.insurance,
        mandate_number=mandate.number,
        mandate_date=mandate.signed_date,
        creditor_name="Atelier Fictif SA",
        creditor_lines=("1 quai",),
        customer_name="<b>Client</b>",
        customer_lines=(),
        documents=(("F-1", TODAY, TODAY, Money(Decimal(100), "EUR")),),
        principal=Money(Decimal(100), "EUR"),
        interest=Money(Decimal("1.10"), "EUR"),
        fixed_charge=Money(Decimal(40), "EUR"),
    )
    html = agency_letter_html(letter).replace("\xa0", " ").replace("&nbsp;", " ")
    for words in (
        "Recouvre Fictif SAS",
        "recouvrement amiable de créances pour le compte d’autrui",
        "Atelier Fictif SA",
        "mandat écrit M-2026-1",
        "Assureur Fictif",
        "141,10 €",
        "L. 111-8",
        "restent à la charge du créancier",
        "débiteur de mauvaise foi",
    ):
        assert words in html
    assert "<b>Client" not in html


def test_the_agencys_page_takes_reports_and_refuses_nonsense(
    house: House,
    chase: Chase,
    mandate: AgencyMandate,
    people: tuple[Actor, Actor],
) -> None:
    customer = chase.customer()
    today = datetime.now(UTC).date()
    hand_over = entrusted(house, customer, chase.line(customer, 70, "5000"), people, mandate)
    client = house.client("agency")
    url = f"/agency/{hand_over.pk}/report"
    wrong = [
        {"kind": "payment", "day": str(today), "amount": "", "reference": "x"},
        {"kind": "payment", "day": str(today), "amount": "-5", "reference": "x"},
        {"kind": "contact", "day": str(today + timedelta(days=3)), "words": "x"},
        {"kind": "nonsense", "day": str(today), "words": "x"},
        {"kind": "contact", "day": "soon", "words": "x"},
    ]
    for typed in wrong:
        assert client.post(url, typed).status_code == 422
    answer = client.post(url, {"kind": "contact", "day": str(today), "words": "Spoke to them"})
    assert answer.status_code == 302
    assert "Spoke to them" in client.get(f"/agency/{hand_over.pk}").content.decode()


def test_two_who_take_the_next_file_get_different_numbers(
    house: House, chase: Chase, collector: Actor
) -> None:
    customer = chase.customer()
    lines = [chase.line(customer, 70, "500") for _line in range(3)]
    with house.scope():
        numbers = [proposed(customer, line, actor=collector).number for line in lines]
        assert numbers == [1, 2, 3]
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(DISTINCT number) FROM dunning_handover")
            assert cursor.fetchone() == (3,)
