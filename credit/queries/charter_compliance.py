"""How well the charter is kept over a period: rates, what broke it, and who stands outside it today."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from credit.models.charter import CharterBreach, CharterJudgement, CharterOutcome, CharterVersion
from credit.models.limits import CreditLimit
from credit.permissions import SEE_OPINIONS
from credit.ports import chase_facts
from credit.queries.charter_facts import NOTHING, any_running, terms_of
from credit.queries.scores import Grades
from credit.rules.charter import Article, Breach, Check, Kind, Proposal, applies, breaches
from kernel.permissions import Actor, Reach
from ledger.models import Customer, Document, DocumentKind, PaymentTerms, Perimeter
from ledger.queries import home_and_rates

BROKEN = (CharterOutcome.REFUSED, CharterOutcome.ESCALATED, CharterOutcome.GRANTED)


def visible_judgements(actor: Actor, first: date, last: date) -> "QuerySet[CharterJudgement]":
    """Return the judgements of a period (both days included) about customers `actor` may see.

    Those about prospects, who are in no portfolio yet, are for whoever sees all customers, and for who proposed.
    """
    found = CharterJudgement.objects.filter(day__range=(first, last))
    if sees_all(actor):
        return found
    mine = Q(customer__in=Customer.objects.visible_to(actor, SEE_OPINIONS))
    return found.filter(mine | Q(customer=None, proposed_by=actor.membership_id))


def sees_all(actor: Actor) -> bool:
    """Return whether the actor sees opinions on every customer."""
    return any(
        held.scope_path == "/" and held.reach is Reach.ALL for held in actor.held(SEE_OPINIONS)
    )


@dataclass(frozen=True, slots=True)
class Rate:
    """Of so many proposals of one article, team or portfolio, how many broke the charter."""

    label: str
    judged: int
    broken: int

    @property
    def kept(self) -> float | None:
        """Return the part within the charter, as a fraction; None when nothing was proposed."""
        return (self.judged - self.broken) / self.judged if self.judged else None


@dataclass(frozen=True, slots=True)
class Rates:
    """The whole, and by article number, team and portfolio."""

    whole: Rate
    by_article: tuple[Rate, ...]
    by_team: tuple[Rate, ...]
    by_portfolio: tuple[Rate, ...]


def compliance_rates(
    judgements: "QuerySet[CharterJudgement]", articles: Iterable[Article]
) -> Rates:
    """Return the rates over `judgements`. A proposal is broken by an article of which it lacked no fact.

    An article's proposals are those of the kinds its check speaks of. A team is its manager's name.
    """
    plain = judgements.order_by()
    by_kind = {row["kind"]: row["n"] for row in plain.values("kind").annotate(n=Count("pk"))}
    real = CharterBreach.objects.filter(judgement__in=plain, missing=[]).exclude(effect="warn")
    broken_ids = real.values("judgement")
    of_article = {
        row["article_number"]: row["n"]
        for row in real.order_by().values("article_number").annotate(n=Count("pk"))
    }
    return Rates(
        whole=Rate("", sum(by_kind.values()), plain.filter(pk__in=broken_ids).count()),
        by_article=tuple(
            Rate(
                str(article.number),
                sum(n for kind, n in by_kind.items() if applies(article.check, Kind(kind))),
                of_article.get(article.number, 0),
            )
            for article in articles
            if article.check is not Check.TEXT_ONLY
        ),
        by_team=_grouped(plain, broken_ids, "proposed_by__manager__name"),
        by_portfolio=_grouped(plain, broken_ids, "customer__portfolio__name"),
    )


def _grouped(
    judgements: "QuerySet[CharterJudgement]",
    broken: "QuerySet[CharterBreach, Any]",
    by: str,
) -> tuple[Rate, ...]:
    rows = judgements.values(by).annotate(
        n=Count("pk"), broken=Count("pk", filter=Q(pk__in=broken))
    )
    found = [Rate(row[by] or "", row["n"], row["broken"]) for row in rows]
    return tuple(sorted(found, key=lambda rate: (rate.label == "", rate.label)))


def broken_judgements(judgements: "QuerySet[CharterJudgement]") -> "QuerySet[CharterJudgement]":
    """Return what broke the charter, the newest first, with all that a list shows."""
    return (
        judgements.filter(outcome__in=BROKEN)
        .select_related("customer", "proposed_by", "granted_by", "version")
        .prefetch_related("breaches", "version__articles")
    )


@dataclass(frozen=True, slots=True)
class Outside:
    """A customer who stands outside the charter as he is today."""

    customer_id: UUID
    code: str
    name: str
    breaches: tuple[Breach, ...]


def outside_today(version: CharterVersion, *, actor: Actor, day: date) -> list[Outside]:
    """Return the visible customers whose terms, limit or grade the charter would not allow, by name.

    A handful of questions whatever their number. What the ledger does not know of a customer breaks nothing here.
    """
    articles = [one for one in version.as_articles() if applies(one.check, Kind.STANDING)]
    found = []
    for pk, code, name, proposal in _standing(actor, day):
        real = tuple(one for one in breaches(proposal, articles) if not one.missing)
        if real:
            found.append(Outside(pk, code, name, real))
    return found


def _standing(actor: Actor, day: date) -> Iterator[tuple[UUID, str, str, Proposal]]:
    home, rates = home_and_rates(day)
    terms = {row.pk: terms_of(row) for row in PaymentTerms.objects.all()}
    limits = _limits_in_force(day)
    grades, procedures = Grades(), chase_facts().legal_events(None)
    depositors = set(
        Document.objects.filter(
            perimeter=Perimeter.DEPOSIT, kind=DocumentKind.PAYMENT, issue_date__lte=day
        )
        .order_by()
        .values_list("customer", flat=True)
        .distinct()
    )
    rows = (
        Customer.objects.all()
        if sees_all(actor)
        else Customer.objects.visible_to(actor, SEE_OPINIONS)
    )
    columns = ("pk", "code", "name", "country", "risk_class", "terms_id")
    for pk, code, name, country, risk, agreed in rows.order_by("sort_name", "pk").values_list(
        *columns
    ):
        amount, insured, currency = limits.get(pk, (NOTHING, NOTHING, home))
        has_deposit = (
            None if pk in depositors else NOTHING
        )  # how much of what is sold it covers is not known
        yield (
            pk,
            code,
            name,
            Proposal(
                kind=Kind.STANDING,
                currency=currency,
                amount=amount,
                rate=rates.get(currency),
                terms=terms.get(agreed),
                grade=grades.on(pk, day, risk),
                country=country,
                deposit_share=has_deposit,
                insured=insured,
                guarantees=NOTHING,
                is_insolvent=any_running(procedures.get(pk, ()), day),
            ),
        )


def _limits_in_force(day: date) -> dict[UUID, tuple[Decimal, Decimal, str]]:
    rows = (
        CreditLimit.objects.filter(
            Q(valid_until=None) | Q(valid_until__gte=day), valid_from__lte=day, undone_at=None
        )
        .order_by("customer_id", "-valid_from", "-is_temporary")
        .distinct("customer_id")
        .values_list("customer_id", "amount", "insured_amount", "currency")
    )
    return {customer: (amount, insured, currency) for customer, amount, insured, currency in rows}


def by_article(outside: Iterable[Outside]) -> dict[int, int]:
    """Return how many customers stand outside each article, by its number."""
    counts: dict[int, int] = defaultdict(int)
    for one in outside:
        for breach in one.breaches:
            counts[breach.article.number] += 1
    return dict(counts)
