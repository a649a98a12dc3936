"""A customer's page: his figures, the one thing to do, what may be done there and by whom."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import cast

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import RoleGrant, Scope
from credit.models import CreditLimit
from disputes.models import Dispute, DisputeType
from disputes.services import open_dispute
from dunning.documents import engine_problem
from dunning.models import Reminder, Scenario, ScenarioVersion, Step
from kernel.money import Money
from kernel.permissions import system_actor
from kpis.customer_presenting import habit_chart
from kpis.queries import FigureScope, scope_indicators
from kpis.queries.customer_page import customer_standing, months_paid
from kpis.services import NOTE_LENGTH
from ledger.models import Contact, Customer, PaymentTerms, TermsMethod, TimelineEntry
from ledger.services import define_terms
from tests.cast import NOW, TODAY, CustomerMaker, House
from tests.ledger.books import Books

pytestmark = pytest.mark.django_db

JANUARY = date(2026, 1, 1)
LATE, AHEAD = date(2026, 10, 1), date(2030, 12, 31)
CODE = "L/1 é"
TABS = (
    "items",
    "history",
    "contacts",
    "credit",
    "scenario",
    "promises",
    "disputes",
    "documents",
    "no-such-tab",
)


def books(house: House) -> Books:
    return Books(house, system_actor(house.tenant_id))


@pytest.fixture
def debtor(house: House, make_customer: CustomerMaker) -> Customer:
    with house.scope():
        customer = make_customer(house, code=CODE, name="Lent et Fils")
        books(house).invoice(customer, "F-1", JANUARY, "1000", LATE)
        books(house).invoice(customer, "F-2", JANUARY, "500", AHEAD)
        CreditLimit.objects.create(
            customer=customer, amount=Decimal(1200), currency="EUR", valid_from=JANUARY
        )
    return customer


def address(code: str = CODE, query: str = "") -> str:
    return reverse("customer", args=[code]) + query


def shown(client: Client, query: str = "") -> str:
    answer = client.get(address(query=query))
    assert answer.status_code == 200
    return answer.content.decode().replace("\u202f", " ").replace("\u00a0", " ")


def did(
    client: Client, action: str, customer: Customer, data: Mapping[str, object]
) -> HttpResponse:
    return cast("HttpResponse", client.post(reverse(action, args=[customer.pk]), data))


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_opens_by_its_address(house: House, debtor: Customer, tab: str) -> None:
    assert "Lent et Fils" in shown(house.client("credit_manager"), f"?tab={tab}&page=9&before=x")


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_of_a_customer_with_nothing_says_so(
    house: House, make_customer: CustomerMaker, tab: str
) -> None:
    with house.scope():
        customer = make_customer(house)
        Contact.objects.all().delete()
    answer = house.client("credit_manager").get(address(customer.code, f"?tab={tab}"))
    assert answer.status_code == 200


def test_the_position_equals_the_indicators_of_the_customer(house: House, debtor: Customer) -> None:
    text = shown(house.client("credit_manager"))
    with house.scope():
        figures = scope_indicators(FigureScope(TODAY, customer_id=debtor.pk))
        standing = customer_standing(debtor, today=TODAY)
    assert standing.figures == figures
    assert "1 500 €" in text
    assert "1 000 €" in text
    assert "125 %" in text


def test_buckets_lead_to_the_items_that_sum_to_them(house: House, debtor: Customer) -> None:
    client = house.client("credit_manager")
    links = re.findall(r'<a class="v quiet" href="(/items[^"]+)"', shown(client))
    late = next(link for link in links if "late_from=31" in link or "late_from=1&" in link)
    items = client.get(late.replace("&amp;", "&"))
    assert items.status_code == 200
    assert debtor.code in items.context["chips"][3].value


def test_what_is_claimed_leaves_out_what_is_contested(house: House, debtor: Customer) -> None:
    with house.scope():
        contest(house, debtor, "300")
        assert customer_standing(debtor, today=TODAY).claimable == Decimal(700)


def contest(house: House, customer: Customer, amount: str) -> Dispute:
    return open_dispute(
        line=customer.due_lines.get(document__number="F-1"),
        amount=Money(Decimal(amount), "EUR"),
        type=DisputeType.DELIVERY,
        reason="Il manque une palette",
        actor=system_actor(house.tenant_id),
        today=TODAY,
    )


@pytest.fixture
def planned(house: House, debtor: Customer) -> Reminder:
    with house.scope():
        scenario = Scenario.objects.create(code="test", name="BTP exigeant")
        version = ScenarioVersion.objects.create(scenario=scenario)
        step = Step.objects.create(
            version=version,
            number=1,
            offset_days=10,
            channel="email",
            level=2,
            stage="amicable",
            mode="confirm",
            register="firm",
        )
        return Reminder.objects.create(
            customer=debtor,
            entity_id=house.entity_id,
            currency="EUR",
            scenario_version=version,
            step=step,
            channel="email",
            level=2,
            stage="amicable",
            mode="confirm",
            amount=Decimal(1000),
            planned_date=TODAY,
            contact_date=TODAY,
            leaves_at=NOW,
            state_at=NOW,
        )


def test_the_banner_asks_to_confirm_the_reminder_and_says_what_else_weighs(
    house: House, debtor: Customer, planned: Reminder
) -> None:
    text = shown(house.client("credit_manager"))
    assert f'href="/agenda/{planned.pk}"' in text
    assert "BTP exigeant" in text
    assert "300 €" in text  # beyond the limit
    assert f"/agenda/{planned.pk}" not in shown(house.client("executive"))


def test_the_list_shows_the_planned_reminder_as_next_action(
    house: House, debtor: Customer, planned: Reminder
) -> None:
    answer = house.client("credit_manager").get("/customers")
    (row, action), *_others = answer.context["rows"]
    assert (row.code, action.reminder_id) == (CODE, planned.pk)


def test_payment_habit_is_the_mean_lateness_of_each_month(house: House, debtor: Customer) -> None:
    with house.scope():
        line = debtor.due_lines.get(document__number="F-1")
        first = books(house).payment(debtor, "P-1", date(2026, 10, 11), "200")
        books(house).settle(line, first, "200")
        second = books(house).payment(debtor, "P-2", date(2026, 10, 21), "600")
        books(house).settle(line, second, "600")
        months = months_paid(debtor, today=TODAY)
    assert [month.days for month in months[:-1]] == [None] * 11
    assert months[-1].days == Decimal("17.5")  # (200 at 10 days + 600 at 20) / 800
    assert habit_chart(months) is None


def test_limits_and_habits_are_shown_only_to_those_who_see_opinions(
    house: House, debtor: Customer
) -> None:
    for query in ("", "?tab=credit"):
        assert "1 200 €" in shown(house.client("credit_manager"), query)
        text = shown(house.client("cash_accountant"), query)
        assert "1 200 €" not in text
        assert "125 %" not in text


@pytest.mark.parametrize("code", ["NOBODY", "%2e%2e", "a/b/c"])
def test_an_unknown_code_is_not_found(house: House, debtor: Customer, code: str) -> None:
    assert house.client("credit_manager").get(f"/customers/{code}").status_code == 404


def test_another_tenants_customer_does_not_exist(
    house: House, other_house: House, debtor: Customer
) -> None:
    client = other_house.client("credit_manager")
    assert client.get(address()).status_code == 404
    assert did(client, "add_note", debtor, {"words": "x"}).status_code == 404
    assert client.get(reverse("customer_statement", args=[debtor.pk])).status_code == 404


def test_a_collector_opens_only_his_own_customers(house: House, debtor: Customer) -> None:
    client = house.client("collector")
    assert client.get(address()).status_code == 404
    assert did(client, "add_note", debtor, {"words": "x"}).status_code == 404
    with house.scope():
        Customer.objects.update(collector=house.member_known("collector"))
    assert client.get(address()).status_code == 200
    assert did(client, "add_note", debtor, {"words": "Rappeler"}).status_code == 302


def test_who_sees_every_customer_but_looks_after_some_changes_only_those(
    house: House, debtor: Customer
) -> None:
    client = house.client("collector")
    with house.scope():
        RoleGrant.objects.create(
            membership_id=house.member_known("collector"),
            role="executive",
            scope=Scope.objects.get(path="/"),
        )
    assert client.get(address()).status_code == 200
    assert did(client, "add_note", debtor, {"words": "x"}).status_code == 403
    with house.scope():
        assert not TimelineEntry.objects.filter(words="x").exists()


def test_a_note_is_kept_in_the_history(house: House, debtor: Customer) -> None:
    client = house.client("credit_manager")
    answer = did(client, "add_note", debtor, {"words": "Le comptable rappelle <lundi>"})
    assert answer.headers["Location"] == f"{address()}?tab=history"
    assert "Le comptable rappelle &lt;lundi&gt;" in shown(client, "?tab=history&kind=note")
    assert "rappelle" not in shown(client, "?tab=history&kind=call").split("thread")[0]


@pytest.mark.parametrize("words", ["", "   ", "x" * (NOTE_LENGTH + 1)])
def test_a_note_that_says_nothing_or_too_much_is_refused(
    house: House, debtor: Customer, words: str
) -> None:
    answer = did(house.client("credit_manager"), "add_note", debtor, {"words": words})
    assert answer.status_code == 422
    with house.scope():
        assert not TimelineEntry.objects.filter(text_code="kpis.note").exists()


def test_a_contact_is_added_and_changed(house: House, debtor: Customer) -> None:
    client = house.client("credit_manager")
    new = {"name": "Zoé Modèle", "email": "zoe@lent.example", "role": "ap", "is_primary": "on"}
    assert did(client, "save_contact", debtor, new).status_code == 302
    with house.scope():
        person = debtor.contacts.get(name="Zoé Modèle")
        assert person.is_primary
    assert 'value="zoe@lent.example"' in shown(client, f"?tab=contacts&contact={person.pk}")
    did(client, "save_contact", debtor, {**new, "phone": "02 00 00 00 00", "contact": person.pk})
    with house.scope():
        assert debtor.contacts.get(pk=person.pk).phone == "02 00 00 00 00"
        assert debtor.contacts.count() == 2


def test_an_address_that_is_none_is_refused_in_a_sentence(house: House, debtor: Customer) -> None:
    data = {"email": "nonsense", "role": "ap"}
    answer = did(house.client("credit_manager"), "save_contact", debtor, data)
    assert answer.status_code == 422
    assert 'data-refusal="contact_refused"' in answer.content.decode()


def test_illegal_terms_are_kept_and_flagged(house: House, debtor: Customer) -> None:
    client = house.client("credit_manager")
    with house.scope():
        terms = define_terms(
            code="N120",
            label="120 jours nets",
            method=TermsMethod.NET,
            days=120,
            actor=system_actor(house.tenant_id),
            today=TODAY,
        )
    assert did(client, "save_terms", debtor, {"terms": terms.pk}).status_code == 302
    text = shown(client, "?tab=credit")
    assert "120 jours nets" in text
    assert "is-warn" in text
    with house.scope():
        assert PaymentTerms.objects.get().is_illegal


def test_terms_of_another_tenant_cannot_be_chosen(
    house: House, other_house: House, debtor: Customer
) -> None:
    with other_house.scope():
        foreign = PaymentTerms.objects.create(code="N30", label="30 jours", days=30)
    client = house.client("credit_manager")
    assert did(client, "save_terms", debtor, {"terms": foreign.pk}).status_code == 422


def test_owners_are_changed(house: House, debtor: Customer) -> None:
    seller = house.member("sales_rep")
    client = house.client("credit_manager")
    assert did(client, "save_owners", debtor, {"sales_rep": seller}).status_code == 302
    with house.scope():
        assert Customer.objects.get().sales_rep_id == seller


def test_a_part_of_an_item_is_contested_and_decided(house: House, debtor: Customer) -> None:
    with house.scope():
        line = debtor.due_lines.get(document__number="F-1")
    client = house.client("credit_analyst")
    data = {"line": line.pk, "amount": "300,50", "type": "price", "reason": "Remise oubliée"}
    assert did(client, "contest", debtor, data).status_code == 302
    with house.scope():
        dispute = Dispute.objects.get()
        assert dispute.amount == Decimal("300.50")
    manager = house.client("credit_manager")
    assert "Remise oubliée" in shown(manager, "?tab=disputes")
    url = reverse("decide_dispute", args=[debtor.pk, dispute.pk])
    assert client.post(url, {"outcome": "unjustified"}).status_code == 403
    assert manager.post(url, {"outcome": "unjustified", "words": "BL signé"}).status_code == 302
    with house.scope():
        assert Dispute.objects.get().closed_date is not None


@pytest.mark.parametrize(
    ("amount", "code"),
    [("9999", "dispute_refused"), ("abc", ""), ("", ""), ("-5", "dispute_refused")],
)
def test_a_dispute_that_cannot_be_is_refused(
    house: House, debtor: Customer, amount: str, code: str
) -> None:
    with house.scope():
        line = debtor.due_lines.get(document__number="F-1")
    data = {"line": line.pk, "amount": amount, "type": "price"}
    answer = did(house.client("credit_manager"), "contest", debtor, data)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert (f'data-refusal="{code}"' if code else "errsum") in text
    with house.scope():
        assert not Dispute.objects.exists()


def test_the_line_of_another_customer_cannot_be_contested_here(
    house: House, debtor: Customer, make_customer: CustomerMaker
) -> None:
    with house.scope():
        other = make_customer(house, code="B-2")
        line = books(house).invoice(other, "F-9", JANUARY, "70", LATE)
    data = {"line": line.pk, "amount": "10", "type": "price"}
    assert did(house.client("credit_manager"), "contest", debtor, data).status_code == 422


@pytest.mark.parametrize(
    ("action", "role"),
    [
        ("add_note", "executive"),
        ("add_note", "sales_rep"),
        ("save_contact", "cash_accountant"),
        ("save_terms", "collector"),
        ("save_owners", "collector"),
        ("contest", "executive"),
    ],
)
def test_who_may_not_is_refused(house: House, debtor: Customer, action: str, role: str) -> None:
    assert did(house.client(role), action, debtor, {}).status_code == 403


def test_a_page_offers_only_what_its_reader_may_do(house: House, debtor: Customer) -> None:
    for tab in ("history", "contacts", "credit", "disputes"):
        assert '<form class="' not in main(shown(house.client("executive"), f"?tab={tab}"))
        assert '<form class="' in main(shown(house.client("credit_manager"), f"?tab={tab}"))


def main(text: str) -> str:
    return text[text.index("<main") : text.index("</main>")]


def test_the_statement_is_the_customers_own(house: House, debtor: Customer) -> None:
    client = house.client("credit_manager")
    url = reverse("customer_statement", args=[debtor.pk])
    part = f"{url}?entity=ATELIER&currency=EUR"
    sheet = client.get(f"{part}&format=xlsx")
    assert sheet.status_code == 200
    assert sheet.content[:2] == b"PK"
    assert client.get(f"{url}?entity=OTHER&currency=EUR").status_code == 404
    if not engine_problem():
        assert client.get(part).content[:5] == b"%PDF-"


def test_the_page_asks_as_many_questions_for_one_item_as_for_twenty(
    house: House,
    debtor: Customer,
    django_assert_num_queries: DjangoAssertNumQueries,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    client = house.client("credit_manager")
    client.get(address())
    with django_assert_max_num_queries(78) as few:
        client.get(address())
    with house.scope():
        for number in range(20):
            books(house).invoice(debtor, f"G-{number}", JANUARY, "5", LATE)
    with django_assert_num_queries(len(few)):
        client.get(address())
