"""What the legal pages show: deadlines by urgency, penalties, notices, files, insolvencies of those one may see."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Q, QuerySet, Sum

from credit.permissions import HAND_OVER
from dunning.models import (
    AgencyMandate,
    AgencyReport,
    ClaimMovement,
    FormalNotice,
    HandOver,
    HandOverLine,
    HandOverState,
    Insolvency,
    InterestClaim,
    LegalDeadline,
)
from dunning.rules.interest_claims import Parts, outstanding
from dunning.rules.legal_clock import ALERT_DAYS, Urgency, is_escalated, urgency
from kernel.money import Money
from kernel.permissions import Actor, Verb
from ledger.models import Customer, DocumentKind, DueLine

URGENT = (Urgency.MISSED, Urgency.CRITICAL, Urgency.URGENT, Urgency.NEAR)


@dataclass(frozen=True, slots=True)
class Countdown:
    """A deadline with the days left; negative once it is missed."""

    row: LegalDeadline
    days_left: int
    urgency: Urgency
    is_mine: bool
    is_escalated: bool


def deadlines_of(actor: Actor) -> QuerySet[LegalDeadline]:
    """Return the running deadlines of customers the actor may see, the nearest first."""
    customers = Customer.objects.visible_to(actor, HAND_OVER)
    return (
        LegalDeadline.objects.filter(customer__in=customers, done_date=None, is_void=False)
        .select_related("customer", "owner")
        .order_by("due_date", "kind", "id")
    )


def countdowns(rows: Iterable[LegalDeadline], *, actor: Actor, today: date) -> list[Countdown]:
    """Return deadlines with how urgent they are."""
    return [
        Countdown(
            row=row,
            days_left=(row.due_date - today).days,
            urgency=urgency(row.due_date, today=today),
            is_mine=row.owner_id == actor.membership_id,
            is_escalated=is_escalated(row.due_date, today=today),
        )
        for row in rows
    ]


def count_urgent(actor: Actor, *, today: date) -> int:
    """Return how many deadlines ask for this person: his own near ones, for a credit manager also the escalated."""
    near = today + timedelta(days=max(ALERT_DAYS))
    running = deadlines_of(actor).filter(due_date__lte=near)
    rows = running.values_list("owner_id", "due_date")
    is_manager = actor.can(HAND_OVER, Verb.APPROVE)
    return sum(
        1
        for owner, due in rows
        if (owner == actor.membership_id and urgency(due, today=today) in URGENT)
        or (is_manager and is_escalated(due, today=today))
    )


@dataclass(frozen=True, slots=True)
class ShownClaim:
    """A penalty claim as it is read."""

    claim: InterestClaim
    interest: Money
    fixed_charge: Money
    paid: Money
    waived: Money
    left: Money
    left_parts: Parts
    movements: tuple[ClaimMovement, ...]

    @property
    def can_be_waived(self) -> bool:
        """Whether anything is left to give up."""
        return self.left.amount > 0


def claims_of(customer: Customer) -> list[ShownClaim]:
    """Return the penalty claims of a customer, the newest first, with all that happened to each."""
    claims = list(
        InterestClaim.objects.filter(customer=customer)
        .select_related("document", "entity", "notice")
        .order_by("-document__issue_date", "document__number")
    )
    moves: dict[UUID, list[ClaimMovement]] = {}
    found = ClaimMovement.objects.filter(claim__in=[claim.pk for claim in claims])
    for move in found.select_related("author"):
        moves.setdefault(move.claim_id, []).append(move)
    return [_shown(claim, tuple(moves.get(claim.pk, ()))) for claim in claims]


def _shown(claim: InterestClaim, movements: tuple[ClaimMovement, ...]) -> ShownClaim:
    left = outstanding(
        Parts(claim.interest, claim.fixed_charge),
        paid=Parts(claim.paid_interest, claim.paid_charge),
        waived=Parts(claim.waived_interest, claim.waived_charge),
    )

    def money(amount: Decimal) -> Money:
        return Money(amount, claim.currency)

    return ShownClaim(
        claim=claim,
        interest=money(claim.interest),
        fixed_charge=money(claim.fixed_charge),
        paid=money(claim.paid_interest + claim.paid_charge),
        waived=money(claim.waived_interest + claim.waived_charge),
        left=money(left.total),
        left_parts=left,
        movements=movements,
    )


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A hand-over as it is read; `reports` are the agency's, `fees` what they cost so far."""

    hand_over: HandOver
    principal: Money
    lines: tuple[HandOverLine, ...]
    reports: tuple[AgencyReport, ...]
    received: Money
    fees: Money
    open_now: Money


def files(hand_overs: QuerySet[HandOver]) -> list[ShownFile]:
    """Return hand-overs with their lines and reports; the ZIP itself is not read."""
    rows = list(
        hand_overs.defer("file").select_related(
            "customer", "entity", "mandate", "proposed_by", "decided_by"
        )
    )
    lines: dict[UUID, list[HandOverLine]] = {}
    of_rows = HandOverLine.objects.filter(hand_over__in=[row.pk for row in rows])
    for line in of_rows.select_related("due_line__document").order_by("due_line__due_date"):
        lines.setdefault(line.hand_over_id, []).append(line)
    reports: dict[UUID, list[AgencyReport]] = {}
    for report in AgencyReport.objects.filter(hand_over__in=[row.pk for row in rows]):
        reports.setdefault(report.hand_over_id, []).append(report)
    return [_file(row, lines.get(row.pk, []), reports.get(row.pk, [])) for row in rows]


def _file(row: HandOver, lines: list[HandOverLine], reports: list[AgencyReport]) -> ShownFile:
    def total(amounts: Iterable[Decimal | None]) -> Money:
        return Money(sum((each for each in amounts if each), Decimal(0)), row.currency)

    paid = [report for report in reports if report.kind == "payment"]
    return ShownFile(
        hand_over=row,
        principal=Money(row.principal, row.currency),
        lines=tuple(lines),
        reports=tuple(reports),
        received=total(report.amount for report in paid),
        fees=total(report.fee for report in paid),
        open_now=total(line.due_line.open_amount for line in lines if line.ended_date is None),
    )


def files_of_agency(actor: Actor) -> QuerySet[HandOver]:
    """Return the files entrusted to the person who signs in for an agency: exactly those, and only while they are."""
    return HandOver.objects.filter(
        mandate__membership=actor.membership_id, state=HandOverState.APPROVED
    ).order_by("number")


def files_to_see(actor: Actor) -> QuerySet[HandOver]:
    """Return the files of customers the actor may hand over."""
    customers = Customer.objects.visible_to(actor, HAND_OVER)
    return HandOver.objects.filter(customer__in=customers).order_by("-number")


def notices_of(customer: Customer) -> QuerySet[FormalNotice]:
    """Return a customer's formal notices without their bytes, the latest first."""
    return FormalNotice.objects.filter(customer=customer).defer("pdf", "snapshot")


def lines_to_hand_over(customer: Customer, *, today: date) -> list[DueLine]:
    """Return the late invoices of a customer that are in no file yet, the oldest due first."""
    taken = HandOverLine.objects.filter(ended_date=None).values("due_line")
    return list(
        DueLine.objects.filter(
            customer=customer, is_open=True, kind=DocumentKind.INVOICE, due_date__lt=today
        )
        .exclude(pk__in=taken)
        .select_related("document", "entity")
        .order_by("due_date", "document__number")[:500]
    )


def running_insolvency(customer: Customer) -> Insolvency | None:
    """Return the insolvency that freezes a customer today, None when there is none."""
    return Insolvency.objects.filter(customer=customer, ended_date=None).first()


def insolvencies_to_see(actor: Actor) -> QuerySet[Insolvency]:
    """Return the running insolvencies of customers the actor may see, the latest first."""
    customers = Customer.objects.visible_to(actor, HAND_OVER)
    return (
        Insolvency.objects.filter(customer__in=customers, ended_date=None)
        .select_related("customer")
        .order_by("-judgment_date")
    )


def mandates_in_force(today: date) -> QuerySet[AgencyMandate]:
    """Return the mandates under which an agency may act on a day."""
    return AgencyMandate.objects.filter(
        Q(until_date=None) | Q(until_date__gte=today), from_date__lte=today
    )


@dataclass(frozen=True, slots=True)
class OwedPart:
    """What a file asks, by ground, for an agency's letter."""

    principal: Money
    interest: Money
    fixed_charge: Money

    @property
    def total(self) -> Money:
        """All three together."""
        return self.principal + self.interest + self.fixed_charge


def owed_in_file(hand_over: HandOver) -> OwedPart:
    """Return what is open of the lines of a file and of their penalties, those given up left out."""
    lines = hand_over.lines.filter(ended_date=None)
    principal = lines.aggregate(total=Sum("due_line__open_amount"))["total"] or Decimal(0)
    claims = InterestClaim.objects.filter(
        document__in=lines.values("due_line__document"), is_barred=False
    )
    parts = Parts()
    for claim in claims:
        parts += outstanding(
            Parts(claim.interest, claim.fixed_charge),
            paid=Parts(claim.paid_interest, claim.paid_charge),
            waived=Parts(claim.waived_interest, claim.waived_charge),
        )
    return OwedPart(
        Money(principal, hand_over.currency),
        Money(parts.interest, hand_over.currency),
        Money(parts.fixed_charge, hand_over.currency),
    )
