"""What a committee's decision brings about by itself: limits by the request, holds, tasks with a name and a day."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.models import Membership
from accounts.queries import actor_of
from accounts.services import audit
from credit.models import (
    DECIDED,
    VOTED_FILES,
    AgendaFile,
    CommitteeTask,
    CreditLimit,
    FileState,
    Hold,
    Measure,
    RequestState,
    TaskKind,
)
from credit.rules.committee import Result
from credit.services.holds import Wanted, place_hold
from credit.services.limits import AskedLimit, grant_limit
from credit.services.notices import tell
from kernel.money import Money
from kernel.permissions import Actor
from ledger.models import Customer

DEPOSIT_DAYS = 14
GUARANTEE_DAYS = 30
OTHER_DAYS = 30
AT_ONCE = 200


def settle_files(*, now: datetime, today: date) -> int:
    """Do what waited for a request to be decided; return how many files. Safe to run twice."""
    waiting = (
        AgendaFile.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(state__in=VOTED_FILES, settled_at=None, measure=Measure.REQUEST)
        .exclude(request__state__in=[RequestState.IN_CIRCUIT, RequestState.ARBITRATION])
        .select_related(
            "request__customer", "request__requested_by", "request__decided_by",
            "session__committee", "session__arbiter", "customer",
        )
        .order_by("closed_at")[:AT_ONCE]
    )  # fmt: skip
    done = 0
    for file in waiting:
        actor = actor_of(file.closed_by_id) if file.closed_by_id else None
        if actor is None:
            continue
        settle_file(file, actor=actor, now=now, today=today)
        done += 1
    return done


def settle_file(file: AgendaFile, *, actor: Actor, now: datetime, today: date) -> None:
    """Let one file's decision take effect, once; a file that still waits for others is left for later.

    `actor` closed or arbitrated it: what follows is done in his name, since he put the committee's word in force.
    """
    if file.settled_at is not None:
        return
    if file.measure == Measure.REQUEST:
        if not _settle_request(file, actor=actor, now=now, today=today):
            return
    elif file.state == FileState.ARBITRATION:
        return
    elif _is_granted(file):
        _settle_customer(file, actor=actor, now=now, today=today)
    file.settled_at = now
    file.save()


def _is_granted(file: AgendaFile) -> bool:
    if file.is_upheld is not None:
        return file.is_upheld
    return file.result in {Result.YES, Result.CONDITIONS}


def _settle_request(file: AgendaFile, *, actor: Actor, now: datetime, today: date) -> bool:
    request = file.request
    if request is None or request.state not in {
        *DECIDED,
        RequestState.WITHDRAWN,
        RequestState.LAPSED,
    }:
        return file.result == Result.NO
    if file.state == FileState.ARBITRATION:
        file.state = FileState.CLOSED
        file.arbitrated_by_id = request.decided_by_id
        file.arbitrated_at = request.decided_at or now
        file.is_upheld = request.state == RequestState.GRANTED
        file.arbitration_words = request.reason
    file.customer = request.customer
    if request.state == RequestState.GRANTED and request.customer is not None:
        if file.result == Result.NO_CONSENSUS:
            _task(file, TaskKind.OTHER, request.conditions, OTHER_DAYS, now=now, today=today)
        else:
            _conditions(file, request.customer, actor=actor, now=now, today=today)
    return True


def _settle_customer(file: AgendaFile, *, actor: Actor, now: datetime, today: date) -> None:
    customer = file.customer
    if customer is None:
        return
    reason = _("Committee of %(day)s: %(words)s") % {
        "day": today,
        "words": file.arbitration_words or file.words or file.reason,
    }
    if file.measure == Measure.HOLD:
        _hold(customer, reason, actor=actor, now=now, today=today)
    elif file.measure == Measure.LOWER:
        amount = file.amount if file.granted_amount is None else file.granted_amount
        CreditLimit.objects.filter(
            customer=customer, valid_from=today, is_temporary=False, undone_at=None
        ).update(undone_at=now)
        grant_limit(
            AskedLimit(
                customer=customer,
                amount=Money(amount or Decimal(0), file.currency),
                valid_from=today,
                reason=reason,
            ),
            requested_by=file.flagged_by,
            actor=actor,
            today=today,
        )
    _conditions(file, customer, actor=actor, now=now, today=today)


def _conditions(
    file: AgendaFile, customer: Customer, *, actor: Actor, now: datetime, today: date
) -> None:
    """Turn conditions into what keeps them: a deposit and a guarantee are tasks, no delivery before the latter."""
    if file.deposit is not None:
        _task(file, TaskKind.DEPOSIT, "", DEPOSIT_DAYS, now=now, today=today)
    if file.needs_guarantee:
        reason = _("Guarantee before delivery: committee, %(reference)s.") % {
            "reference": file.reference
        }
        _hold(customer, reason, actor=actor, now=now, today=today)
        _task(file, TaskKind.GUARANTEE, "", GUARANTEE_DAYS, now=now, today=today)
    others = "; ".join(
        dict.fromkeys(vote.conditions for vote in file.votes.all() if vote.conditions)
    )
    _task(file, TaskKind.OTHER, others, OTHER_DAYS, now=now, today=today)


def _hold(customer: Customer, reason: str, *, actor: Actor, now: datetime, today: date) -> None:
    """Hold a customer from today on, unless he is on hold already."""
    if not Hold.objects.live().filter(customer=customer, order_number="").exists():
        place_hold(Wanted(customer, reason, falls_on=today), actor=actor, now=now, today=today)


def _task(
    file: AgendaFile, kind: TaskKind, words: str, days: int, *, now: datetime, today: date
) -> None:
    if kind == TaskKind.OTHER and not words.strip():
        return
    customer = file.request.customer if file.request else file.customer
    task = CommitteeTask.objects.create(
        file=file,
        customer=customer,
        kind=kind,
        share=file.deposit if kind == TaskKind.DEPOSIT else None,
        words=words.strip(),
        assignee=_assignee(file, customer),
        due_date=today + timedelta(days=days),
        made_at=now,
    )
    if task.assignee is not None:
        tell(
            [task.assignee],
            code="committee_task",
            once_key=f"committee_task:{task.pk}",
            now=now,
            path="/committees",
            task={"task": kind.value},
            customer=file.name,
            words=task.words or "–",
            day={"day": task.due_date.isoformat()},
        )


def _assignee(file: AgendaFile, customer: Customer | None) -> Membership | None:
    """Return who sees to a condition: who asked, else who sells to the customer, else who judges him."""
    asked: Membership | None = file.request.requested_by if file.request else None
    if asked is not None:
        return asked
    flagger: Membership | None = file.flagged_by
    if customer is None:
        return flagger
    return customer.sales_rep or customer.risk_owner or flagger


def finish_task(*, task: CommitteeTask, actor: Actor, now: datetime) -> CommitteeTask:
    """Say that a task is done, as whoever it was given to or who prepares the committee; again changes nothing."""
    locked = CommitteeTask.objects.select_for_update(of=("self",)).get(pk=task.pk)
    if locked.done_at is not None or actor.membership_id is None:
        return locked
    locked.done_by_id, locked.done_at = actor.membership_id, now
    locked.save(update_fields=["done_by", "done_at"])
    audit.record(
        actor=actor,
        action="credit.finish_committee_task",
        object_kind="committee_task",
        object_id=locked.pk,
        kind=locked.kind,
    )
    return locked
