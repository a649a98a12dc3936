"""Prepare the letters of the day: put them in a batch, then number and draw them one by one.

A batch is only rows: whoever dies while it is drawn leaves the rest waiting for the next look. A number is taken in
the very transaction that keeps the bytes under it, so that none is lost and none is given twice.
"""

import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Max, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Tenant
from accounts.services import audit
from dunning.documents.rendering import PdfUnavailable
from dunning.messages.letters import draw_letter
from dunning.models import Letter, LetterBatch, Reminder
from dunning.queries.letters import NO_ADDRESS, can_be_addressed, returned_addresses
from dunning.rules.content import ReminderContent
from dunning.rules.letters import LetterState, WhyOut
from dunning.rules.outbox import State
from dunning.rules.steps import Channel
from dunning.services.barriers import Barrier, barrier
from dunning.services.letter_looks import Look, look_at, why_settled
from dunning.services.locks import lock_numbers
from kernel.errors import Refused
from kernel.permissions import Actor
from kernel.tenancy import current_tenant_id, tenant_scope
from ledger.models import Entity

MAX_FAILURES = 3
PROBLEM_LENGTH = 300

Clock = Callable[[], datetime]
logger = logging.getLogger(__name__)


class NothingToPost(Refused):
    """No letter of this legal entity waits for a batch."""

    code: ClassVar[str] = "nothing_to_post"


class SendingStopped(Refused):
    """The red button is pressed, or a run is held: letters are messages too."""

    code: ClassVar[str] = "sending_stopped"


def refuse_while_stopped(now: datetime) -> Barrier:
    """Return what stands in the way of single scenarios. Raises SendingStopped where nothing may leave at all."""
    gate = barrier(now=now)
    if gate.is_closed:
        raise SendingStopped(
            _(
                "Nothing may leave at present (%(reason)s), and letters are no exception. Resume sending or release "
                "the run on the agenda, then try again."
            )
            % {"reason": gate.reason},
            reason=gate.reason,
        )
    return gate


def look_at_addresses() -> int:
    """Note on every waiting letter whether it can be addressed, and return how many cannot.

    Nothing else is sent instead (DOMAIN 5.2): whoever works on the agenda is told, and adds the address.
    """
    waiting = list(
        Reminder.objects.filter(
            channel=Channel.LETTER, state__in=[State.PLANNED, State.HELD]
        ).select_related("customer", "entity")
    )
    if not waiting:
        return 0
    returned = returned_addresses({reminder.customer_id for reminder in waiting})
    problem = _without_address()
    missing = 0
    for reminder in waiting:
        theirs = returned.get(reminder.customer_id, set())
        is_known = can_be_addressed(reminder.customer, reminder.entity, returned=theirs)
        wanted = "" if is_known else NO_ADDRESS
        missing += bool(wanted)
        if reminder.waits_for != wanted:
            Reminder.objects.filter(pk=reminder.pk).update(
                waits_for=wanted, problem=problem if wanted else ""
            )
    return missing


def _without_address() -> str:
    """Return the sentence on a letter that has no address, in the tenant's language."""
    language = Tenant.objects.values_list("language", flat=True).get(pk=current_tenant_id())
    with translation.override(language):
        return _(
            "No complete postal address is known, or the post brought a letter back from it. Enter a street, a "
            "postcode and a town, and the letter goes on."
        )


def prepare_batch(
    *, entity: Entity, reminders: QuerySet[Reminder], actor: Actor, today: date, now: datetime
) -> LetterBatch:
    """Put letters that wait into a new batch of `entity`, to be drawn by a worker, and return it.

    `reminders` are those of `queries.letters.letters_to_post`. Raises SendingStopped, NothingToPost.
    """
    refuse_while_stopped(now)
    look_at_addresses()
    void_settled(now=now)
    rows = reminders.filter(entity=entity).select_for_update(of=("self",), skip_locked=True)
    found = list(rows)
    if not found:
        raise NothingToPost(
            _(
                "No letter of %(entity)s waits to be posted. Confirm some on the agenda, or come back tomorrow."
            )
            % {"entity": entity.name}
        )
    _lock_series(entity, "batch", today.year)
    batches = LetterBatch.objects.filter(entity=entity, year=today.year)
    last: int = batches.aggregate(last=Max("sequence"))["last"] or 0
    batch = LetterBatch.objects.create(
        entity=entity,
        year=today.year,
        sequence=last + 1,
        batch_date=today,
        created_by_id=actor.membership_id,
        created_at=now,
    )
    Letter.objects.bulk_create(
        Letter(
            batch=batch,
            place=place,
            entity=entity,
            reminder=reminder,
            customer_id=reminder.customer_id,
        )
        for place, reminder in enumerate(found, start=1)
    )
    audit.record(
        actor=actor,
        action="dunning.prepare_letters",
        object_kind="letter_batch",
        object_id=batch.pk,
        number=batch.number,
        letters=len(found),
    )
    return batch


def _lock_series(entity: Entity, what: str, year: int) -> None:
    lock_numbers(f"letter.{what}.{entity.pk}.{year}")


def void_settled(*, now: datetime) -> int:
    """Take letters out whose reminder the plan or a person settled meanwhile; return how many."""
    gone = (
        Letter.objects.filter(state__in=[LetterState.WAITING, LetterState.TO_POST])
        .exclude(reminder__state=State.PLANNED)
        .select_related("reminder")
        .select_for_update(of=("self",), skip_locked=True)
        .defer("pdf")
    )
    count = 0
    for letter in gone:
        take_out(letter, why_settled(letter.reminder), now=now)
        count += 1
    return count


def take_out(
    letter: Letter, why: WhyOut, *, now: datetime, actor: Actor | None = None, words: str = ""
) -> None:
    """Take a letter out of its batch: its number, where it has one, is void for good."""
    is_numbered = letter.state == LetterState.TO_POST
    letter.state = LetterState.VOIDED if is_numbered else LetterState.LEFT_OUT
    letter.why_out = why
    letter.words = words.strip()[:250]
    letter.posting_date = None
    letter.settled_at = now
    letter.settled_by_id = actor.membership_id if actor else None
    letter.save(
        update_fields=["state", "why_out", "words", "posting_date", "settled_at", "settled_by"]
    )


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a pass over the waiting letters came to; `has_more` says that it ended for others to have a turn."""

    count: int
    has_more: bool = False


def draw_waiting(
    tenant_id: UUID,
    *,
    clock: Clock,
    at_most: int | None = None,
    is_stopping: Callable[[], bool] = lambda: False,
) -> Drawn:
    """Draw the tenant's waiting letters, each with its number in a transaction of its own; opens its own scopes."""
    count = 0
    while not is_stopping():
        if count == at_most:
            return Drawn(count, has_more=True)
        try:
            with tenant_scope(tenant_id):
                is_found = _draw_next(now=clock())
        except PdfUnavailable as refused:
            with tenant_scope(tenant_id):
                _note_problem(refused.message)
            break
        except _UndrawableError as problem:
            with tenant_scope(tenant_id):
                _record_failure(problem, now=clock())
            is_found = True
        if not is_found:
            break
        count += 1
    return Drawn(count)


class _UndrawableError(Exception):
    """A letter that could not be drawn: it alone is set aside, and its batch goes on (P2)."""

    def __init__(self, letter_id: UUID, problem: Exception) -> None:
        super().__init__(str(problem))
        self.letter_id = letter_id
        self.problem = problem


def _draw_next(*, now: datetime) -> bool:
    """Draw the next waiting letter that nobody else has in hand, or leave it out; False when there is none."""
    gate = barrier(now=now)
    if gate.is_closed:
        return False
    waiting = Letter.objects.filter(state=LetterState.WAITING).order_by("batch", "place")
    row = waiting.select_for_update(skip_locked=True).values_list("pk", flat=True).first()
    if row is None:
        return False
    letter = Letter.objects.select_related("batch", "entity").get(pk=row)
    reminder = locked_reminder(letter)
    if not can_be_addressed(reminder.customer, reminder.entity):
        look_at_addresses()
        take_out(letter, WhyOut.NO_ADDRESS, now=now)
        return True
    look = look_at(reminder, now=now, gate=gate)
    if look.content is None:
        take_out(letter, look.why_out or WhyOut.HELD_BACK, now=now, words=look.words)
        return True
    try:
        _draw(letter, look, look.content, now=now)
    except PdfUnavailable:
        raise
    except Exception as problem:
        # Whatever a text, a font or a figure can break must stop this row alone, and be seen.
        raise _UndrawableError(letter.pk, problem) from problem
    return True


def locked_reminder(letter: Letter) -> Reminder:
    """Return the reminder of a letter, locked, with what a look at it needs."""
    related = ("customer__collector", "customer__risk_owner", "entity", "step", "contact")
    return (
        Reminder.objects.select_related(*related, "scenario_version__scenario")
        .select_for_update(of=("self",))
        .get(pk=letter.reminder_id)
    )


def _draw(letter: Letter, look: Look, content: ReminderContent, *, now: datetime) -> None:
    day = content.as_of_date
    _lock_series(letter.entity, "number", day.year)
    numbered = Letter.objects.filter(entity=letter.entity, year=day.year)
    last: int = numbered.aggregate(last=Max("sequence"))["last"] or 0
    letter.year, letter.sequence = day.year, last + 1
    drawn = draw_letter(content, number=letter.number, postal=look.postal)
    letter.state = LetterState.TO_POST
    letter.language = content.language
    letter.currency = content.currency
    letter.amount = content.totals.net
    letter.address = list(look.postal)
    letter.pages = drawn.pages
    letter.subject = drawn.subject
    letter.text = drawn.text
    own = content.words.version_id if content.words else ""
    letter.text_version_id = UUID(own) if own else None
    letter.facts = drawn.facts
    letter.snapshot = snapshot_of(content)
    letter.essence = look.essence
    letter.file_name = f"{letter.number}.pdf"
    letter.pdf = drawn.pdf
    letter.digest = hashlib.sha256(drawn.pdf).hexdigest()
    letter.drawn_date = _today(now)
    letter.drawn_at = now
    letter.save()
    if letter.batch.problem:
        LetterBatch.objects.filter(pk=letter.batch_id).update(problem="")


def snapshot_of(content: ReminderContent) -> dict[str, object]:
    """Return every fact of a letter as plain JSON values; the portal's secret stays out."""
    facts = asdict(replace(content, portal_url="", portal_valid_until=None, words=None))
    plain: dict[str, object] = json.loads(json.dumps(facts, default=str))
    return plain


def _today(now: datetime) -> date:
    zone = Tenant.objects.values_list("time_zone", flat=True).get(pk=current_tenant_id())
    return now.astimezone(ZoneInfo(zone)).date()


def _note_problem(words: str) -> None:
    """Say on every batch that waits what keeps its letters from being drawn."""
    waiting = Letter.objects.filter(state=LetterState.WAITING).values("batch")
    LetterBatch.objects.filter(pk__in=waiting).update(problem=words[:PROBLEM_LENGTH])


def _record_failure(undrawable: _UndrawableError, *, now: datetime) -> None:
    """Count a failure; after three the letter is left out, and its reminder is a task that says why."""
    logger.error("a letter could not be drawn", exc_info=undrawable.problem)
    letter = Letter.objects.select_for_update().get(pk=undrawable.letter_id)
    if letter.state != LetterState.WAITING:
        return
    letter.failures += 1
    letter.save(update_fields=["failures"])
    if letter.failures < MAX_FAILURES:
        return
    problem = f"{type(undrawable.problem).__name__}: {undrawable.problem}"[:PROBLEM_LENGTH]
    take_out(letter, WhyOut.NOT_DRAWN, now=now, words=problem)
    Reminder.objects.filter(pk=letter.reminder_id, state=State.PLANNED).update(
        state=State.HELD, state_at=now, held_reason="by_person", problem=problem, note=problem
    )
