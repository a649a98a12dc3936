"""What a demo company shows of working together: lessons told, trainings and hours, visits, margins."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils import timezone

from accounts.models import Membership
from accounts.queries import actor_of
from credit.lesson_words import LESSONS
from credit.models import Lesson, LessonCode, TimeEntry, TimeKind
from credit.services.hours import hold_training, plan_training
from credit.services.lessons import answer_lesson, tell_lesson
from credit.services.relations import NewMargin, enter_margins, note_visit
from kernel.permissions import Actor
from ledger.models import Customer
from otc.demo.storage import Made

_WORDS = {
    "fr": (
        "Nouvel entrepôt en construction, trois commandes annoncées.",
        "Changement de comptable, prévoir un appel.",
        "Atelier plein, carnet à six mois.",
        "Lire une commande bloquée",
        "Les délais légaux",
    ),
    "en": (
        "New warehouse under way, three orders announced.",
        "A new accountant: call her.",
        "The workshop is full for six months.",
        "Reading a held order",
        "Terms and the law",
    ),
}
_SPENT = ((TimeKind.PREVENTION, 95), (TimeKind.CHASING, 140), (TimeKind.OTHER, 60))


def relate(made: Made) -> None:
    """Tell lessons to the reps, let some answer, hold a training and log the month's hours; note visits and margins."""
    manager = _actor(made, "credit_manager")
    now = timezone.now()
    words = _WORDS[made.company.language]
    sold = list(
        Customer.objects.filter(sales_rep__isnull=False)
        .select_related("sales_rep__user")
        .order_by("code")[:40]
    )
    _teach(sold, now)
    _visit(made, sold, words, manager, now)
    reps = list({one.sales_rep_id: one.sales_rep for one in sold if one.sales_rep}.values())[:4]
    if reps:
        _train(made, reps, words, manager, now)


def _teach(sold: list[Customer], now: datetime) -> None:
    for place, customer in enumerate(sold):
        code = list(LessonCode)[place % len(LessonCode)]
        tell_lesson(customer.sales_rep, code, object_id=customer.pk, customer=customer, now=now)
    told = Lesson.objects.select_related("member").order_by("code", "member__name")
    for place, lesson in enumerate(told):
        actor = actor_of(lesson.member_id)
        if actor is not None and place % 4:  # three out of four answered
            answer_lesson(lesson=lesson, choice=LESSONS[lesson.code].right, actor=actor, now=now)


def _visit(
    made: Made, sold: list[Customer], words: tuple[str, ...], manager: Actor, now: datetime
) -> None:
    for place, customer in enumerate(sold[:12]):
        actor = actor_of(customer.sales_rep_id) if customer.sales_rep_id else None
        if actor is not None:
            note_visit(
                customer=customer,
                day=made.today - timedelta(days=3 + place),
                words=words[place % 3],
                is_sensitive=False,
                actor=actor,
                today=made.today,
            )
    enter_margins(
        [
            NewMargin(
                customer,
                made.today - timedelta(days=200),
                Decimal(80 + place * 37 % 160) / 1000,
                Decimal(60 + place * 53 % 170) / 1000,
            )
            for place, customer in enumerate(sold)
        ],
        actor=manager,
        now=now,
        today=made.today,
    )


def _train(
    made: Made, reps: list[Membership], words: tuple[str, ...], manager: Actor, now: datetime
) -> None:
    past = plan_training(
        title=words[3], day=made.today, minutes=45, participants=reps, actor=manager, now=now
    )
    hold_training(session=past, came=reps[:3], actor=manager, now=now, today=made.today)
    plan_training(
        title=words[4],
        day=made.today + timedelta(days=9),
        minutes=60,
        participants=reps,
        actor=manager,
        now=now,
    )
    zone = ZoneInfo("Europe/Paris")
    TimeEntry.objects.bulk_create(
        TimeEntry(
            member_id=made.staff.by_role["credit_manager"].pk,
            day=made.today,
            kind=kind,
            minutes=minutes,
            written_at=datetime.combine(made.today, time(17), zone),
        )
        for kind, minutes in _SPENT
    )


def _actor(made: Made, role: str) -> Actor:
    actor = actor_of(made.staff.by_role[role].pk)
    if actor is None:
        raise LookupError(role)
    return actor
