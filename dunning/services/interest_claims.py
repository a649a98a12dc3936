"""The penalty claims of invoices: computed, claimed by a formal notice, paid, waived, barred.

The invoice itself is never touched. Every change adds a movement, and the state follows from the sums.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from django.db.models import Max, Q
from django.utils.translation import gettext as _

from accounts.services import audit
from dunning.models import (
    ClaimMovement,
    FormalNotice,
    Insolvency,
    InterestClaim,
    ReminderLine,
    was_taken,
)
from dunning.queries.interest import (
    ChargedDocument,
    charges_of_documents,
    late_payment_rates,
    sheet_of,
)
from dunning.rules.interest_claims import (
    MovementKind,
    Owed,
    Part,
    Parts,
    claim_state,
    imputation_order,
    impute,
    outstanding,
)
from dunning.rules.legal_clock import imputation_rules
from dunning.services.locks import lock_numbers
from kernel.errors import Refused
from kernel.money import Money
from kernel.permissions import Actor, system_actor
from kernel.tenancy import current_tenant_id
from ledger.models import Customer, TimelineKind
from ledger.services.history import note
from ledger.services.late_interest import rate_refusal
from ledger.services.locks import lock_customer

COMPUTE_LEVEL = 3  # from this level of reminder on the amounts are computed (DOMAIN 5.2)
BATCH = 500


class WaiverRefused(Refused):
    """A penalty cannot be given up so."""

    code: ClassVar[str] = "waiver_refused"


class ClaimPaymentRefused(Refused):
    """A payment of penalties cannot be recorded so."""

    code: ClassVar[str] = "claim_payment_refused"


@dataclass(frozen=True, slots=True)
class RefreshResult:
    """What a round over the claims did: brought up to date, opened, and left because a rate is missing."""

    refreshed: int
    opened: int
    without_rate: int


def compute_claims(
    *,
    documents: Collection[UUID],
    actor: Actor,
    today: date,
    now: datetime,
    claimed: Mapping[UUID, Decimal] | None = None,
) -> list[InterestClaim]:
    """Bring the claims of `documents` up to `today`, opening those that owe something and have none yet.

    `claimed` overrides what an instalment owes undisputed. Raises InterestRateMissing for the first invoice whose
    half-year has no rate: a claim is whole or not made.
    """
    charged = charges_of_documents(documents, until=today, claimed=claimed)
    for each in charged.values():
        if each.problem is not None:
            raise rate_refusal(each.problem)
    return _store(charged, actor=actor, today=today, now=now)


def refresh_claims(*, today: date, now: datetime) -> RefreshResult:
    """Bring every live claim up to `today`, and open those of invoices a reminder of level 3 has named.

    Set-based: a fixed number of queries for each five hundred invoices. Where a rate is missing the claim keeps its
    last amounts and says why. Safe to run twice.
    """
    actor = system_actor(current_tenant_id())
    live = set(InterestClaim.objects.filter(frozen_date=None).values_list("document_id", flat=True))
    known = set(InterestClaim.objects.values_list("document_id", flat=True))
    reached = set(
        ReminderLine.objects.filter(
            was_taken("reminder__"), reminder__step__level__gte=COMPUTE_LEVEL
        ).values_list("due_line__document_id", flat=True)
    )
    new = reached - known
    refreshed = opened = without_rate = 0
    everything = sorted(live | new)
    for start in range(0, len(everything), BATCH):
        part = everything[start : start + BATCH]
        charged = charges_of_documents(part, until=today)
        missing = {key: each for key, each in charged.items() if each.problem is not None}
        without_rate += len(missing)
        _remember_problems(missing.values())
        stored = _store(
            {key: each for key, each in charged.items() if key not in missing},
            actor=actor,
            today=today,
            now=now,
        )
        refreshed += len(stored)
        opened += sum(1 for claim in stored if claim.document_id in new)
    return RefreshResult(refreshed, opened, without_rate)


def _remember_problems(missing: Iterable[ChargedDocument]) -> None:
    for each in missing:
        words = rate_refusal(each.problem).message[:400] if each.problem else ""
        InterestClaim.objects.filter(document=each.document_id).update(problem=words)


def _store(
    charged: Mapping[UUID, ChargedDocument], *, actor: Actor, today: date, now: datetime
) -> list[InterestClaim]:
    """Write the amounts of each charge to its claim; an insolvent customer's interest stops at the judgment."""
    owing = {
        key: each for key, each in charged.items() if each.charge and each.charge.parts.total > 0
    }
    reference = late_payment_rates()
    claims = {
        claim.document_id: claim
        for claim in InterestClaim.objects.select_for_update().filter(document__in=list(charged))
    }
    stored = []
    numbers = _next_numbers(InterestClaim, today.year) if set(owing) - set(claims) else iter(())
    for document_id, each in charged.items():
        claim = claims.get(document_id)
        if claim is None and document_id not in owing:
            continue
        if claim is not None and claim.frozen_date is not None:
            continue
        if each.charge is None:
            continue
        is_new = claim is None
        if claim is None:
            claim = InterestClaim(
                year=today.year,
                sequence=next(numbers),
                document_id=document_id,
                customer_id=each.customer_id,
                entity_id=each.entity_id,
                currency=each.currency,
                first_computed_date=today,
            )
        claim.interest = each.charge.interest.amount
        claim.fixed_charge = each.charge.fixed_charge.amount
        claim.computed_until = today
        claim.sheet = sheet_of(each, reference)
        claim.problem = ""
        _restate(claim)
        claim.save()
        if is_new:
            _moved(claim, MovementKind.COMPUTED, parts_due(claim), actor=actor, day=today, now=now)
        stored.append(claim)
    return stored


def _next_numbers(model: type[InterestClaim | FormalNotice], year: int) -> Iterator[int]:
    """Yield the year's next numbers; nobody else takes one before this transaction ends, so none is lost."""
    lock_numbers(f"{model._meta.model_name}.{year}")
    last = model.objects.filter(year=year).aggregate(last=Max("sequence"))["last"] or 0
    while True:
        last += 1
        yield last


def next_notice_number(year: int) -> int:
    """Return the year's next number of a formal notice, held until the transaction ends."""
    return next(_next_numbers(FormalNotice, year))


def parts_due(claim: InterestClaim) -> Parts:
    """Return what a claim amounts to, before what was paid or given up."""
    return Parts(claim.interest, claim.fixed_charge)


def parts_paid(claim: InterestClaim) -> Parts:
    """Return what was paid of a claim."""
    return Parts(claim.paid_interest, claim.paid_charge)


def parts_waived(claim: InterestClaim) -> Parts:
    """Return what was given up of a claim."""
    return Parts(claim.waived_interest, claim.waived_charge)


def parts_open(claim: InterestClaim) -> Parts:
    """Return what a claim still asks."""
    return outstanding(parts_due(claim), paid=parts_paid(claim), waived=parts_waived(claim))


def _restate(claim: InterestClaim) -> None:
    claim.state = claim_state(
        parts_due(claim),
        paid=parts_paid(claim),
        waived=parts_waived(claim),
        is_claimed=claim.claimed_date is not None,
        is_barred=claim.is_barred,
    )


def _moved(
    claim: InterestClaim,
    kind: MovementKind,
    parts: Parts,
    *,
    actor: Actor,
    day: date,
    now: datetime,
    reason: str = "",
) -> None:
    ClaimMovement.objects.create(
        claim=claim,
        kind=kind,
        interest=parts.interest,
        fixed_charge=parts.fixed_charge,
        day=day,
        author_id=actor.membership_id,
        reason=reason[:300],
        at=now,
    )


def claim_by_notice(
    *, notice: FormalNotice, claims: Iterable[InterestClaim], actor: Actor, now: datetime
) -> None:
    """Write down that a formal notice claims these penalties; the first notice that does so is kept."""
    for claim in claims:
        if claim.claimed_date is None:
            claim.claimed_date = notice.issued_date
            claim.notice = notice
            _restate(claim)
            claim.save()
        _moved(
            claim,
            MovementKind.CLAIMED,
            parts_open(claim),
            actor=actor,
            day=notice.issued_date,
            now=now,
            reason=notice.number,
        )


def waive_claim(
    *,
    claim: InterestClaim,
    parts: Parts | None,
    reason: str,
    actor: Actor,
    today: date,
    now: datetime,
) -> InterestClaim:
    """Give up `parts` of a claim, all it asks when None, and return it.

    Given up as a whole it grows no more; a part given up lets the rest live. The author and the reason stay with it,
    since the law may come to forbid giving penalties up. Whether one person may do so alone is asked before
    (`services.waivers.give_up`). Raises WaiverRefused.
    """
    locked = InterestClaim.objects.select_for_update(of=("self",)).get(pk=claim.pk)
    left = parts_open(locked)
    given = left if parts is None else parts
    refuse_waiver(locked, given, left, reason, actor)
    locked.waived_interest += given.interest
    locked.waived_charge += given.fixed_charge
    if given == left:
        locked.frozen_date = today
    _restate(locked)
    locked.save()
    _moved(
        locked,
        MovementKind.WAIVED,
        given,
        actor=actor,
        day=today,
        now=now,
        reason=reason.strip(),
    )
    _tell(locked, "dunning.penalty_waived", given, actor=actor, now=now, words=reason.strip())
    audit.record(
        actor=actor,
        action="dunning.waive_penalty",
        object_kind="interest_claim",
        object_id=locked.pk,
        interest=str(given.interest),
        fixed_charge=str(given.fixed_charge),
        currency=locked.currency,
    )
    return locked


def refuse_waiver(
    claim: InterestClaim, given: Parts, left: Parts, reason: str, actor: Actor
) -> None:
    """Raise WaiverRefused where these parts of a claim cannot be given up, whoever agrees to it."""
    facts = {
        "number": claim.number,
        "left": Money(left.total, claim.currency),
        "given": Money(given.total, claim.currency),
    }
    if actor.kind != "person" or actor.membership_id is None:
        raise WaiverRefused(_("A person gives up a penalty, under his name; a program cannot."))
    if not reason.strip():
        raise WaiverRefused(
            _("Say why %(number)s is given up: the reason stays with the claim.") % facts
        )
    if not left.total:
        raise WaiverRefused(
            _("%(number)s asks for nothing any more, so there is nothing to give up.") % facts
        )
    if given.total <= 0 or given.interest < 0 or given.fixed_charge < 0:
        raise WaiverRefused(
            _("%(number)s still asks %(left)s. Give up an amount above zero.") % facts
        )
    if not given.within(left):
        raise WaiverRefused(
            _(
                "%(number)s still asks %(left)s, so %(given)s is too much of its interest or of its fixed charge. "
                "Give up at most what each of them still asks."
            )
            % facts
        )


def record_claim_payment(
    *,
    customer: Customer,
    amount: Money,
    day: date,
    reference: str,
    actor: Actor,
    today: date,
    now: datetime,
) -> Money:
    """Spread money that was received for penalties over the customer's claims, the oldest first; return the amount.

    Within a claim the order of imputation of the entity's country decides, costs before interest in France. Principal
    is settled by allocations, never here. Raises ClaimPaymentRefused where it is more than is asked, or no order of
    imputation is known.
    """
    lock_customer(customer.pk)
    claims = list(
        InterestClaim.objects.select_for_update(of=("self",))
        .select_related("entity")
        .filter(customer=customer, currency=amount.currency)
        .order_by("year", "sequence")
    )
    _refuse_payment(customer, claims, amount, day=day, reference=reference, today=today)
    rest = amount.amount
    for claim in claims:
        left = parts_open(claim)
        if not rest or not left.total:
            continue
        taken, rest = impute(
            rest, Owed(costs=left.fixed_charge, interest=left.interest), _order_of(claim, day)
        )
        claim.paid_charge += taken.costs
        claim.paid_interest += taken.interest
        _restate(claim)
        claim.save()
        given = Parts(taken.interest, taken.costs)
        _moved(
            claim, MovementKind.PAID, given, actor=actor, day=day, now=now, reason=reference.strip()
        )
        _tell(claim, "dunning.penalty_paid", given, actor=actor, now=now)
    audit.record(
        actor=actor,
        action="dunning.record_penalty_payment",
        object_kind="customer",
        object_id=customer.pk,
        amount=str(amount.amount),
        currency=amount.currency,
    )
    return amount


def _order_of(claim: InterestClaim, day: date) -> tuple[Part, ...]:
    country = claim.entity.country
    rule = imputation_order(imputation_rules(), country=country, day=day)
    if rule is None:
        raise ClaimPaymentRefused(
            _(
                "In which order %(country)s imputes a payment is not known, so nothing is spread by itself. Give up or "
                "settle the claims one by one."
            )
            % {"country": country}
        )
    return rule.order


def _refuse_payment(
    customer: Customer,
    claims: list[InterestClaim],
    amount: Money,
    *,
    day: date,
    reference: str,
    today: date,
) -> None:
    asked = Money(sum((parts_open(claim).total for claim in claims), Decimal(0)), amount.currency)
    facts = {"customer": customer.name, "asked": asked, "amount": amount, "day": day}
    if not reference.strip():
        raise ClaimPaymentRefused(
            _("Name the payment: the reference on the bank statement finds it again.")
        )
    if day > today:
        raise ClaimPaymentRefused(
            _("%(day)s is still to come. Give the day the money arrived.") % facts
        )
    if amount.amount <= 0 or amount != amount.rounded():
        raise ClaimPaymentRefused(
            _("%(amount)s cannot be received: give an amount above zero, in whole cents.") % facts
        )
    if amount > asked:
        raise ClaimPaymentRefused(
            _(
                "Penalties of %(customer)s still ask %(asked)s; %(amount)s is too much. Record %(asked)s and allocate "
                "the rest to his invoices."
            )
            % facts,
            asked=asked.as_json(),
        )


def bar_claims(*, insolvency: Insolvency, actor: Actor, today: date, now: datetime) -> int:
    """Stop asking the penalties of an insolvent customer, and return how many claims that touches.

    Interest stops at the judgment (C. com. L622-28): each claim is computed anew up to that day and then frozen; it
    is filed with the court's agent, no longer asked of the customer.
    """
    waiting = InterestClaim.objects.select_for_update().filter(
        customer=insolvency.customer_id, is_barred=False
    )
    claims = [claim for claim in waiting if parts_open(claim).total]
    until = min(insolvency.judgment_date, today)
    charged = charges_of_documents([claim.document_id for claim in claims], until=until)
    reference = late_payment_rates()
    for claim in claims:
        each = charged.get(claim.document_id)
        if claim.frozen_date is None and each is not None and each.charge is not None:
            claim.interest = each.charge.interest.amount
            claim.sheet = sheet_of(each, reference)
            claim.computed_until = until
        claim.is_barred = True
        claim.frozen_date = claim.frozen_date or today
        _restate(claim)
        claim.save()
        _moved(claim, MovementKind.BARRED, parts_open(claim), actor=actor, day=today, now=now)
    return len(claims)


def free_claims(*, customer: UUID, actor: Actor, today: date, now: datetime) -> int:
    """Let the barred claims of a customer live again, after his insolvency ended or was none; return how many."""
    claims = list(
        InterestClaim.objects.select_for_update().filter(customer=customer, is_barred=True)
    )
    for claim in claims:
        claim.is_barred = False
        claim.frozen_date = None
        _restate(claim)
        claim.save()
        _moved(claim, MovementKind.FREED, parts_open(claim), actor=actor, day=today, now=now)
    return len(claims)


def documents_to_compute(customer: Customer, *, today: date) -> list[UUID]:
    """Return the invoices of a customer that were paid late or are late, and have no frozen claim."""
    late = Q(is_open=True, due_date__lt=today)
    frozen = InterestClaim.objects.filter(customer=customer, frozen_date__isnull=False)
    lines = customer.due_lines.filter(late, kind="invoice").exclude(
        document__in=frozen.values("document")
    )
    live = InterestClaim.objects.filter(customer=customer, frozen_date=None)
    return sorted(
        {*lines.values_list("document_id", flat=True), *live.values_list("document_id", flat=True)}
    )


def _tell(
    claim: InterestClaim,
    text_code: str,
    parts: Parts,
    *,
    actor: Actor,
    now: datetime,
    words: str = "",
) -> None:
    note(
        customer=claim.customer_id,
        kind=TimelineKind.CHANGE,
        text_code=text_code,
        actor=actor,
        words=words,
        at=now,
        object_id=claim.pk,
        facts={
            "claim": claim.number,
            "amount": Money(parts.total, claim.currency).as_json(),
        },
    )
