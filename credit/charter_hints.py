"""The article that governs a field of a form, for `credit/charter_hint.html` beside it, and what it says so far."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from credit import charter_words as words
from credit.models import CreditRequest, StepKind
from credit.queries.charter import version_in_force
from credit.rules.charter import Check
from credit.services.charter import judge
from credit.services.proposals import proposal_of
from ledger.models import Customer
from ledger.queries import home_and_rates

# How a request is decided is judged once its circuit is known, when it is sent.
JUDGED_ON_SENDING = frozenset({Check.FINANCE_CLOSES_OPENINGS, Check.COMMITTEE_OVER})


@dataclass(frozen=True, slots=True)
class Hint:
    """An article as it stands beside a field, with the version it is of."""

    version: int
    article: words.ReadArticle


def charter_hints(day: date) -> dict[str, list[Hint]]:
    """Return the articles in force on `day` by the code of their check, in the reader's language; two questions."""
    version = version_in_force(day)
    if version is None:
        return {}
    home, _rates = home_and_rates(day)
    found: dict[str, list[Hint]] = {}
    for article in version.as_articles():
        if article.check is not Check.TEXT_ONLY:
            hint = Hint(version.number, words.read(article, home))
            found.setdefault(article.check.value, []).append(hint)
    return found


@dataclass(frozen=True, slots=True)
class Quoted:
    """What the charter answers to a form while it is filled.

    `status` is late where it refuses, warn where a higher decision is needed, info where it only warns.
    """

    status: str
    words: str


def quoted(typed: Mapping[str, Any], customer: Customer | None, *, today: date) -> list[Quoted]:
    """Return what the charter in force says of what is typed so far, refusals first; nothing is written.

    What is not typed yet breaks nothing here. `typed` are the values of the fields that could be read.
    """
    if not typed.get("asked_amount") and not typed.get("asked_terms"):
        return []
    known = CreditRequest(
        kind=typed.get("kind") or "limit",
        customer=customer,
        currency=str(typed.get("currency") or "EUR").upper(),
        asked_terms=typed.get("asked_terms"),
        country=typed.get("country") or (customer.country if customer else ""),
        grade=customer.risk_class if customer else "",
        deposit_share=typed.get("deposit_share") or Decimal(0),
        guarantee_amount=typed.get("guarantee_amount") or Decimal(0),
        margin_rate=typed.get("margin_rate"),
    )
    every_step = {StepKind.ANALYSIS.value, StepKind.COMMITTEE.value}
    proposal = replace(
        proposal_of(known, today=today, step_kinds=every_step), amount=typed.get("asked_amount")
    )
    verdict = judge(proposal, today=today)
    ways = (
        ("late", verdict.refusals),
        ("warn", verdict.escalations),
        ("info", verdict.warnings),
    )
    return [
        Quoted(status, words_of)
        for status, among in ways
        for words_of in verdict.quotations(
            tuple(
                one
                for one in among
                if not one.is_unknown and one.article.check not in JUDGED_ON_SENDING
            )
        )
    ]
