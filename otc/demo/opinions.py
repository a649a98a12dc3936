"""What the people of a demo company thought and did: disputes, limits, who looks after whom; and the rates."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from credit.models import CreditLimit
from disputes.models import Dispute
from kernel.periods import months_back
from ledger.models import (
    CustomerAssignment,
    DocumentKind,
    DueLine,
    ExchangeRate,
    LineAssignment,
)
from otc.demo.customers import Client
from otc.demo.papers import Book, Contest
from otc.demo.shape import Company
from otc.demo.storage import Made, store

_LIMITED, _INSURED, _RAISED = 0.86, 0.45, 0.12
_INSURED_SHARE, _RAISE = Decimal("0.6"), Decimal("1.25")
_ROUND_LIMITS = (
    5,
    10,
    15,
    20,
    30,
    40,
    50,
    60,
    80,
    100,
    120,
    150,
    180,
    200,
    250,
    300,
    400,
    500,
    650,
    800,
    1_000,
    1_500,
)
_ENTRUSTED = 10

REASONS = {
    "fr": {
        "price": ("Prix unitaire différent de la commande", "Remise annuelle non appliquée", "Tarif 2025 facturé"),
        "delivery": ("Livraison incomplète", "Deux palettes manquantes", "Livré avec neuf jours de retard"),
        "quality": ("Pièces non conformes au plan", "Produits abîmés à la réception", "Défaut d’aspect"),
        "administrative": ("N° de commande absent", "Facture adressée à la mauvaise entité", "Bon non joint"),
    },
    "en": {
        "price": ("Unit price differs from the order", "Yearly discount missing", "Old price list used"),
        "delivery": ("Delivery incomplete", "Two pallets missing", "Delivered nine days late"),
        "quality": ("Parts out of tolerance", "Goods damaged on arrival", "Surface defects"),
        "administrative": ("Order number missing", "Billed to the wrong company", "Proof of delivery missing"),
    },
}  # fmt: skip


def store_rates(company: Company, today: date) -> None:
    """Store a rate for the first day of each month: a walk around the first one."""
    rates: list[ExchangeRate] = []
    for currency, start in company.rates:
        dice = Random(f"{company.seed}/{currency}")  # noqa: S311  invented data, no secret
        rate = start
        for month in range(company.months + 1, -1, -1):
            rates.append(
                ExchangeRate(
                    currency=currency,
                    valid_from=months_back(today, month),
                    rate=rate.quantize(Decimal("0.0001")),
                    source="demo",
                )
            )
            rate *= 1 + Decimal(dice.uniform(-0.012, 0.0118))
    store(rates, ExchangeRate)


def in_order(book: Book) -> list[Contest]:
    """Return the disputes in the order in which they were declared, which is that of their numbers."""
    return sorted(
        book.contests, key=lambda c: (c.opened, c.paper.number, c.paper.firm, c.instalment)
    )


def store_disputes(made: Made) -> list[Dispute]:
    """Store the disputes in the order of their numbers; opener and resolver are two people (S9)."""
    people = made.staff.by_role
    openers = [people[role] for role in ("collector", "sales_rep", "credit_analyst")]
    dice = made.dice("disputes")
    return store(
        (
            Dispute(
                number=number,
                due_line_id=made.line(contest.paper, contest.instalment).id,
                customer=made.customers[contest.paper.client.index],
                amount=contest.amount,
                currency=contest.paper.client.currency,
                type=contest.family,
                reason=dice.choice(REASONS[made.company.language][contest.family]),
                opened_date=contest.opened,
                opened_by=dice.choice(openers),
                closed_date=contest.closed,
                closed_by=people["credit_manager"] if contest.closed else None,
                outcome=contest.outcome,
            )
            for number, contest in enumerate(in_order(made.book), start=1)
        ),
        Dispute,
    )


def store_limits(made: Made) -> None:
    """Store limits sized by what each customer buys in a quarter; some are exceeded, some end soon."""
    dice = made.dice("limits")
    sold = _sold_in_a_quarter(made)
    limits: list[CreditLimit] = []
    for client in made.clients:
        amount = _round_limit(sold[client.index] * Decimal(dice.uniform(0.8, 1.9)))
        start = months_back(made.today, dice.randint(3, made.company.months))
        is_limited, is_insured, is_raised = (
            dice.random() < chance for chance in (_LIMITED, _INSURED, _RAISED)
        )
        last_day = made.today + timedelta(days=dice.randint(5, 75))
        if not is_limited:
            continue
        insured = amount * _INSURED_SHARE if is_insured else Decimal(0)
        limits.append(_limit(made, client, amount, insured, start))
        if is_raised:
            raised = _limit(made, client, amount * _RAISE, insured, months_back(made.today, 2))
            raised.valid_until = last_day
            limits.append(raised)
    store(limits, CreditLimit)


def _limit(
    made: Made, client: Client, amount: Decimal, insured: Decimal, start: date
) -> CreditLimit:
    return CreditLimit(
        customer=made.customers[client.index],
        amount=amount,
        insured_amount=insured,
        currency=client.currency,
        valid_from=start,
        requested_by=made.staff.by_role["credit_analyst"],
        approved_by=made.staff.by_role["credit_manager"],
    )


def _sold_in_a_quarter(made: Made) -> dict[int, Decimal]:
    since = made.today - timedelta(days=365)
    sold: dict[int, Decimal] = defaultdict(Decimal)
    for paper in made.book.papers:
        if paper.kind == DocumentKind.INVOICE and paper.day > since:
            sold[paper.client.index] += paper.amount / 4
    return sold


def _round_limit(wanted: Decimal) -> Decimal:
    thousands = next((step for step in _ROUND_LIMITS if step * 1000 >= wanted), 2_000)
    return Decimal(thousands * 1000)


def entrust(made: Made, disputes: list[Dispute]) -> None:
    """Assign customers with an open dispute to the resolver and the longest overdue ones to the agency."""
    contested = {dispute.customer_id for dispute in disputes if dispute.closed_date is None}
    oldest: dict[int, date] = {}
    for paper in made.book.papers:
        for line in paper.lines:
            if line.rest > 0 and line.due < made.today:
                index = paper.client.index
                oldest[index] = min(line.due, oldest.get(index, line.due))
    longest = sorted(oldest, key=lambda index: (oldest[index], index))[:_ENTRUSTED]
    assigned = [(customer_id, "dispute_resolver") for customer_id in contested]
    assigned += [(made.customers[index].pk, "agency") for index in longest]
    store(
        (
            CustomerAssignment(
                customer_id=customer_id,
                membership=made.staff.by_role[role],
                is_whole=role != "agency",
            )
            for customer_id, role in assigned
        ),
        CustomerAssignment,
    )
    late = DueLine.objects.filter(
        customer__in=[made.customers[index].pk for index in longest],
        kind="invoice",
        is_open=True,
        due_date__lt=made.today,
    )
    agency = made.staff.by_role["agency"]
    store((LineAssignment(due_line=line, membership=agency) for line in late), LineAssignment)
