"""The pages of the charter: what they show, who may open them, what they refuse without losing a word."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from accounts.models import User
from credit.models import CharterJudgement, CharterSignature, CharterVersion
from credit.rules.charter import Kind, Proposal
from credit.services import charter_drafts as drafts
from credit.services.charter import Asked, CharterRefused, grant_anyway, refuse_breaches
from dunning.documents import engine_problem
from kernel.errors import Refused
from kernel.http import refusal
from kernel.money import Money
from kernel.permissions import system_actor
from ledger.models import Customer, DocumentKind, Entity, PaymentTerms
from ledger.rules.terms import TermKind, Terms
from ledger.services import NewDocument, NewLine, record_document
from tests.cast import CustomerMaker, House

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)  # pages work on the day they are asked
TODAY = NOW.date()


def in_english(house: House, role: str) -> Client:
    client = house.client(role)
    User.objects.update(language="en")
    return client


@pytest.fixture
def analyst(house: House) -> Client:
    return in_english(house, "credit_analyst")


@pytest.fixture
def manager(house: House) -> Client:
    return in_english(house, "credit_manager")


@pytest.fixture
def published(house: House) -> CharterVersion:
    author, publisher = house.actor("credit_analyst"), house.actor("credit_manager")
    with house.scope():
        draft = drafts.open_draft(actor=author)
        return drafts.publish(seen=drafts.stamp(draft), actor=publisher, today=TODAY, now=NOW)


def page(client: Client, url: str, status: int = 200) -> str:
    answer = client.get(url)
    assert answer.status_code == status, url
    return answer.content.decode().replace("\xa0", " ").replace("\u202f", " ")


def seen_of(text: str) -> str:
    found = re.search(r'name="seen" value="([^"]+)"', text)
    assert found
    return found[1]


def form(**changed: str) -> dict[str, str]:
    return {
        "check": "maximum_term", "was": "2", "number": "2", "effect": "refuse", "days": "30", "method": "net",
        "title_fr": "Délai", "title_en": "Term", "text_fr": "Au plus {days}.", "text_en": "At most {days}.", **changed,
    }  # fmt: skip


def test_from_an_empty_tenant_to_a_signed_charter(
    house: House, analyst: Client, manager: Client
) -> None:
    assert "No charter yet" in page(analyst, "/charter")
    assert analyst.post("/charter/draft/open", {"ready": "1"}).status_code == 302
    editor = page(analyst, "/charter/draft")
    assert "Draft of version 1" in editor
    assert "does not exceed 45 days" in editor
    answer = analyst.post(
        "/charter/draft/article", form(seen=seen_of(page(analyst, "/charter/draft?article=2")))
    )
    assert answer.status_code == 302
    changes = page(analyst, "/charter/draft/changes")
    assert "Another credit manager publishes it" in changes
    assert "Publish version 1</button>" not in changes
    assert (
        analyst.post("/charter/draft/publish", {"seen": seen_of(changes + editor)}).status_code
        == 403
    )
    changes = page(manager, "/charter/draft/changes")
    assert manager.post("/charter/draft/publish", {"seen": seen_of(changes)}).status_code == 302
    rep = in_english(house, "sales_rep")
    assert "1 charter to sign" in page(rep, "/home")
    reading = page(rep, "/charter")
    assert "At most 30 days." in reading
    assert "0/4 signed" in reading
    with house.scope():
        digest = CharterVersion.objects.get().digest
    assert rep.post("/charter/sign", {"digest": digest}).status_code == 302
    assert "1/4 signed" in page(rep, "/charter")
    assert "1 charter to sign" not in page(rep, "/home")


def test_nobody_can_sign_for_another(house: House, published: CharterVersion) -> None:
    rep = in_english(house, "sales_rep")
    other = house.member("collector")
    rep.post(
        "/charter/sign", {"digest": published.digest, "membership": str(other), "name": "Somebody"}
    )
    with house.scope():
        (signature,) = CharterSignature.objects.all()
        assert (signature.membership_id, signature.name) == (
            house.member_known("sales_rep"),
            "Sales Rep",
        )
    assert rep.post("/charter/sign", {"digest": "0" * 64}).status_code == 422


def test_a_stale_form_keeps_every_word(house: House, analyst: Client, manager: Client) -> None:
    analyst.post("/charter/draft/open")
    seen = seen_of(page(analyst, "/charter/draft?article=2"))
    assert manager.post("/charter/draft/article", form(seen=seen)).status_code == 302
    answer = analyst.post(
        "/charter/draft/article", form(seen=seen, text_en="My own words about {days}.", days="44")
    )
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "was changed by" in text
    assert "Credit Manager" in text
    assert "My own words about {days}." in text
    assert 'value="44"' in text
    assert "At most 30" in text  # the article as it stands now, beside
    again = analyst.post(
        "/charter/draft/article",
        form(seen=seen_of(text), text_en="My own words about {days}.", days="44"),
    )
    assert again.status_code == 302


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"text_en": ""}, "This field is required"),
        ({"days": "400"}, "365"),
        ({"days": "many"}, "whole number"),
        ({"text_fr": "{jours}"}, "which nothing fills"),
        ({"number": "3"}, "is there already"),
        ({"number": "0"}, "1"),
        ({"number": "99999999999"}, "600"),
        ({"title_en": "x" * 121}, "120"),
    ],
)
def test_an_article_that_cannot_be_is_refused_at_its_field(
    analyst: Client, changed: dict[str, str], said: str
) -> None:
    analyst.post("/charter/draft/open")
    seen = seen_of(page(analyst, "/charter/draft?article=2"))
    answer = analyst.post("/charter/draft/article", form(seen=seen, **changed))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert "Error:" in answer.content.decode()


def test_a_charter_beyond_the_law_shows_the_law_and_no_button(
    analyst: Client, manager: Client
) -> None:
    analyst.post("/charter/draft/open")
    seen = seen_of(page(analyst, "/charter/draft?article=2"))
    analyst.post("/charter/draft/article", form(seen=seen, days="90"))
    changes = page(manager, "/charter/draft/changes")
    assert "legal cap" in changes
    assert "Publish version 1</button>" not in changes
    editor = page(manager, "/charter/draft")
    assert manager.post("/charter/draft/publish", {"seen": seen_of(editor)}).status_code == 422


@pytest.mark.parametrize(
    "url",
    [
        "/charter?version=9", "/charter?version=x", "/charter/99999.pdf", "/charter/7.pdf", "/charter/draft/changes",
    ],
)  # fmt: skip
def test_what_is_not_there_is_not_found(
    manager: Client, published: CharterVersion, url: str
) -> None:
    page(manager, url, 404)


def test_bad_questions_are_answered_in_words(manager: Client, published: CharterVersion) -> None:
    assert "note is-warn" in page(manager, "/charter/compliance?from=soon")
    page(manager, "/charter/compliance?from=2026-13-45&to=x&page=99999999999999")
    page(manager, "/charter/back-test?effect=none&page=-1")
    page(manager, "/charter/draft?article=abc&check=nothing")
    assert manager.post("/charter/draft/article", {"check": "nothing"}).status_code == 404
    assert manager.post("/charter/draft/discard", {"seen": "x"}).status_code == 422


def test_the_signed_charter_is_a_pdf(
    house: House, manager: Client, published: CharterVersion
) -> None:
    if engine_problem():
        pytest.skip(engine_problem())
    manager.post("/charter/sign", {"digest": published.digest})
    answer = manager.get("/charter/1.pdf")
    assert answer.status_code == 200
    assert answer.content.startswith(b"%PDF")


@pytest.mark.parametrize(
    ("role", "url", "status"),
    [
        ("sales_rep", "/charter", 200),
        ("tenant_admin", "/charter", 200),
        ("cash_accountant", "/charter", 200),
        ("dispute_resolver", "/charter", 200),
        ("agency", "/charter", 403),
        ("agency", "/charter/1.pdf", 403),
        ("sales_rep", "/charter/draft", 403),
        ("sales_rep", "/charter/back-test", 403),
        ("sales_rep", "/charter/compliance", 403),
        ("executive", "/charter/compliance", 200),
        ("collector", "/charter/compliance", 200),
        ("credit_analyst", "/charter/back-test", 200),
    ],
)
def test_who_may_open_what(
    house: House, published: CharterVersion, role: str, url: str, status: int
) -> None:
    page(in_english(house, role), url, status)


def opening(days: int, amount: int = 1000) -> Proposal:
    return Proposal(
        kind=Kind.OPENING, currency="EUR", terms=Terms(TermKind.NET, days), grade="A", amount=Decimal(amount),
        deposit_share=Decimal(0), guarantees=Decimal(0), insured=Decimal(0), has_finance_step=True, has_committee=False,
        is_insolvent=False, margin=Decimal("0.3"),
    )  # fmt: skip


@pytest.fixture
def broken(house: House, published: CharterVersion, make_customer: CustomerMaker) -> Customer:
    """Return a customer for whom one opening was refused, one was granted outside the charter, two were fine."""
    rep, boss = house.actor("sales_rep"), house.actor("credit_manager")
    with house.scope():
        long = PaymentTerms.objects.create(code="N60", label="60 days", days=60)
        customer: Customer = make_customer(house, "C9", "=cmd|calc Fictif", terms=long)
        with pytest.raises(CharterRefused) as refused:
            refuse_breaches(opening(60), actor=rep, today=TODAY, asked=Asked(customer=customer))
        refused.value.keep_trace()
        refuse_breaches(
            opening(30, 400_000),
            actor=rep,
            today=TODAY,
            asked=Asked(customer=customer, object_id=customer.pk),
        )
        grant_anyway(object_id=customer.pk, reason="Parent guarantee", actor=boss, today=TODAY)
        for _again in range(2):
            refuse_breaches(opening(30), actor=rep, today=TODAY, asked=Asked(customer=customer))
    return customer


def test_compliance_counts_and_tells_what_broke_the_charter(
    house: House, manager: Client, broken: Customer
) -> None:
    text = page(manager, "/charter/compliance")
    assert "50.0% of 4 proposals" in text or "50% of 4 proposals" in text
    for word in (
        "Form refused",
        "Granted all the same",
        "Parent guarantee",
        "Credit Manager",
        "60 days",
        "Customers outside the charter today",
    ):
        assert word in text
    assert "1 customer<" in text


def test_the_export_holds_no_formula(manager: Client, broken: Customer) -> None:
    answer = manager.get("/charter/compliance?format=csv")
    text = answer.content.decode()
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert '"\'=cmd|calc Fictif"' in text
    assert '"=cmd' not in text
    assert len(text.strip().splitlines()) == 3


def test_a_collector_sees_the_breaches_of_his_own_customers_only(
    house: House, broken: Customer
) -> None:
    collector = in_english(house, "collector")
    assert "cmd|calc" not in page(collector, "/charter/compliance")
    with house.scope():
        Customer.objects.update(collector=house.member_known("collector"))
    assert "cmd|calc" in page(collector, "/charter/compliance")


def test_the_other_tenant_sees_nothing(other_house: House, house: House, broken: Customer) -> None:
    other = in_english(other_house, "credit_manager")
    assert "No charter yet" in page(other, "/charter")
    assert "cmd|calc" not in page(other, "/charter/compliance")
    page(other, "/charter/1.pdf", 404)


def test_a_refused_page_keeps_the_trace_of_the_attempt(
    house: House, published: CharterVersion, rf: RequestFactory, make_customer: CustomerMaker
) -> None:
    rep = house.actor("sales_rep")
    with house.scope():
        customer = make_customer(house)
    try:
        with house.scope():
            refuse_breaches(opening(60), actor=rep, today=TODAY, asked=Asked(customer=customer))
    except Refused as refused:
        request: HttpRequest = rf.get("/")
        request.actor = rep  # type: ignore[attr-defined]
        request.htmx = True  # type: ignore[attr-defined]  # the sentence alone, without a frame
        answer: HttpResponse = refusal(request, refused)
    assert answer.status_code == 422
    assert (
        "Longest payment term" in answer.content.decode()
        or "Délai de paiement" in answer.content.decode()
    )
    with house.scope():
        assert CharterJudgement.objects.get().outcome == "refused"


def test_the_back_test_shows_what_the_draft_would_have_refused(
    house: House, analyst: Client, published: CharterVersion, make_customer: CustomerMaker
) -> None:
    system = system_actor(house.tenant_id)
    with house.scope():
        long = PaymentTerms.objects.create(code="N60", label="60 days", days=60)
        customer = make_customer(house, "C9", "Client Lent", terms=long)
        issued = TODAY - timedelta(days=200)
        record_document(
            NewDocument(
                entity=Entity.objects.get(), customer=customer, kind=DocumentKind.INVOICE, number="F1",
                issue_date=issued, amount=Money(Decimal(900), "EUR"),
                lines=(NewLine(issued + timedelta(days=60), Decimal(900)),),
            ),
            actor=system,
            today=TODAY,
        )  # fmt: skip
    text = page(analyst, "/charter/back-test")
    assert "Client Lent" in text
    assert "1. Finance closes every account opening" in text
    assert "60 days" in text
    assert "Would have been refused" in text


def test_who_has_not_signed_is_reminded_from_the_page(
    manager: Client, published: CharterVersion
) -> None:
    answer = manager.post("/charter/remind", follow=True)
    assert "asked by mail" in answer.content.decode()
    answer = manager.post("/charter/remind", follow=True)
    assert "asked today already" in answer.content.decode()
