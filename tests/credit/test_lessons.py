"""Events tell lessons to the person concerned, who answers them; trainings and hours add up to a share (R6, R38)."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from accounts.models import Membership
from credit.lesson_words import LESSONS
from credit.models import Lesson, LessonCode, LessonText, TimeEntry, TimeKind, TrainingSession
from credit.queries.hours import month_of_hours
from credit.queries.lessons import progress, read_lessons
from credit.services import lessons as services
from credit.services.hours import HoursRefused, log_time
from disputes.models import Dispute
from dunning.services.lessons import tell_lessons
from ledger.models import Customer, DueLine
from tests.cast import CustomerMaker, House
from tests.credit.asking import NOW, TODAY, person
from tests.credit.test_order_checks import Desk, desk
from tests.dunning.conftest import TODAY as CHASE_DAY
from tests.dunning.conftest import Chase, chase

__all__ = ["chase", "desk"]


def told(member_id: UUID | None) -> set[str]:
    return set(Lesson.objects.filter(member=member_id).values_list("code", flat=True))


def test_the_rep_of_a_held_order_reads_why_once_and_nobody_else_does(desk: Desk) -> None:
    books = desk.books
    Customer.objects.update(sales_rep=desk.rep.membership_id)
    books.limit("100")
    desk.check("O1", "900")
    desk.check("O2", "900")
    assert told(desk.rep.membership_id) == {"order_held", "over_limit"}
    assert Lesson.objects.count() == 2
    lesson = Lesson.objects.get(code="order_held")
    assert lesson.object_id == desk.hold_of("O1").pk


def test_a_held_order_is_explained_answered_and_counted_on_pages(
    house: House, make_customer: CustomerMaker
) -> None:
    rep, manager = house.client("sales_rep"), house.client("credit_manager")
    other = house.client("sales_director")
    with house.scope():
        member = Membership.objects.get(pk=house.member_known("sales_rep"))
        customer = make_customer(house, sales_rep=member)
        services.tell_lesson(
            member, LessonCode.ORDER_HELD, object_id=uuid4(), customer=customer, now=timezone.now()
        )
        lesson = Lesson.objects.get()
        whole = progress().whole
        assert (whole.told, whole.trained, whole.share) == (1, 0, Decimal(0))
    url = f"/training/lessons/{lesson.pk}"
    assert url in rep.get("/training").content.decode()
    assert other.get(url).status_code == 404
    assert manager.post(url, {"choice": "1"}).status_code == 404
    for wrong in ("0", "9", "x", "-1", ""):
        assert rep.post(url, {"choice": wrong}).status_code == 422, wrong
    assert rep.post(url, {"choice": str(LESSONS["order_held"].right)}).status_code == 302
    with house.scope():
        assert progress().whole.share == 1
    page = manager.get("/training/progress").content.decode()
    assert "100" in page
    assert rep.get("/training/progress").status_code == 403
    assert house.client("agency").get("/training").status_code == 403


def test_disputes_and_broken_promises_tell_theirs_once(chase: Chase) -> None:
    rep_id = chase.house.member("sales_rep")
    customer = chase.customer()
    line = chase.line(customer, 12)
    with chase.house.scope():
        Customer.objects.update(sales_rep=rep_id)
        Dispute.objects.create(
            number=1,
            customer=customer,
            due_line=DueLine.objects.get(pk=line.pk),
            amount=Decimal(1),
            currency="EUR",
            reason="delivery",
            opened_date=CHASE_DAY,
        )
        now = timezone.now()
        assert [tell_lessons(today=CHASE_DAY, now=now) for _turn in range(2)] == [1, 0]
        assert told(rep_id) == {"dispute"}


def test_a_tenants_own_words_stand_in_for_ours_in_one_language(house: House) -> None:
    manager = house.client("credit_manager")
    url = "/training/texts/order_held/fr"
    assert manager.post(url, {"title": "Bloquée", "body": ""}).status_code == 422
    assert manager.post(url, {"title": "Bloquée ?", "body": "Voici."}).status_code == 302
    assert manager.get("/training/texts/order_held/de").status_code == 404
    with house.scope():
        assert read_lessons("fr")["order_held"].title == "Bloquée ?"
        assert not read_lessons("en")["order_held"].is_own
    assert manager.post(url, {"then": "ship"}).status_code == 302
    with house.scope():
        assert LessonText.objects.count() == 0


def test_a_training_held_counts_in_the_month_beside_its_target(house: House) -> None:
    manager, analyst = house.client("credit_manager"), house.client("credit_analyst")
    rep_id = house.member("sales_rep")
    today = timezone.localdate()
    planned = {
        "title": "Held orders", "day": today.isoformat(), "minutes": "45",
        "participants": [str(rep_id)],
    }  # fmt: skip
    assert manager.post("/training/sessions", {**planned, "participants": []}).status_code == 422
    assert manager.post("/training/sessions", planned).status_code == 302
    with house.scope():
        session = TrainingSession.objects.get()
        seat = session.seats.get()
    url = f"/training/sessions/{session.pk}"
    assert analyst.post(url, {"outcome": "held"}).status_code == 422  # not his training
    for _twice in range(2):
        assert manager.post(url, {"outcome": "held", "came": str(seat.pk)}).status_code == 302
    assert manager.post(url, {"outcome": "cancel"}).status_code == 422
    spent = {"kind": "chasing", "day": today.isoformat(), "minutes": "205", "words": ""}
    assert manager.post("/training/hours/log", spent).status_code == 302
    assert manager.post("/training/hours/log", {**spent, "minutes": "900"}).status_code == 422
    assert manager.post("/training/hours/target", {"share": "50"}).status_code == 302
    with house.scope():
        month = month_of_hours(today)
        assert (month.training, month.target) == (Decimal("0.18"), Decimal("0.5"))
        seat.refresh_from_db()
        assert seat.has_come
        entry = TimeEntry.objects.get(kind=TimeKind.CHASING)
    assert analyst.post(f"/training/hours/{entry.pk}/remove").status_code == 422
    page = manager.get("/training/hours").content.decode().replace("\xa0", " ")
    assert "18 %" in page.replace("\u202f", " ")


@pytest.mark.parametrize("days", [1, -93])
def test_time_is_logged_for_the_past_three_months_only(house: House, days: int) -> None:
    manager = person(house, "credit_manager", "cm@atelier.example")
    with house.scope(), pytest.raises(HoursRefused):
        log_time(
            day=TODAY + timedelta(days=days),
            kind=TimeKind.OTHER,
            minutes=10,
            words="",
            actor=manager,
            now=NOW,
            today=TODAY,
        )
