"""The demo looks like a living company, the same for the same seed."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from pytest_django import Settings

from accounts.models import Membership, MembershipState, RoleGrant, Tenant
from accounts.queries.people import demo_sign_ins
from accounts.services.audit import verify_chain
from accounts.services.tenants import NewTenant, open_tenant
from credit.models import CreditLimit
from disputes.models import Dispute
from kernel.tenancy import tenant_scope
from ledger.models import (
    BatchState,
    Contact,
    Customer,
    Document,
    DueLine,
    ImportBatch,
    PaymentTerms,
    Perimeter,
    TaxShare,
)
from ledger.queries import balance_as_of, differences, timeline
from ledger.rules.identifiers import IdentifierKind, judge
from ledger.rules.terms import TermKind, Terms
from otc.demo import customers
from otc.demo.history import history
from otc.demo.orvanne import ORVANNE
from otc.demo.papers import Book
from otc.demo.services import COMPANIES, SAMPLE, load_sample, make_tenant
from otc.demo.wexcombe import WEXCOMBE
from otc.roles import COLLEAGUES

NOW = datetime(2026, 10, 31, 9, 0, tzinfo=UTC)
TODAY = NOW.date()


def drawn(day: str = "2026-10-31") -> Book:
    terms = {t.code: Terms(TermKind(t.method.value), t.days) for t in ORVANNE.terms}
    today = datetime.fromisoformat(day).date()
    return history(ORVANNE, customers.draw(ORVANNE), terms, today)


@pytest.fixture(scope="module")
def book() -> Book:
    return drawn()


def test_two_runs_on_one_day_are_equal_to_the_cent(book: Book) -> None:
    def figures(of: Book) -> list[tuple[object, ...]]:
        return [(p.number, p.day, p.amount, tuple(ln.rest for ln in p.lines)) for p in of.papers]

    assert figures(book) == figures(drawn())


def test_another_day_has_the_same_invoices_in_its_whole_months(book: Book) -> None:
    """A month later everything has moved by a month: the first 35 months of both are the same amounts."""

    def invoiced(of: Book, last_month: str) -> list[Decimal]:
        return sorted(
            p.amount for p in of.papers if p.kind == "invoice" and f"{p.day:%Y-%m}" < last_month
        )

    assert invoiced(book, "2026-10") == invoiced(drawn("2026-11-30"), "2026-11")


def test_the_french_group_has_the_size_and_the_lateness_of_the_field(book: Book) -> None:
    assert 390 <= len({paper.client.index for paper in book.papers}) <= 410
    assert 14_000 <= len(book.papers) <= 17_000
    paid = {}
    for done in book.settled:
        if done.credit.kind == "payment":
            paid[id(done.debit), done.instalment] = (done.day, done.debit.lines[done.instalment])
    late = [(day - line.due).days for day, line in paid.values() if not line.rest]
    on_time = sum(days <= 0 for days in late) / len(late)
    assert 0.45 <= on_time <= 0.53  # Altares: 48.7 % pay on time
    assert (
        10.5 <= sum(max(0, days) for days in late) / len(late) <= 14
    )  # and 12.5 days late on average


def test_no_paper_is_settled_beyond_its_amount(book: Book) -> None:
    for paper in book.papers:
        assert sum(line.amount for line in paper.lines) == paper.amount
        for line in paper.lines:
            assert abs(line.rest) <= abs(line.amount)
            assert line.rest * line.amount >= 0


@pytest.mark.django_db
def test_a_demo_tenant_is_made_once_and_its_books_agree(settings: Settings) -> None:
    settings.OTC_DEMO = True
    made = make_tenant(WEXCOMBE, now=NOW)
    again = make_tenant(WEXCOMBE, now=NOW)
    assert made.is_new
    assert not again.is_new
    assert (again.tenant_id, again.documents) == (made.tenant_id, made.documents)
    people = [person.role_code for person in demo_sign_ins()]
    assert people == list(COLLEAGUES)
    with tenant_scope(made.tenant_id):
        _claims_of_the_last_import()
        assert not differences()
        assert verify_chain().first_broken is None
        tenant = Tenant.objects.get()
        assert (tenant.is_demo, tenant.time_zone, tenant.currency) == (True, "Europe/London", "GBP")
        assert {line.currency for line in DueLine.objects.all()} == {"GBP", "EUR"}
        _claims_of_a_living_company()


def _claims_of_the_last_import() -> None:
    batch = ImportBatch.objects.get()
    assert (batch.state, batch.applied_at, batch.file_date) == (BatchState.APPLIED, NOW, TODAY)
    assert (batch.rows, batch.rejected) == (40, 0)
    assert batch.counts["unchanged"]["documents"] == 40
    assert not any(batch.counts["created"].values())
    assert not any(batch.counts["updated"].values())
    assert Document.objects.filter(batch=batch).count() == 0


def _claims_of_a_living_company() -> None:
    balance = balance_as_of(TODAY)["GBP"]
    assert 150_000 < balance.total.amount < 600_000
    assert balance.credits.amount < 0
    assert Document.objects.filter(kind="credit_note", linked_document__isnull=False).exists()
    assert Document.objects.filter(kind="credit_note", linked_document=None).exists()
    assert Document.objects.filter(issue_date__gt=TODAY).count() == 0
    assert DueLine.objects.filter(number=2).exists()
    assert CreditLimit.objects.exists()
    assert Dispute.objects.exclude(closed_date=None).exists()
    assert TaxShare.objects.filter(rate=Decimal("0.2")).exists()
    assert set(Contact.objects.values_list("role", flat=True)) == {
        "ap",
        "ap_manager",
        "buyer",
        "executive",
    }
    assert RoleGrant.objects.count() == 10
    for customer in Customer.objects.all()[:10]:
        for entry in timeline(customer.pk):
            assert entry.sentence


@pytest.mark.django_db
def test_sample_data_fills_somebodys_own_company_without_letting_anybody_in() -> None:
    fresh = _empty_company()
    load_sample(fresh, NOW)
    with tenant_scope(fresh):
        assert Customer.objects.count() == sum(p.customers for p in SAMPLE.portfolios)
        assert Membership.objects.exclude(user=None).count() == 1
        assert (
            Membership.objects.filter(state=MembershipState.LISTED).count()
            == len(ORVANNE.people) - 1
        )
        assert (
            PaymentTerms.objects.filter(is_illegal=True).values_list("code", flat=True)[0] == "75N"
        )
        assert not differences()


def _empty_company() -> UUID:
    new = NewTenant(slug="essai", name="Essai Fictif")
    return open_tenant(new, admin_email="moi@essai.example", now=NOW).tenant_id


def test_nothing_in_it_is_real() -> None:
    for company in COMPANIES:
        for client in customers.draw(company):
            assert not client.siren or client.siren.startswith("000")
            assert not client.siren or judge(IdentifierKind.SIREN, client.siren).is_valid
        for person in company.people:
            assert person.email.endswith(f"@{company.domain}")
            assert company.domain.endswith(".example")
        for firm in company.firms:
            assert judge(IdentifierKind.IBAN, firm.iban).is_valid
            assert not firm.siren or judge(IdentifierKind.SIREN, firm.siren).is_valid
            assert not firm.vat_number or judge(IdentifierKind.VAT, firm.vat_number).is_valid


def test_doubtful_customers_stand_outside_the_operational_perimeter(book: Book) -> None:
    doubtful = [paper for paper in book.papers if paper.perimeter == Perimeter.DOUBTFUL]
    assert doubtful
    assert {paper.client.habit for paper in doubtful} == {"bad"}
