"""Letters: which reminders wait for a batch, what became of each letter, which address is missing."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from accounts.models import Tenant
from dunning.models import (
    DeliveryEvent,
    DepartureNotice,
    EventKind,
    Letter,
    LetterBatch,
    Reminder,
    RepAnswer,
)
from dunning.queries.agenda import reminders_of
from dunning.rules.letters import LIVE, LetterState, PostalAddress, is_complete, postal_lines
from dunning.rules.outbox import State
from dunning.rules.steps import Channel, Mode
from kernel.money import Money
from kernel.permissions import Actor
from kernel.tenancy import current_tenant_id
from ledger.models import Contact, Customer, Entity

NO_ADDRESS = "address"

Lines = tuple[str, ...]


def letters_to_post(actor: Actor, *, now: datetime) -> QuerySet[Reminder]:
    """Return the letters that may go into a batch: their day has come, nobody has to confirm them, none is drawn.

    Those to protected customers wait until sales have agreed, or could have objected.
    """
    waits_for_sales = DepartureNotice.objects.filter(
        reminder=OuterRef("pk"), answer=RepAnswer.NONE, told__isnull=False, deadline__gt=now
    )
    drawn = Letter.objects.filter(reminder=OuterRef("pk"), state__in=sorted(LIVE))
    may_leave = Q(mode=Mode.AUTO) | Q(confirmed_at__isnull=False)
    return (
        reminders_of(actor)
        .filter(
            may_leave, channel=Channel.LETTER, state=State.PLANNED, waits_for="", leaves_at__lte=now
        )
        .exclude(Exists(drawn))
        .exclude(Exists(waits_for_sales))
        .order_by("customer__sort_name", "id")
    )


def letters_for(actor: Actor) -> QuerySet[Letter]:
    """Return the letters to customers the actor may chase, without their bytes."""
    mine = reminders_of(actor).values("pk")
    return Letter.objects.filter(reminder__in=mine).defer("pdf", "snapshot", "facts", "text")


@dataclass(frozen=True, slots=True)
class ToPost:
    """What one legal entity has to post that is in no batch yet; `totals` per currency."""

    entity: Entity
    count: int
    totals: tuple[Money, ...]


def waiting_by_entity(actor: Actor, *, now: datetime) -> list[ToPost]:
    """Return what waits for a batch, by legal entity."""
    rows = (
        letters_to_post(actor, now=now)
        .order_by()
        .values_list("entity", "currency")
        .annotate(count=Count("id"), total=Sum("amount"))
        .order_by("entity", "currency")
    )
    entities = Entity.objects.in_bulk([row[0] for row in rows])
    found: dict[UUID, ToPost] = {}
    for entity_id, currency, count, total in rows:
        known = found.get(entity_id)
        found[entity_id] = ToPost(
            entities[entity_id],
            count + (known.count if known else 0),
            (*(known.totals if known else ()), Money(total, currency)),
        )
    return sorted(found.values(), key=lambda each: each.entity.code)


@dataclass(frozen=True, slots=True)
class BatchStanding:
    """How far a batch is, of the letters its reader may see."""

    batch: LetterBatch
    waiting: int
    to_post: int
    posting: int
    posted: int
    out: int

    @property
    def whole(self) -> int:
        """Return all letters that were ever in it."""
        return self.waiting + self.to_post + self.posting + self.posted + self.out

    @property
    def drawn(self) -> int:
        """Return how many need not be drawn any more."""
        return self.whole - self.waiting

    @property
    def is_being_drawn(self) -> bool:
        """Whether some letters have no PDF yet."""
        return bool(self.waiting)

    @property
    def is_closed(self) -> bool:
        """Whether nothing in it is left to do."""
        return not self.waiting and not self.to_post and not self.posting

    @property
    def drawn_share(self) -> str:
        """Return the share that is drawn as the width of a bar."""
        return f"{100 * self.drawn / self.whole:.1f}%" if self.whole else "0%"


def batch_standings(
    actor: Actor, *, only: UUID | None = None, limit: int = 30
) -> list[BatchStanding]:
    """Return the batches with letters the actor may see, the latest first."""
    letters = letters_for(actor).order_by()
    if only is not None:
        letters = letters.filter(batch=only)
    state = {each: Q(state=each.value) for each in LetterState}
    being_posted = state[LetterState.TO_POST] & Q(posting_date__isnull=False)
    rows = (
        letters.values("batch", "batch__created_at")
        .annotate(
            waiting=Count("id", filter=state[LetterState.WAITING]),
            to_post=Count("id", filter=state[LetterState.TO_POST] & Q(posting_date=None)),
            posting=Count("id", filter=being_posted),
            posted=Count("id", filter=state[LetterState.POSTED]),
            out=Count("id", filter=state[LetterState.VOIDED] | state[LetterState.LEFT_OUT]),
        )
        .order_by("-batch__created_at")[:limit]
    )
    batches = LetterBatch.objects.select_related("entity", "created_by").in_bulk(
        [row["batch"] for row in rows]
    )
    return [
        BatchStanding(
            batches[row["batch"]],
            waiting=row["waiting"],
            to_post=row["to_post"],
            posting=row["posting"],
            posted=row["posted"],
            out=row["out"],
        )
        for row in rows
    ]


def numbered_letters(actor: Actor, batch: LetterBatch) -> QuerySet[Letter]:
    """Return the letters of a batch that are, or were, to be posted, in the order of the bordereau."""
    return (
        letters_for(actor)
        .filter(batch=batch, state__in=[LetterState.TO_POST, LetterState.POSTED])
        .select_related("entity", "customer", "reminder")
        .order_by("year", "sequence")
    )


def letters_out(actor: Actor, batch: LetterBatch) -> QuerySet[Letter]:
    """Return the letters of a batch that were taken out of it, each with its reason."""
    return (
        letters_for(actor)
        .filter(batch=batch, state__in=[LetterState.VOIDED, LetterState.LEFT_OUT])
        .select_related("entity", "customer", "reminder", "settled_by")
        .order_by("year", "sequence", "place")
    )


def stored_pdfs(letters: Iterable[Letter]) -> list[bytes]:
    """Return the bytes of letters as they were drawn, in their order."""
    ids = [letter.pk for letter in letters]
    found = dict(Letter.objects.filter(pk__in=ids).values_list("pk", "pdf"))
    return [bytes(found[pk] or b"") for pk in ids]


def missing_addresses(actor: Actor) -> QuerySet[Reminder]:
    """Return the letters that nobody can address yet."""
    waiting = reminders_of(actor).filter(
        channel=Channel.LETTER, state=State.PLANNED, waits_for=NO_ADDRESS
    )
    return waiting.order_by("-amount", "id")


def address_of(customer: Customer) -> PostalAddress:
    """Return where a customer is written to, as it is known."""
    return PostalAddress(tuple(customer.address.splitlines()), customer.country)


def can_be_addressed(
    customer: Customer, entity: Entity, *, returned: Collection[Lines] | None = None
) -> bool:
    """Say whether a letter of `entity` to `customer` has a complete postal address from which none came back.

    `returned` are his of `returned_addresses`, read here when None.
    """
    if not is_complete(address_of(customer), sender_country=entity.country):
        return False
    if returned is None:
        returned = returned_addresses([customer.pk]).get(customer.pk, ())
    lines = printed_address(customer, None, entity)[1:] if returned else ()
    return not any(each[-len(lines) :] == lines for each in returned)


def returned_addresses(customers: Collection[UUID]) -> dict[UUID, set[Lines]]:
    """Return the addresses from which the post brought letters back, by customer, as they were printed.

    Once another address is entered none of these lines stands on the next letter, and it goes on.
    """
    brought_back = DeliveryEvent.objects.filter(
        kind=EventKind.UNDELIVERED, reminder=OuterRef("reminder")
    )
    letters = Letter.objects.filter(
        Exists(brought_back), customer__in=customers, state=LetterState.POSTED
    )
    found: dict[UUID, set[Lines]] = {}
    for customer_id, lines in letters.order_by().values_list("customer_id", "address"):
        found.setdefault(customer_id, set()).add(tuple(lines))
    return found


def printed_address(customer: Customer, contact: Contact | None, entity: Entity) -> tuple[str, ...]:
    """Return the lines of the address as they are printed; the country, abroad, in the sender's language."""
    language = Tenant.objects.values_list("language", flat=True).get(pk=current_tenant_id())
    return postal_lines(
        [customer.name, contact.name if contact else ""],
        address_of(customer),
        sender_country=entity.country,
        language=language,
    )
