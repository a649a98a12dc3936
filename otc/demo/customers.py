"""Who the customers of a demo company are: drawn from the seed, before anything is stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from otc.demo import names
from otc.demo.shape import Company, Portfolio

T = TypeVar("T")

SIZE_SPREAD = 0.55
_JOINS_LATER, _LEAVES, _BUYS_ELSEWHERE, _PUBLIC = 0.18, 0.07, 0.35, 0.3
_RUN_DAYS = ((10, 25), (15, 30), (5, 20))


@dataclass(frozen=True, slots=True)
class Client:
    """A customer as drawn: `size` is around 1, months count from the running one (0) backwards."""

    index: int
    code: str
    name: str
    siren: str
    country: str
    currency: str
    language: str
    portfolio: Portfolio
    terms: str
    habit: str
    size: float
    first_month: int
    last_month: int
    run_days: tuple[int, ...]
    second_firm: str
    is_doubtful: bool
    is_public: bool


def draw(company: Company) -> list[Client]:
    """Return the customers of `company`, the same for the same seed."""
    dice = Random(f"{company.seed}/customers")  # noqa: S311  invented data, no secret
    known = names.Names(dice)
    clients: list[Client] = []
    for portfolio in company.portfolios:
        for _ in range(portfolio.customers):
            clients.append(_client(len(clients), company, portfolio, dice, known))
    return clients


def _client(
    index: int, company: Company, portfolio: Portfolio, dice: Random, known: names.Names
) -> Client:
    country, currency, _ = weighted(dice, [(place, place[2]) for place in portfolio.countries])
    number = 1000 + index * 7 + dice.randint(0, 6)
    joins = dice.random() < _JOINS_LATER
    leaves = not joins and dice.random() < _LEAVES
    habit = weighted(dice, portfolio.habits)
    is_large = portfolio.invoices_a_month > 1
    other_firms = [firm.code for firm in company.firms if firm.code != portfolio.firm]
    return Client(
        index=index,
        code=f"{company.code_prefix}{number:04d}",
        name=known.company(dice.choice(portfolio.activities), country),
        siren=names.siren(10_000 + number) if country == "FR" else "",
        country=country,
        currency=currency,
        language=names.LANGUAGES.get(country, "en"),
        portfolio=portfolio,
        terms=weighted(dice, portfolio.terms),
        habit=habit,
        size=dice.lognormvariate(0, SIZE_SPREAD),
        first_month=-dice.randint(2, company.months - 6) if joins else -company.months,
        last_month=-dice.randint(4, company.months // 2) if leaves else 0,
        run_days=dice.choice(_RUN_DAYS) if dice.random() < (0.7 if is_large else 0.2) else (),
        second_firm=dice.choice(other_firms)
        if is_large and other_firms and dice.random() < _BUYS_ELSEWHERE
        else "",
        is_doubtful=habit == "bad" and index % 5 == 0,
        is_public=portfolio.is_public and dice.random() < _PUBLIC,
    )


def weighted(dice: Random, choices: Sequence[tuple[T, int]]) -> T:
    """Return one of the choices, each as likely as its weight."""
    values, weights = zip(*choices, strict=True)
    chosen: T = dice.choices(values, weights=weights)[0]
    return chosen
