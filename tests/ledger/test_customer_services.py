"""Opening customers, their terms, owners, contacts, due dates and exchange rates."""

from datetime import date
from decimal import Decimal

import pytest

from accounts.models import AuditEvent, Membership, Scope
from kernel.permissions import Actor
from ledger.models import Contact, ContactRole, Customer, PaymentTerms, TermsMethod, TimelineEntry
from ledger.queries import home_and_rates, rate_on, timeline
from ledger.services import (
    ContactRefused,
    CustomerRefused,
    DocumentRefused,
    RateRefused,
    RedatingRefused,
    change_terms,
    define_terms,
    open_customer,
    open_entity,
    record_exchange_rate,
    redate_line,
    set_owners,
    upsert_contact,
)
from tests.cast import TODAY, CustomerMaker, House
from tests.ledger.books import Books

pytestmark = pytest.mark.django_db

SEPTEMBER_1, NOVEMBER_30 = date(2026, 9, 1), date(2026, 11, 30)


@pytest.fixture
def actor(house: House) -> Actor:
    return house.actor("credit_manager")


@pytest.fixture
def books(house: House, actor: Actor) -> Books:
    return Books(house, actor)


def opened(house: House, actor: Actor, **facts: str) -> Customer:
    portfolio = Scope.objects.get(pk=house.portfolio_id)
    given = {"code": "C9", "name": "Élan  Béton", **facts}
    return open_customer(portfolio=portfolio, actor=actor, today=TODAY, **given)  # type: ignore[arg-type]


def terms(actor: Actor, code: str, method: TermsMethod, days: int) -> PaymentTerms:
    return define_terms(code=code, label=code, method=method, days=days, actor=actor, today=TODAY)


def test_a_customer_is_opened_under_a_code_of_its_own(house: House, actor: Actor) -> None:
    with house.scope():
        customer = opened(house, actor, siren="000 482 174", vat_number="70000482174")
        assert (customer.name, customer.sort_name) == ("Élan Béton", "elan beton")
        assert (customer.siren, customer.vat_number) == ("000482174", "FR70000482174")
        with pytest.raises(CustomerRefused, match="The code C9 belongs to another customer"):
            opened(house, actor)
        with pytest.raises(CustomerRefused, match="000482170 cannot be a SIREN"):
            opened(house, actor, code="C10", siren="000482170")
        with pytest.raises(CustomerRefused, match="one of them is empty"):
            opened(house, actor, code=" ")
        assert timeline(customer.pk)[0].sentence == "Account C9 opened"


@pytest.mark.parametrize(
    ("method", "days", "is_illegal"),
    [
        (TermsMethod.NET, 60, False),
        (TermsMethod.NET, 61, True),
        (TermsMethod.THEN_END_OF_MONTH, 45, False),
        (TermsMethod.END_OF_MONTH_THEN, 45, False),
        (TermsMethod.THEN_END_OF_MONTH, 60, True),
        (TermsMethod.PERIODIC, 45, False),
        (TermsMethod.PERIODIC, 46, True),
    ],
)
def test_terms_beyond_the_legal_cap_are_stored_and_flagged(
    house: House, actor: Actor, method: TermsMethod, days: int, is_illegal: bool
) -> None:
    with house.scope():
        stored = terms(actor, "X", method, days)
        assert stored.is_illegal is is_illegal
        assert bool(stored.legal_reason) is is_illegal


def test_terms_legal_for_others_are_flagged_for_a_public_buyer(
    house: House, actor: Actor, make_customer: CustomerMaker
) -> None:
    with house.scope():
        private, public = (
            make_customer(house),
            make_customer(house, "C2", is_public_buyer=True),
        )
        sixty = terms(actor, "60N", TermsMethod.NET, 60)
        assert change_terms(customer=private, terms=sixty, actor=actor, today=TODAY).is_legal
        review = change_terms(customer=public, terms=sixty, actor=actor, today=TODAY)
        assert (review.is_legal, review.days_over) == (False, 30)
        public.refresh_from_db()
        assert public.terms == sixty
        assert "30 days beyond the legal cap" in timeline(public.pk)[0].sentence


def test_owners_change_one_seat_at_a_time(
    house: House, actor: Actor, make_customer: CustomerMaker
) -> None:
    seller = house.member("sales_rep")
    with house.scope():
        customer = make_customer(house)
        person = Membership.objects.get(pk=seller)
        set_owners(customer=customer, actor=actor, today=TODAY, sales_rep=person)
        changed = set_owners(customer=customer, actor=actor, today=TODAY, collector=person)
        assert (changed.sales_rep, changed.collector) == (person, person)
        emptied = set_owners(customer=customer, actor=actor, today=TODAY, collector=None)
        assert (emptied.sales_rep, emptied.collector) == (person, None)
        set_owners(customer=customer, actor=actor, today=TODAY, collector=None)
        assert TimelineEntry.objects.filter(text_code="ledger.owners_changed").count() == 3


def test_a_contact_is_known_by_its_address_and_one_is_primary(house: House, actor: Actor) -> None:
    with house.scope():
        customer = opened(house, actor)
        first = upsert_contact(
            customer=customer, actor=actor, today=TODAY, email="AP@client.example", name="Anna"
        )
        assert (first.email, first.is_primary) == ("ap@client.example", True)
        again = upsert_contact(
            customer=customer, actor=actor, today=TODAY, email="ap@client.example", name="Anne"
        )
        assert again.pk == first.pk
        boss = upsert_contact(
            customer=customer,
            actor=actor,
            today=TODAY,
            email="boss@client.example",
            role=ContactRole.EXECUTIVE,
            is_primary=True,
        )
        assert [c.pk for c in Contact.objects.filter(is_primary=True)] == [boss.pk]
        assert Contact.objects.get(pk=first.pk).name == "Anne"


def test_a_new_address_is_reachable_again(house: House, actor: Actor) -> None:
    with house.scope():
        customer = opened(house, actor)
        person = upsert_contact(customer=customer, actor=actor, today=TODAY, email="a@c.example")
        Contact.objects.update(is_undeliverable=True)
        person.refresh_from_db()
        moved = upsert_contact(
            customer=customer, actor=actor, today=TODAY, email="b@c.example", contact=person
        )
        assert (moved.pk, moved.is_undeliverable) == (person.pk, False)


@pytest.mark.parametrize(
    ("email", "sentence"),
    [
        ("nobody", "“nobody” is no e-mail address"),
        ("a@b@c.example", "is no e-mail address"),
        ("", "needs a name"),
    ],
)
def test_an_address_that_is_none_is_refused(
    house: House, actor: Actor, email: str, sentence: str
) -> None:
    with house.scope():
        customer = opened(house, actor)
        with pytest.raises(ContactRefused, match=sentence):
            upsert_contact(customer=customer, actor=actor, today=TODAY, email=email)


def test_a_redated_line_keeps_what_was_agreed_first_who_moved_it_and_why(
    house: House, books: Books, actor: Actor, make_customer: CustomerMaker
) -> None:
    with house.scope():
        customer = make_customer(house)
        line = books.invoice(customer, "F-1", SEPTEMBER_1, "100", date(2026, 10, 1))
        moved = redate_line(
            line=line, due_date=NOVEMBER_30, reason="Site stopped", actor=actor, today=TODAY
        )
        assert (moved.due_date, moved.contractual_due_date) == (NOVEMBER_30, date(2026, 10, 1))
        entry = timeline(customer.pk)[0]
        assert (entry.author, entry.words) == ("Credit Manager", "Site stopped")
        assert entry.sentence == "Due date of F-1 moved from 1 Oct 2026 to 30 Nov 2026"
        event = AuditEvent.objects.get(action="ledger.redate_line")
        assert event.details["contractual"] == "2026-10-01"


@pytest.mark.parametrize(
    ("day", "reason", "sentence"),
    [
        (NOVEMBER_30, " ", "Say why F-1 falls due on another day"),
        (date(2026, 8, 31), "Early", "cannot fall due on 2026-08-31, before it"),
        (date(2026, 10, 1), "Same", "F-1 already falls due on 2026-10-01"),
    ],
)
def test_a_due_date_that_makes_no_sense_is_refused(  # noqa: PLR0917  fixtures come by name
    house: House,
    books: Books,
    make_customer: CustomerMaker,
    day: date,
    reason: str,
    sentence: str,
) -> None:
    with house.scope():
        line = books.invoice(make_customer(house), "F-1", SEPTEMBER_1, "1", date(2026, 10, 1))
        with pytest.raises(RedatingRefused, match=sentence):
            redate_line(line=line, due_date=day, reason=reason, actor=books.actor, today=TODAY)


def test_a_settled_line_and_a_payment_are_not_redated(
    house: House, books: Books, make_customer: CustomerMaker
) -> None:
    with house.scope():
        customer = make_customer(house)
        line = books.invoice(customer, "F-1", SEPTEMBER_1, "10")
        payment = books.payment(customer, "P-1", SEPTEMBER_1, "10")
        with pytest.raises(RedatingRefused, match="P-1 is no debt"):
            redate_line(
                line=payment, due_date=NOVEMBER_30, reason="x", actor=books.actor, today=TODAY
            )
        books.settle(line, payment, "10")
        with pytest.raises(RedatingRefused, match="F-1 is settled"):
            redate_line(line=line, due_date=NOVEMBER_30, reason="x", actor=books.actor, today=TODAY)


def rate(actor: Actor, currency: str, day: date, value: str) -> None:
    record_exchange_rate(
        currency=currency, valid_from=day, rate=Decimal(value), actor=actor, today=TODAY
    )


def test_a_rate_holds_until_the_next_one(house: House, actor: Actor) -> None:
    with house.scope():
        rate(actor, "USD", SEPTEMBER_1, "0.90")
        rate(actor, "USD", date(2026, 10, 1), "0.95")
        rate(actor, "GBP", SEPTEMBER_1, "1.15")
        assert rate_on("USD", date(2026, 8, 31)) is None
        assert rate_on("USD", date(2026, 9, 30)) == Decimal("0.90")
        assert home_and_rates(TODAY) == (
            "EUR",
            {"EUR": Decimal(1), "USD": Decimal("0.95"), "GBP": Decimal("1.15")},
        )
        rate(actor, "USD", SEPTEMBER_1, "0.91")
        assert rate_on("USD", SEPTEMBER_1) == Decimal("0.91")
        replaced = AuditEvent.objects.filter(action="ledger.record_exchange_rate").first()
        assert replaced is not None
        assert replaced.details["replaced"] == "0.90000000"


@pytest.mark.parametrize(
    ("currency", "value", "sentence"),
    [
        ("EUR", "1", "EUR is the currency of the books"),
        ("XQZ", "1", "“XQZ” is no currency"),
        ("USD", "0", "give a rate above zero"),
        ("USD", "-1", "give a rate above zero"),
    ],
)
def test_a_rate_that_cannot_be_is_refused(
    house: House, actor: Actor, currency: str, value: str, sentence: str
) -> None:
    with house.scope(), pytest.raises(RateRefused, match=sentence):
        rate(actor, currency, TODAY, value)


def test_a_document_without_instalments_falls_due_by_the_customers_terms(
    house: House, books: Books, actor: Actor, make_customer: CustomerMaker
) -> None:
    with house.scope():
        customer = make_customer(house)
        customer.terms = terms(actor, "45FDM", TermsMethod.THEN_END_OF_MONTH, 45)
        line = books.invoice(customer, "F-1", date(2026, 3, 10), "100")
        assert (line.due_date, line.is_estimated) == (date(2026, 4, 30), True)
        with pytest.raises(DocumentRefused, match="F-1 of Client Fictif is already recorded"):
            books.invoice(customer, "F-1", date(2026, 3, 10), "100")
        with pytest.raises(DocumentRefused, match="falls due before"):
            books.invoice(customer, "F-2", SEPTEMBER_1, "100", date(2026, 8, 1))
        with pytest.raises(DocumentRefused, match=r"cannot amount to 0.00 EUR"):
            books.invoice(customer, "F-3", SEPTEMBER_1, "0")
        with pytest.raises(DocumentRefused, match="“XQZ” is no currency"):
            books.invoice(customer, "F-4", SEPTEMBER_1, "1", currency="XQZ")


def test_an_entity_stands_in_the_country_of_its_node(house: House, actor: Actor) -> None:
    with house.scope():
        belgium = Scope.objects.create(
            parent=Scope.objects.get(path="/"), kind="country", code="BE", name="BE", path="/BE/"
        )
        node = Scope.objects.create(
            parent=belgium, kind="entity", code="ATB", name="Atelier Benelux", path="/BE/ATB/"
        )
        entity = open_entity(scope=node, currency="EUR", actor=actor)
        assert (entity.code, entity.country, entity.name) == ("ATB", "BE", "Atelier Benelux")
