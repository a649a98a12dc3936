"""The legal pages: what they show, who may open them, what they refuse."""

import io
import re
import zipfile
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client, override_settings

from accounts.models import User
from dunning.documents import engine_problem
from dunning.models import (
    AgencyMandate,
    ClaimMovement,
    ContractRate,
    EnteredRate,
    HandOver,
    Insolvency,
    InterestClaim,
    LegalDeadline,
    WaiverRequest,
)
from dunning.services.interest_claims import compute_claims
from dunning.tasks import legal_round
from dunning.watch import PublishedInsolvency
from ledger.models import Customer, DueLine
from tests.cast import House
from tests.dunning.conftest import Chase

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)  # pages work on the day they are asked
TODAY = NOW.date()


@pytest.fixture
def late(chase: Chase) -> tuple[Customer, DueLine]:
    customer = chase.customer(siren="000000100")
    return customer, chase.line(customer, 70, "12000", today=TODAY)


@pytest.fixture
def manager(house: House) -> Client:
    client = house.client("credit_manager")
    User.objects.update(language="en")
    return client


def page(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.content.decode().replace("\xa0", " ").replace("\u202f", " ")


def claim_of(house: House, line: DueLine) -> InterestClaim:
    actor = house.actor("credit_manager")
    with house.scope():
        compute_claims(documents=[line.document_id], actor=actor, today=TODAY, now=NOW)
        return InterestClaim.objects.get()


def test_penalties_are_computed_shown_and_given_up_with_a_log(
    house: House, manager: Client, late: tuple[Customer, DueLine]
) -> None:
    customer, line = late
    url = f"/legal/customers/{customer.pk}"
    assert "No penalty was computed yet" in page(manager, url)
    manager.post(f"{url}/compute")
    shown = page(manager, url)
    with house.scope():
        claim = InterestClaim.objects.get()
    assert claim.number in shown
    assert "L441-10" in shown
    typed = {"interest": "10,5", "fixed_charge": "40", "reason": "Goodwill"}
    assert manager.post(f"{url}/claims/{claim.pk}", typed).status_code == 302
    shown = page(manager, url)
    assert "Goodwill" in shown
    with house.scope():
        move = ClaimMovement.objects.get(kind="waived")
        assert (move.interest, move.fixed_charge) == (Decimal("10.5"), Decimal(40))
    for wrong in (
        {"interest": "abc", "reason": "x"},
        {"interest": "1", "reason": ""},
        {"interest": "99999", "reason": "x"},
        {"reason": "x"},
    ):
        assert manager.post(f"{url}/claims/{claim.pk}", wrong).status_code == 422
    _ = line


def test_only_a_credit_manager_gives_penalties_up(
    house: House, late: tuple[Customer, DueLine]
) -> None:
    customer, line = late
    claim = claim_of(house, line)
    expected = {
        "credit_analyst": 302,  # proposes: row 24
        "collector": 404,  # not his customer
        "cash_accountant": 403,
        "executive": 403,
        "agency": 403,
    }
    for role, status in expected.items():
        answer = house.client(role).post(
            f"/legal/customers/{customer.pk}/claims/{claim.pk}", {"interest": "1", "reason": "x"}
        )
        assert answer.status_code == status, role
    with house.scope():
        assert not ClaimMovement.objects.filter(kind="waived").exists()
        assert WaiverRequest.objects.get().state == "proposed"


def test_whoever_applies_cash_records_what_came_in_for_penalties(
    house: House, late: tuple[Customer, DueLine]
) -> None:
    customer, line = late
    claim_of(house, line)
    client = house.client("cash_accountant")
    url = f"/legal/customers/{customer.pk}"
    assert client.get(url).status_code == 403
    assert "PR-" in page(client, f"{url}/penalties")
    typed = {"amount": "50", "day": str(TODAY), "reference": "VIR 1"}
    assert client.post(f"{url}/pay", typed).status_code == 302
    assert client.post(f"{url}/pay", {**typed, "amount": "999999"}).status_code == 422
    assert client.post(f"{url}/pay", {**typed, "day": "2099-01-01"}).status_code == 422
    assert house.client("collector").post(f"{url}/pay", typed).status_code == 403  # S2
    with house.scope():
        claim = InterestClaim.objects.get()
        assert (claim.paid_charge, claim.paid_interest) == (Decimal(40), Decimal(10))


@pytest.mark.skipif(bool(engine_problem()), reason="the libraries of PDF are not on this machine")
def test_a_file_is_proposed_by_one_approved_by_another_and_downloaded(
    house: House, manager: Client, late: tuple[Customer, DueLine]
) -> None:
    customer, line = late
    url = f"/legal/customers/{customer.pk}"
    analyst = house.client("credit_analyst")
    typed = {
        "line": [str(line.pk)],
        "target": "lawyer",
        "recipient": "Maître Exemple",
        "reason": "Silence",
    }
    assert analyst.post(f"{url}/file", typed).status_code == 302
    with house.scope():
        hand_over = HandOver.objects.get()
    decision = f"/legal/files/{hand_over.pk}"
    assert analyst.post(decision, {"decision": "approve"}).status_code == 403
    assert "D-0001" in page(manager, "/legal")
    assert manager.post(decision, {"decision": "approve"}).status_code == 302
    shown = page(manager, url)
    assert "Litigation" in shown
    archive = manager.get(f"{decision}/file.zip")
    assert archive.headers["Content-Type"] == "application/zip"
    assert "README.txt" in zipfile.ZipFile(io.BytesIO(archive.content)).namelist()
    assert manager.post(f"{decision}/order", {"day": str(TODAY)}).status_code == 302
    assert "payment order" in page(manager, url).lower()
    assert manager.post(f"{decision}/end", {"reason": ""}).status_code == 422
    assert manager.post(f"{decision}/end", {"reason": "Paid"}).status_code == 302


def test_a_credit_manager_does_not_decide_his_own_file(
    house: House, manager: Client, late: tuple[Customer, DueLine]
) -> None:
    customer, line = late
    typed = {"line": [str(line.pk)], "target": "court", "recipient": "TC", "reason": "x"}
    manager.post(f"/legal/customers/{customer.pk}/file", typed)
    with house.scope():
        hand_over = HandOver.objects.get()
    answer = manager.post(f"/legal/files/{hand_over.pk}", {"decision": "approve"})
    assert answer.status_code == 422
    assert "S1" in answer.content.decode()


@pytest.mark.parametrize(
    "typed",
    [
        {"line": ["nonsense"], "target": "lawyer", "recipient": "x", "reason": "x"},
        {"target": "lawyer", "recipient": "x", "reason": "x"},
        {"target": "moon", "recipient": "x", "reason": "x"},
        {"target": "agency", "recipient": "x", "reason": "x"},
        {},
    ],
)
def test_a_file_that_makes_no_sense_is_refused_in_words(
    manager: Client, late: tuple[Customer, DueLine], typed: dict[str, Any]
) -> None:
    answer = manager.post(f"/legal/customers/{late[0].pk}/file", typed)
    assert answer.status_code == 422
    assert "data-refusal" in answer.content.decode()


def test_an_insolvency_is_declared_shown_and_lifted(
    house: House, manager: Client, late: tuple[Customer, DueLine]
) -> None:
    customer, _line = late
    url = f"/legal/customers/{customer.pk}"
    typed = {"procedure": "liquidation", "judgment_date": str(TODAY - timedelta(days=3))}
    assert (
        manager.post(f"{url}/insolvency", {**typed, "judgment_date": "2099-01-01"}).status_code
        == 422
    )
    assert manager.post(f"{url}/insolvency", typed).status_code == 302
    assert "earlier debts are frozen" in page(manager, url)
    legal = page(manager, "/legal")
    assert "Filing of the claim" in legal
    assert "Insolvent customers" in legal
    with house.scope():
        deadline = LegalDeadline.objects.get(kind="claim_filing")
    done = {"day": str(TODAY), "proof": "RAR 77"}
    assert manager.post(f"/legal/deadlines/{deadline.pk}", {"day": str(TODAY)}).status_code == 422
    assert manager.post(f"/legal/deadlines/{deadline.pk}", done).status_code == 302
    assert "Filing of the claim" not in page(manager, "/legal")
    assert manager.post(f"{url}/insolvency/end", {"reason": "Plan"}).status_code == 302
    assert manager.post(f"{url}/insolvency/end", {"reason": "Plan"}).status_code == 404
    with house.scope():
        assert Insolvency.objects.get().end_reason == "Plan"


def test_a_deadline_by_hand_is_counted_or_has_a_source(
    house: House, manager: Client, late: tuple[Customer, DueLine]
) -> None:
    url = f"/legal/customers/{late[0].pk}/deadline"
    typed = {"kind": "injunction_service", "start_date": "2026-09-30", "label": "Order 12"}
    assert manager.post(url, typed).status_code == 302
    with house.scope():
        row = LegalDeadline.objects.get()
        assert row.due_date == date(2026, 12, 30)
        assert "2026-96" in row.source
    wrong = [
        {**typed, "due_date": "2026-12-01"},
        {**typed, "due_date": "2026-01-01", "source": "x"},
        {**typed, "kind": "moon"},
        {**typed, "variant": "consumer"},
    ]
    for each in wrong:
        assert manager.post(url, each).status_code == 422


def test_rates_clauses_and_mandates_are_entered_with_their_source(
    house: House, manager: Client, late: tuple[Customer, DueLine]
) -> None:
    agent = house.member("agency")
    assert "A half-year without a rate is refused" in page(manager, "/legal/parameters")
    rate = {
        "kind": "legal_interest_professional",
        "half_year": "2026 H2",
        "rate": "2,5 %",
        "source": "arrêté",
    }
    assert manager.post("/legal/parameters/rate", rate).status_code == 302
    for wrong in ({**rate, "half_year": "2026"}, {**rate, "rate": "x"}, {**rate, "source": ""}):
        assert manager.post("/legal/parameters/rate", wrong).status_code == 422
    mandate = {
        "number": "M-1", "agency_name": "Recouvre", "agency_address": "2 rue", "membership": agent,
        "signed_date": "2026-01-05", "from_date": "2026-01-10", "scope_words": "All",
        "fee_rate": "12", "insurance": "Police", "iban": "FR76 3000 6000 0112 3456 7890 189",
    }  # fmt: skip
    assert manager.post("/legal/parameters/mandate", mandate).status_code == 302
    assert (
        manager.post("/legal/parameters/mandate", {**mandate, "fee_rate": "120"}).status_code == 422
    )
    agreed = {"valid_from": "2026-01-01", "rate": "9", "source": "Terms"}
    customer_url = f"/legal/customers/{late[0].pk}"
    assert manager.post(f"{customer_url}/rate", agreed).status_code == 302
    assert manager.post(f"{customer_url}/rate", {**agreed, "rate": "0"}).status_code == 422
    with house.scope():
        assert EnteredRate.objects.get().rate == Decimal("0.025")
        assert AgencyMandate.objects.get().fee_rate == Decimal("0.12")
        assert ContractRate.objects.get().rate == Decimal("0.09")
    assert "M-1" in page(manager, "/legal/parameters")


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("credit_manager", 200),
        ("credit_analyst", 200),
        ("executive", 403),
        ("cash_accountant", 403),
        ("sales_rep", 403),
        ("tenant_admin", 403),
        ("agency", 403),
    ],
)
def test_who_opens_the_legal_pages(
    house: House, late: tuple[Customer, DueLine], role: str, status: int
) -> None:
    client = house.client(role)
    assert client.get("/legal").status_code == status
    assert client.get(f"/legal/customers/{late[0].pk}").status_code == status


def test_a_collector_sees_his_own_customers_only(
    house: House, chase: Chase, late: tuple[Customer, DueLine]
) -> None:
    mine = chase.customer("C777", collector_id=house.member("collector"))
    client = house.client("collector")
    assert client.get(f"/legal/customers/{mine.pk}").status_code == 200
    assert client.get(f"/legal/customers/{late[0].pk}").status_code == 404


def test_the_other_tenant_sees_nothing(
    house: House, other_house: House, late: tuple[Customer, DueLine]
) -> None:
    customer, line = late
    claim = claim_of(house, line)
    stranger = other_house.client("credit_manager")
    url = f"/legal/customers/{customer.pk}"
    assert stranger.get(url).status_code == 404
    assert stranger.get(f"{url}/sheet.pdf").status_code == 404
    assert (
        stranger.post(f"{url}/claims/{claim.pk}", {"interest": "1", "reason": "x"}).status_code
        == 404
    )
    assert "Client C001" not in page(stranger, "/legal")


@pytest.mark.skipif(bool(engine_problem()), reason="the libraries of PDF are not on this machine")
def test_the_computation_sheet_is_a_pdf(
    house: House, manager: Client, late: tuple[Customer, DueLine]
) -> None:
    customer, line = late
    assert manager.get(f"/legal/customers/{customer.pk}/sheet.pdf").status_code == 404
    claim_of(house, line)
    answer = manager.get(f"/legal/customers/{customer.pk}/sheet.pdf")
    assert answer.content.startswith(b"%PDF-")
    assert re.search(r"decompte-C001-\d{4}", answer.headers["Content-Disposition"])


def test_the_menu_counts_what_is_near(
    house: House, manager: Client, late: tuple[Customer, DueLine]
) -> None:
    url = f"/legal/customers/{late[0].pk}/deadline"
    typed = {"kind": "opposition", "start_date": str(TODAY - timedelta(days=20)), "label": "O-1"}
    manager.post(url, typed)
    assert re.search(
        r'href="/legal"[^>]*>.*?<span class="[^"]*n[^"]*">\s*1', page(manager, "/legal"), re.DOTALL
    )


def test_the_nightly_round_takes_the_gazette_in(
    house: House, late: tuple[Customer, DueLine]
) -> None:
    notice = PublishedInsolvency(
        "A1", "000000100", "liquidation", TODAY - timedelta(days=2), TODAY, "TC"
    )
    for _night in range(2):
        legal_round(house.tenant_id, (notice,))
    with house.scope():
        assert Insolvency.objects.get().customer_id == late[0].pk
        assert LegalDeadline.objects.filter(kind="claim_filing").count() == 1


@override_settings(OTC_BODACC_URL="")
def test_a_customers_page_leads_to_his_legal_page(
    manager: Client, late: tuple[Customer, DueLine]
) -> None:
    assert f"/legal/customers/{late[0].pk}" in page(manager, f"/customers/{late[0].code}")


def test_the_menu_names_entrusted_files_to_agencies_alone(house: House) -> None:
    assert 'href="/agency"' in page(house.client("agency"), "/agency")
    for role in ("credit_manager", "collector"):
        assert 'href="/agency"' not in page(house.client(role), "/legal")
