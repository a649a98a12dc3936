"""What people say about a score: a grade in its place for a time, a word on an alert, a customer's contest.

A person's grade names its reason and its last day. Who asked for credit for the customer does not set it, nor does his
seller; one that makes the customer better than the card does beyond the author's ceiling waits for a second person.
"""

from datetime import date, datetime, timedelta
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Membership
from accounts.services import audit
from credit.models import (
    RUNNING,
    CreditRequest,
    OverrideState,
    ScoreContest,
    ScoreOverride,
    WatchAlert,
)
from credit.permissions import APPROVE_LIMIT
from credit.queries.authority import person_of, requesters_of
from credit.queries.limits import limit_on
from credit.queries.scores import customer_score
from credit.rules.authority import is_same_person, is_within
from credit.rules.scorecard import falls
from credit.services.ceilings import ceiling_of
from credit.services.rescoring import rescore
from kernel import formats
from kernel.errors import Refused
from kernel.permissions import Actor, Verb
from ledger.models import Customer, TimelineKind
from ledger.queries import home_and_rates
from ledger.services import note
from ledger.services.locks import lock_customer

LONGEST = timedelta(days=366)


class ScoreWordRefused(Refused):
    """Something cannot be said about a score so, or not by this person."""

    code: ClassVar[str] = "score_word_refused"


class ScoreSamePerson(Refused):
    """A person would judge what he asked for himself, or a machine would judge at all."""

    code: ClassVar[str] = "score_s1_two_people"


def override_grade(
    *,
    customer: Customer,
    grade: str,
    reason: str,
    until: date,
    actor: Actor,
    now: datetime,
    today: date,
) -> ScoreOverride:
    """Put a person's grade in place of the card's through `until`; one above his ceiling waits for another person.

    Raises ScoreSamePerson for machines, requesters and sellers, ScoreWordRefused without a score, reason or end.
    """
    _person(actor)
    locked = lock_customer(customer.pk)
    standing = customer_score(locked, today=today)
    if standing.score is None:
        raise ScoreWordRefused(
            _(
                "%(customer)s was never scored: there is nothing to override. Publish a scorecard first."
            )
            % {"customer": locked.name}
        )
    if standing.waiting is not None or standing.override is not None:
        raise ScoreWordRefused(
            _(
                "A grade set by a person stands or waits for %(customer)s already. End that one first."
            )
            % {"customer": locked.name}
        )
    if not today <= until <= today + LONGEST:
        raise ScoreWordRefused(
            _("A grade set by a person ends on a day within a year from today, not on %(day)s.")
            % {"day": formats.day_for_reader(until)}
        )
    if not reason.strip():
        raise ScoreWordRefused(
            _("Say why the card is wrong about %(customer)s.") % {"customer": locked.name}
        )
    _refuse_interested(locked, actor)
    # What an earlier one left behind when its last day passed: it makes room.
    ScoreOverride.objects.filter(customer=locked, state=OverrideState.IN_FORCE).update(
        state=OverrideState.ENDED
    )
    waits = _needs_second_person(locked, grade, standing.score.grade, actor, today)
    made = ScoreOverride.objects.create(
        customer=locked,
        grade=grade,
        card_grade=standing.score.grade,
        reason=reason.strip(),
        from_date=today,
        until_date=until,
        state=OverrideState.WAITING if waits else OverrideState.IN_FORCE,
        made_by_id=_person(actor),
        made_at=now,
        decided_at=None if waits else now,
    )
    _record(made, "credit.propose_grade" if waits else "credit.override_grade", actor)
    if not waits:
        _take_effect(made, actor, now=now, today=today)
    return made


def decide_override(
    *, override: ScoreOverride, is_agreed: bool, actor: Actor, now: datetime, today: date
) -> ScoreOverride:
    """Agree to a grade that waits, or refuse it: never by who set it. Raises ScoreSamePerson, ScoreWordRefused."""
    _person(actor)
    lock_customer(override.customer_id)
    locked = ScoreOverride.objects.select_related("customer", "made_by__user").get(pk=override.pk)
    if locked.state != OverrideState.WAITING or locked.until_date < today:
        raise ScoreWordRefused(
            _("This grade was decided or ended meanwhile. Look at the score again.")
        )
    if not actor.can(APPROVE_LIMIT, Verb.APPROVE):
        raise ScoreWordRefused(_("Only who approves limits agrees to a grade above a ceiling."))
    if _is_same(locked, actor):
        raise ScoreSamePerson(
            _("%(name)s set this grade. Rule S1: another credit manager agrees to it.")
            % {"name": locked.made_by.name},
            rule="S1",
        )
    _refuse_interested(locked.customer, actor)
    locked.state = OverrideState.IN_FORCE if is_agreed else OverrideState.REFUSED
    locked.decided_by_id, locked.decided_at = actor.membership_id, now
    locked.from_date = max(today, locked.from_date)
    locked.save()
    _record(locked, "credit.agree_grade" if is_agreed else "credit.refuse_grade", actor)
    if is_agreed:
        _take_effect(locked, actor, now=now, today=today)
    return locked


def end_override(*, override: ScoreOverride, actor: Actor, now: datetime, today: date) -> None:
    """Let the card's grade count again from today on. Anybody who may set one may end it."""
    _person(actor)
    lock_customer(override.customer_id)
    locked = ScoreOverride.objects.select_related("customer").get(pk=override.pk)
    if locked.state not in {OverrideState.WAITING, OverrideState.IN_FORCE}:
        return
    yesterday = today - timedelta(days=1)
    if locked.state == OverrideState.WAITING or yesterday < locked.from_date:
        locked.decided_at, locked.decided_by = None, None  # it never counted for a whole day
    else:
        locked.until_date = min(locked.until_date, yesterday)
    locked.state = OverrideState.ENDED
    locked.save()
    _record(locked, "credit.end_grade", actor)
    rescore(today=today, now=now, actor=actor, only=[locked.customer_id])


def see_alert(*, alert: WatchAlert, words: str, actor: Actor, now: datetime) -> WatchAlert:
    """Take note of an alert with a word on what is done about it. Raises ScoreWordRefused without one."""
    if actor.membership_id is None or actor.kind != "person":
        raise ScoreSamePerson(_("A person takes note of an alert, not a program."))
    if not words.strip():
        raise ScoreWordRefused(_("Say in a word what you do about it."))
    locked = WatchAlert.objects.select_for_update(of=("self",)).get(pk=alert.pk)
    if locked.seen_at is not None:
        raise ScoreWordRefused(_("A colleague took note of this alert meanwhile."))
    locked.seen_by_id, locked.seen_at, locked.words = actor.membership_id, now, words.strip()[:500]
    locked.save()
    audit.record(
        actor=actor,
        action="credit.see_alert",
        object_kind="watch_alert",
        object_id=locked.pk,
        kind=locked.kind,
    )
    return locked


def record_contest(
    *, customer: Customer, words: str, received: date, actor: Actor, now: datetime, today: date
) -> ScoreContest:
    """Take down that a customer contests his score (GDPR art. 22), with the grade it is about."""
    if not words.strip():
        raise ScoreWordRefused(_("Write what the customer says against the score."))
    if received > today:
        raise ScoreWordRefused(_("A contest is received today or before, not in the future."))
    made = ScoreContest.objects.create(
        customer=customer,
        received_date=received,
        grade=customer_score(customer, today=today).grade or "",
        words=words.strip(),
        recorded_by_id=actor.membership_id,
        recorded_at=now,
    )
    audit.record(
        actor=actor,
        action="credit.record_contest",
        object_kind="score_contest",
        object_id=made.pk,
        grade=made.grade,
    )
    note(
        customer=customer,
        kind=TimelineKind.CHANGE,
        text_code="credit.score_contested",
        actor=actor,
        facts={"grade": made.grade or "—"},
    )
    return made


def answer_contest(
    *, contest: ScoreContest, answer: str, actor: Actor, now: datetime
) -> ScoreContest:
    """Answer a contest: a person looked at it again and says what came of it."""
    _person(actor)
    if not answer.strip():
        raise ScoreWordRefused(_("Say what came of looking at the score again."))
    locked = ScoreContest.objects.select_for_update(of=("self",)).get(pk=contest.pk)
    if locked.answered_at is not None:
        raise ScoreWordRefused(_("A colleague answered this contest meanwhile."))
    locked.answer, locked.answered_by_id, locked.answered_at = (
        answer.strip(),
        actor.membership_id,
        now,
    )
    locked.save()
    audit.record(
        actor=actor,
        action="credit.answer_contest",
        object_kind="score_contest",
        object_id=locked.pk,
    )
    return locked


def _person(actor: Actor) -> UUID:
    """Return the colleague who acts. Raises ScoreSamePerson for a machine (S12)."""
    if actor.kind != "person" or actor.membership_id is None:
        raise ScoreSamePerson(
            _("A person judges a customer. Rule S12: neither a key nor the system sets a grade."),
            rule="S12",
        )
    return actor.membership_id


def _refuse_interested(customer: Customer, actor: Actor) -> None:
    """Refuse who asks for this customer's credit, and who sells to him."""
    me = person_of(Membership.objects.select_related("user").get(pk=_person(actor)))
    asking = CreditRequest.objects.filter(customer=customer, state__in=RUNNING)
    if any(
        is_same_person(me, person_of(one)) for request in asking for one in requesters_of(request)
    ):
        raise ScoreSamePerson(
            _("You ask for credit for %(customer)s. Rule S1: another person judges him.")
            % {"customer": customer.name},
            rule="S1",
        )
    if actor.membership_id == customer.sales_rep_id:
        raise ScoreSamePerson(
            _("You sell to %(customer)s. Rule S7: another person judges him.")
            % {"customer": customer.name},
            rule="S7",
        )


def _is_same(override: ScoreOverride, actor: Actor) -> bool:
    """Return whether the actor is who set the grade, through a second account too."""
    other = Membership.objects.select_related("user").get(pk=_person(actor))
    return is_same_person(person_of(override.made_by), person_of(other))


def _needs_second_person(
    customer: Customer, grade: str, card_grade: str, actor: Actor, today: date
) -> bool:
    """Return whether a grade better than the card's is beyond what its author may grant alone."""
    if falls(card_grade, grade) >= 0:
        return False
    if not actor.can(APPROVE_LIMIT, Verb.APPROVE):
        return True
    ceiling, limit = ceiling_of(actor.membership_id, "limit"), limit_on(customer.pk, today)
    if ceiling is None or limit is None:
        return False
    _home, rates = home_and_rates(today)
    return not is_within(limit.amount, ceiling, rates)


def _take_effect(override: ScoreOverride, actor: Actor, *, now: datetime, today: date) -> None:
    """Give the risk class of the new grade at once: tonight's scenarios are chosen by it."""
    note(
        customer=override.customer_id,
        kind=TimelineKind.CHANGE,
        text_code="credit.grade_overridden",
        actor=actor,
        words=override.reason,
        facts={"grade": override.grade, "until": override.until_date.isoformat()},
    )
    rescore(today=today, now=now, actor=actor, only=[override.customer_id])


def _record(override: ScoreOverride, action: str, actor: Actor) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="score_override",
        object_id=override.pk,
        grade=override.grade,
        card=override.card_grade,
        until=override.until_date.isoformat(),
    )
