"""Pages of insurance and information: from the file to the declaration; they refuse, and show nothing of others."""

import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from credit import order_check_words
from credit.models import (
    CheckOrigin,
    Cover,
    CoverImport,
    CreditCheck,
    DeclaredInvoice,
    InsuranceDeclaration,
    InsurerPolicy,
    LookUp,
)
from credit.rules.company_facts import Company
from credit.services.declarations import DeclarationRefused, declare
from credit.services.limits import AskedLimit, grant_limit
from credit.services.order_checks import Asked, check_order
from dunning.models import LegalDeadline
from dunning.services.legal_round import run_legal_round
from kernel.money import Money
from ledger.models import Entity, OrderStage
from tests.cast import CustomerMaker, House
from tests.credit.insuring import HEAD, NOW, SNCF, TODAY, Insured, insured_house

POLICY = {
    "insurer": "Coface", "number": "POL-1", "valid_from": "2026-01-01", "currency": "EUR", "insured_share": "90",
    "domestic_days": "120", "export_days": "180", "extension_days": "60", "declaration_days": "30",
    "intervention_days": "60", "threshold": "300", "stop_rule": "maximum_period", "stop_answer": "no",
    "premium_base": "turnover",
}  # fmt: skip


@pytest.fixture
def people(house: House) -> Insured:
    return insured_house(house)


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_from_the_policy_to_the_covers_and_back_by_the_pages(
    people: Insured, house: House, make_customer: CustomerMaker
) -> None:
    analyst, manager = house.client("credit_analyst"), house.client("credit_manager")
    assert "Aucune police n’est en vigueur" in page(analyst, "/insurance")
    assert (
        analyst.post("/insurance/policies/new", {**POLICY, "insured_share": "x"}).status_code == 422
    )
    assert (
        analyst.post("/insurance/policies/new", {**POLICY, "insured_share": "120"}).status_code
        == 422
    )
    assert analyst.post("/insurance/policies/new", POLICY).status_code == 302
    with house.scope():
        policy = InsurerPolicy.objects.get()
        make_customer(house, "C-1", "Alpha", siren=SNCF)
    assert analyst.post(f"/insurance/policies/{policy.pk}/confirm").status_code == 403
    assert manager.post(f"/insurance/policies/{policy.pk}/confirm").status_code == 302
    text = "\n".join(
        [HEAD, f"{SNCF};Alpha;Accordé;50 000;EUR;01/03/2026;;CF-1", "404833048;X;Accordé;1;EUR;;;"]
    )
    sent = analyst.post(
        "/insurance/files",
        {"policy": str(policy.pk), "file": SimpleUploadedFile("coface.csv", text.encode())},
    )
    assert sent.status_code == 302
    shown = page(analyst, sent.headers["Location"])
    assert "Aucun client n’est connu sous 404833048" in shown
    assert "Nouvelle garantie" in shown
    wrong = analyst.post(
        "/insurance/files",
        {"policy": str(policy.pk), "file": SimpleUploadedFile("a.pdf", b"%PDF-")},
    )
    assert wrong.status_code == 422
    path = sent.headers["Location"]
    assert analyst.post(f"{path}/apply").status_code == 302
    assert "50" in page(manager, "/insurance?q=alpha&state=granted")
    assert "Coface" in page(manager, "/customers/C-1?tab=credit")
    assert "Annuler l’import" in page(analyst, path)
    assert analyst.post(f"{path}/undo").status_code == 302
    with house.scope():
        assert not Cover.objects.filter(undone_at=None).exists()
    for role in ("sales_rep", "cash_accountant", "tenant_admin", "executive"):
        other = house.client(role)
        assert (other.get("/insurance").status_code == 200) == (role == "executive")
        assert other.post(f"{path}/apply").status_code == 403


def test_an_overdue_is_declared_with_a_numbered_file_and_leaves_the_legal_clock(
    people: Insured, house: House, make_customer: CustomerMaker
) -> None:
    today = timezone.now().date()
    with house.scope():
        policy = people.policy(valid_from=date(2024, 1, 1))
        alpha = make_customer(house, "C-1", "Alpha =1+1", siren=SNCF)
        people.take(policy, f"{SNCF};Alpha;Accordé;50 000;EUR;01/03/2025;;CF-1")
        issued = today - timedelta(days=130)
        invoice = people.invoice(alpha, "F-1", "9000", issued)
        young = people.invoice(alpha, "F-2", "9000", today - timedelta(days=60))
        run_legal_round(today=today, now=timezone.now())
        deadline = LegalDeadline.objects.get(
            kind="insurer_declaration", subject=invoice.document_id
        )
        assert deadline.due_date == issued + timedelta(days=150)
        assert deadline.alerted_days == 30
    manager = house.client("credit_manager")
    assert "F-1" in page(manager, "/insurance/declarations")
    assert manager.post("/insurance/declarations/make", {"kind": "overdue"}).status_code == 422
    asked = {"kind": "overdue", "invoice": [str(invoice.document_id)]}
    assert manager.post("/insurance/declarations/make", asked).status_code == 302
    assert manager.post("/insurance/declarations/make", asked).status_code == 422  # told already
    longer = {"kind": "extension", "invoice": [str(young.document_id)]}
    assert manager.post("/insurance/declarations/make", longer).status_code == 302
    with house.scope():
        made = InsuranceDeclaration.objects.get(kind="overdue")
        assert re.fullmatch(r"DI-\d{4}-001", made.number)
        run_legal_round(today=today, now=timezone.now())
        deadline.refresh_from_db()
        assert deadline.proof == made.number
        moved = LegalDeadline.objects.get(subject=young.document_id)
        assert moved.due_date == today - timedelta(days=60) + timedelta(days=210)
        with pytest.raises(DeclarationRefused, match="ended on"):  # too late for an extension
            declare(
                documents=[invoice.document_id],
                kind="extension",
                actor=people.manager,
                now=NOW,
                today=today,
            )
        with pytest.raises(DeclarationRefused, match="Declare invoice F-2 first"):
            declare(
                documents=[young.document_id],
                kind="intervention",
                actor=people.manager,
                now=NOW,
                today=today,
            )
        assert DeclaredInvoice.objects.count() == 2
    table = manager.get(f"/insurance/declarations/{made.pk}.csv").content.decode()
    assert "F-1" in table
    assert "CF-1" in table
    assert manager.get(f"/insurance/declarations/{made.pk}.pdf").content.startswith(b"%PDF")
    assert made.number in page(manager, "/insurance/declarations")


def test_an_order_is_answered_by_the_policy_while_cover_has_stopped(
    people: Insured, house: House, make_customer: CustomerMaker
) -> None:
    with house.scope():
        policy = people.policy(stop_answer="no")
        alpha = make_customer(house, "C-1", "Alpha", siren=SNCF)
        people.take(policy, f"{SNCF};Alpha;Accordé;50 000;EUR;01/03/2026;;CF-1")
        limit = AskedLimit(alpha, Money(Decimal(90_000), "EUR"), date(2026, 1, 1), "test")
        grant_limit(limit, requested_by=None, actor=people.manager, today=TODAY)

        def check(number: str) -> CreditCheck:
            order = Asked(
                Entity.objects.get(), alpha, number, Money(Decimal(10), "EUR"), OrderStage.ORDER
            )
            return check_order(
                order, origin=CheckOrigin.API, actor=people.analyst, now=NOW, today=TODAY
            )

        assert check("O1").answer == "yes"
        people.invoice(alpha, "F-1", "9000", date(2026, 7, 1))
        stopped = check("O2")
        assert (stopped.answer, stopped.rule) == ("no", "cover_stopped")
        said = order_check_words.sentence(stopped)
        assert "F-1" in said
        assert "POL-1" in said
        again = people.policy(number="POL-1", valid_from=date(2026, 2, 1), stop_answer="review")
        assert again.clauses == policy.clauses
        assert check("O3").answer == "review"


def test_a_company_is_looked_up_within_the_budget_and_prefills_the_request(
    people: Insured, house: House, settings: Settings
) -> None:
    settings.OTC_INFORMATION = {"commercial": ("http://127.0.0.1:9", "k"), "register": ("", "")}
    manager, rep = house.client("credit_manager"), house.client("sales_rep")
    assert "éteint" in page(manager, "/connectors")
    source = {
        "is_on": "on",
        "price": "0,60",
        "monthly_budget": "1",
        "currency": "EUR",
        "kept_days": "30",
    }
    assert rep.post("/connectors/commercial", source).status_code == 403
    assert manager.post("/connectors/commercial", {**source, "price": "-1"}).status_code == 422
    assert manager.post("/connectors/commercial", source).status_code == 302
    assert manager.post("/connectors/bodacc", source).status_code == 404
    asked = rep.post("/connectors/commercial/look-up", {"company": SNCF, "then": "request"})
    assert asked.headers["Location"] == f"/credit/requests/new?siren={SNCF}"
    refused = rep.post("/connectors/commercial/look-up", {"company": "552049448"})
    assert refused.status_code == 422
    with house.scope():
        facts = Company(
            SNCF, name="Alpha Rail", address="2 place", problems=("accounts_equity_unreadable",)
        )
        LookUp.objects.update(state="degraded", facts=facts.as_json(), answered_at=timezone.now())
    form = page(rep, f"/credit/requests/new?siren={SNCF}")
    assert "Alpha Rail" in form
    assert "2 place" in form
    poor = rep.post("/connectors/commercial/look-up", {"company": "775663438"})
    assert poor.status_code == 422
    assert "0,60" in poor.content.decode()
    assert "comptes\u00a0: une valeur n’a pas pu être lue" in page(manager, f"/companies/{SNCF}")
    assert manager.get("/companies/552049448").status_code == 404
    assert rep.get(f"/companies/{SNCF}").status_code == 403
    assert "0,60" in page(manager, "/connectors")


def test_public_files_come_in_by_the_page(
    house: House, make_customer: CustomerMaker, shared_data: Path
) -> None:
    manager = house.client("credit_manager")
    with house.scope():
        make_customer(house, "C-1", "Un", siren="111111111")
    given = (shared_data / "company_data" / "signaux_faibles" / "procolTestData.csv").read_bytes()
    sent = manager.post("/connectors/files", {"file": SimpleUploadedFile("procol.csv", given)})
    assert sent.status_code == 302
    assert house.client("cash_accountant").post("/connectors/files", {}).status_code == 403
    wrong = manager.post("/connectors/files", {"file": SimpleUploadedFile("x.csv", b"a;b")})
    assert wrong.status_code == 422


def test_nothing_of_another_tenant_is_shown(
    people: Insured, house: House, other_house: House, make_customer: CustomerMaker
) -> None:
    with house.scope():
        policy = people.policy()
        make_customer(house, "C-1", "Alpha", siren=SNCF)
        batch = people.take(policy, f"{SNCF};Alpha;Accordé;50 000;EUR;01/03/2026;;CF-1")
        LookUp.objects.create(
            source="commercial", siren=SNCF, state="found", facts=Company(SNCF, name="Alpha").as_json(),
            asked_at=NOW, answered_at=NOW,
        )  # fmt: skip
    stranger = other_house.client("credit_manager")
    assert stranger.get(f"/insurance/files/{batch.pk}").status_code == 404
    for path in ("/insurance", "/insurance/declarations", "/connectors", f"/companies/{SNCF}"):
        assert "Alpha" not in page(stranger, path)
    with house.scope():
        assert CoverImport.objects.count() == 1
