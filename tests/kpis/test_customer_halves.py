"""A customer's page shows what sales have and what finance watches, and one history with filters for both (R5)."""

from contextlib import suppress
from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import AuditEvent, Membership
from credit.forms.relations import margin_lines
from credit.models import CustomerMargin
from credit.queries.relations import margin_on, of_sales
from kernel.errors import Refused
from ledger.models import Customer, TimelineEntry, TimelineKind
from ledger.queries import timeline
from ledger.services import note
from tests.cast import CustomerMaker, House


def of_rep(house: House, make_customer: CustomerMaker) -> Customer:
    rep = house.member("sales_rep")
    with house.scope():
        return make_customer(house, sales_rep=Membership.objects.get(pk=rep))


def test_the_rep_writes_his_half_and_finance_reads_it(
    house: House, make_customer: CustomerMaker
) -> None:
    customer = of_rep(house, make_customer)
    rep, manager = house.client("sales_rep"), house.client("credit_manager")
    today = timezone.localdate()
    visit = {"day": today.isoformat(), "words": "New warehouse, three more orders."}
    assert rep.post(f"/relations/{customer.pk}/visit", visit).status_code == 302
    late = {**visit, "day": (today + timedelta(days=1)).isoformat()}
    assert rep.post(f"/relations/{customer.pk}/visit", late).status_code == 422
    rates = {"expected": "12,5", "actual": "-3", "valid_from": "2026-01-01"}
    assert rep.post(f"/relations/{customer.pk}/margin", rates).status_code == 302
    nothing = {"valid_from": "2026-01-01"}
    assert rep.post(f"/relations/{customer.pk}/margin", nothing).status_code == 422
    page = manager.get(f"/customers/{customer.code}").content.decode()
    assert "New warehouse, three more orders." in page
    assert "−3,0" in page.replace("\xa0", " ")
    assert house.client("collector").post(
        f"/relations/{customer.pk}/margin", rates
    ).status_code in {403, 404}
    with house.scope():
        known = margin_on(customer.pk, today)
        assert known is not None
        assert (str(known.expected), str(known.actual)) == ("0.1250", "-0.0300")


def test_a_sensitive_comment_is_read_by_few_and_every_reading_is_in_the_trail(
    house: House, make_customer: CustomerMaker
) -> None:
    customer = of_rep(house, make_customer)
    rep, manager = house.client("sales_rep"), house.client("credit_manager")
    typed = {
        "day": timezone.localdate().isoformat(), "words": "The owner is selling.",
        "is_sensitive": "on",
    }  # fmt: skip
    assert rep.post(f"/relations/{customer.pk}/visit", typed).status_code == 302
    for client in (rep, manager):
        for tab in ("items", "history"):
            page = client.get(f"/customers/{customer.code}?tab={tab}").content.decode()
            assert "The owner is selling." not in page
    with house.scope():
        entry = TimelineEntry.objects.get(text_code="credit.sensitive_comment")
    url = f"/relations/comments/{entry.pk}"
    assert house.client("cash_accountant").get(url).status_code == 403
    assert "The owner is selling." in manager.get(url).content.decode()
    with house.scope():
        assert AuditEvent.objects.filter(action="credit.read_sensitive_comment").count() == 1


def test_every_entry_of_a_history_is_of_exactly_one_half(
    house: House, make_customer: CustomerMaker
) -> None:
    customer = of_rep(house, make_customer)
    director = house.actor("sales_director")
    manager = house.actor("credit_manager")
    with house.scope():
        for actor, code in (
            (director, "kpis.note"),
            (manager, "kpis.note"),
            (manager, "credit.visit"),
            (manager, "credit.place_hold"),
            (None, "credit.let_hold_fall"),
        ):
            note(
                customer=customer,
                kind=TimelineKind.NOTE,
                text_code=code,
                actor=actor,
                facts={"day": "2026-01-01"},
            )
        sides = [
            {one.id for one in timeline(customer.pk, among=among)}
            for among in (of_sales(), ~of_sales(), None)
        ]
    assert not sides[0] & sides[1]
    assert sides[0] | sides[1] == sides[2]
    assert (len(sides[0]), len(sides[1])) == (2, 3)
    page = house.client("credit_manager").get(f"/customers/{customer.code}?side=sales")
    assert page.content.decode().count('aria-current="true"') == 1


def test_a_file_of_margins_is_taken_in_whole_or_not_at_all(
    house: House, make_customer: CustomerMaker
) -> None:
    of_rep(house, make_customer)
    rep = house.client("sales_rep")

    def sent(text: str) -> int:
        file = SimpleUploadedFile("margins.csv", text.encode())
        return rep.post("/relations/margins", {"file": file}).status_code

    head = "code;expected;actual;from\n"
    good = "C001;12,5;9;2026-01-31\n"
    assert sent(head + good + "C999;1;1;2026-01-31\n") == 422
    assert sent(head + good + "C001;x;1;2026-01-31\n") == 422
    assert sent(head) == 422
    with house.scope():
        assert CustomerMargin.objects.count() == 0
    assert sent(head + good) == 302
    with house.scope():
        assert CustomerMargin.objects.count() == 1


@given(st.binary(max_size=200))
def test_any_bytes_are_margins_or_refused_in_words(content: bytes) -> None:
    with suppress(Refused):
        assert all(len(line) == 5 for line in margin_lines(content))
