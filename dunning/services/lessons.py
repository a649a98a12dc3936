"""Bring the lessons that disputes and broken promises tell to the sales reps concerned (R6).

Disputes and promises announce nothing to credit: a round looks at the lately opened and the lately broken.
"""

from datetime import date, datetime, timedelta

from django.db.models import QuerySet

from accounts.models import Membership, MembershipState
from credit.models import Lesson, LessonCode
from credit.services.lessons import tell_lesson
from disputes.models import Dispute
from dunning.queries.call import broken_promises
from ledger.models import Customer

LOOKED_BACK = timedelta(days=7)


def tell_lessons(*, today: date, now: datetime) -> int:
    """Tell each rep of whose customers something came up for the first time; return how many. Safe to run again."""
    return _of_disputes(today, now) + _of_promises(today, now)


def _of_disputes(today: date, now: datetime) -> int:
    fresh = (
        Dispute.objects.filter(
            opened_date__gte=today - LOOKED_BACK,
            customer__sales_rep__in=_untold(LessonCode.DISPUTE),
        )
        .select_related("customer__sales_rep")
        .order_by("opened_date", "number")
    )
    return sum(
        tell_lesson(
            one.customer.sales_rep,
            LessonCode.DISPUTE,
            object_id=one.pk,
            customer=one.customer,
            now=now,
        )
        for one in fresh
    )


def _of_promises(today: date, now: datetime) -> int:
    promised = Customer.objects.filter(
        sales_rep__in=_untold(LessonCode.PROMISE_BROKEN),
        promises__deadline__gte=today - LOOKED_BACK,
        promises__deadline__lt=today,
    ).distinct()
    customers = {one.pk: one for one in promised.select_related("sales_rep")}
    broken = broken_promises(list(customers), today=today) if customers else {}
    return sum(
        tell_lesson(
            customers[ident].sales_rep,
            LessonCode.PROMISE_BROKEN,
            object_id=standing.promise.pk,
            customer=customers[ident],
            now=now,
        )
        for ident, standing in broken.items()
    )


def _untold(code: LessonCode) -> "QuerySet[Membership]":
    told = Lesson.objects.filter(code=code).values("member")
    return Membership.objects.filter(state=MembershipState.ACTIVE).exclude(pk__in=told)
