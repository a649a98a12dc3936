"""The scores of a demo company: a published card and its next draft, accounts of some, three months of scores."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from accounts.models import Membership
from accounts.queries import actor_of
from credit.models import CompanyProfile, FinancialStatement, ScorecardVersion, WatchAlert
from credit.queries.scores import customer_score
from credit.rules.ready_scorecard import READY_CARD
from credit.rules.scorecard import Band, Criterion, Weighed, as_stored
from credit.services import scorecards
from credit.services.rescoring import rescore
from credit.services.score_opinions import override_grade, record_contest
from kernel.periods import months_back
from kernel.permissions import Actor, system_actor
from kernel.tenancy import current_tenant_id
from ledger.models import Customer
from otc.demo.storage import Made

_WITH_ACCOUNTS, _WITH_AGE = 0.3, 0.7
_NIGHTS = (60, 30, 7, 0)  # days ago
_HEALTH = (("sound", 60), ("tight", 28), ("ailing", 12))
_SECTORS = ("43", "46", "25", "86", "22")
_WORDS = {
    "fr": {
        "source": "Comptes déposés au greffe",
        "register": "Registre des entreprises",
        "seen": "Vu avec le commercial, suivi au prochain passage.",
        "override": "La maison mère vient de recapitaliser ; l’acte est au dossier.",
        "contest": "Les comptes retenus sont anciens, les nouveaux seront déposés en décembre.",
    },
    "en": {
        "source": "Accounts filed with the register",
        "register": "Company register",
        "seen": "Seen with sales, looked at again next time.",
        "override": "The parent company has just put in fresh capital; the deed is in the file.",
        "contest": "The accounts used are old; new ones will be filed in December.",
    },
}


def score_customers(made: Made) -> None:
    """Publish a card, enter accounts, score three months of nights; a grade set by hand, a contest, the next draft."""
    people, words = made.staff.by_role, _WORDS[made.company.language]
    analyst, manager = people["credit_analyst"], people["credit_manager"]
    _publish(made, analyst, manager)
    dice = made.dice("scores")
    customers = list(Customer.objects.order_by("code"))
    FinancialStatement.objects.bulk_create(
        _accounts(made, customer, dice, words["source"], analyst)
        for customer in customers
        if dice.random() < _WITH_ACCOUNTS
    )
    CompanyProfile.objects.bulk_create(
        CompanyProfile(
            customer=customer,
            founded_date=made.today - timedelta(days=dice.randint(300, 15_000)),
            sector=dice.choice(_SECTORS),
            source=words["register"],
            entered_by=analyst,
            entered_at=_at(made, made.today),
        )
        for customer in customers
        if dice.random() < _WITH_AGE
    )
    machine = system_actor(current_tenant_id())
    for days in _NIGHTS:
        day = made.today - timedelta(days=days)
        rescore(today=day, now=_at(made, day), actor=machine)
    WatchAlert.objects.filter(day__lt=made.today).update(
        seen_by=analyst, seen_at=_at(made, made.today), words=words["seen"]
    )
    _say_something(made, _actor(analyst), _actor(manager), words)
    _draft_next(_actor(analyst))


def _publish(made: Made, analyst: Membership, manager: Membership) -> None:
    day = months_back(made.today, 4)
    ScorecardVersion.objects.create(
        number=1,
        is_draft=False,
        content=as_stored(READY_CARD),
        written_by=analyst,
        authors=[str(analyst.pk)],
        published_by=manager,
        published_at=_at(made, day),
        published_date=day,
    )


def _accounts(
    made: Made, customer: Customer, dice: Random, source: str, author: Membership
) -> FinancialStatement:
    """Return a year's accounts of a sound, a tight or an ailing company, in thousands."""
    health = dice.choices(
        [name for name, _weight in _HEALTH], [weight for _name, weight in _HEALTH]
    )[0]
    assets = dice.randint(400, 9000)
    equity = {"sound": (28, 55), "tight": (10, 24), "ailing": (-18, 8)}[health]
    profit = {"sound": (3, 12), "tight": (-1, 4), "ailing": (-14, -1)}[health]

    def part(low: int, high: int) -> Decimal:
        return Decimal(assets * dice.randint(low, high) * 10)

    owned = part(*equity)
    total = Decimal(assets * 1000)
    current = part(45, 70)
    short = (total - owned) * dice.randint(55, 85) / 100
    earned = part(*profit)
    return FinancialStatement(
        customer=customer,
        siren=customer.siren,
        year_end=date(made.today.year - 1, 12, 31),
        currency=made.company.currency,
        total_assets=total,
        current_assets=current,
        inventories=current * dice.randint(10, 35) / 100,
        receivables=current * dice.randint(35, 50) / 100,
        cash=current * dice.randint(2, 12) / 100,
        equity=owned,
        retained_earnings=owned * dice.randint(40, 80) / 100,
        liabilities=total - owned,
        short_term_liabilities=short,
        debt=(total - owned) * dice.randint(15, 40) / 100,
        sales=part(110, 230),
        ebit=earned,
        depreciation=part(2, 5),
        financial_expenses=part(1, 2),
        net_profit=earned * dice.randint(60, 80) / 100,
        source=source,
        entered_by=author,
        entered_at=_at(made, made.today),
    )


def _say_something(made: Made, analyst: Actor, manager: Actor, words: dict[str, str]) -> None:
    weak = Customer.objects.filter(risk_class="D").order_by("code")[:2]
    now = _at(made, made.today)
    for place, customer in enumerate(weak):
        if place == 0:
            override_grade(
                customer=customer,
                grade="B",
                reason=words["override"],
                until=made.today + timedelta(days=90),
                actor=analyst,
                now=now,
                today=made.today,
            )
        elif customer_score(customer, today=made.today).score is not None:
            record_contest(
                customer=customer,
                words=words["contest"],
                received=made.today,
                actor=manager,
                now=now,
                today=made.today,
            )


def _draft_next(analyst: Actor) -> None:
    draft = scorecards.open_draft(actor=analyst)
    young = (Band(0, Decimal(1)), Band(20, Decimal(3)), Band(60, Decimal(8)), Band(100))
    scorecards.write_criterion(
        weighed=Weighed(Criterion.COMPANY_AGE, 8, young, 40),
        seen=scorecards.stamp(draft),
        actor=analyst,
    )


def _actor(member: Membership) -> Actor:
    found = actor_of(member.pk)
    if found is None:
        raise LookupError(f"colleague {member.pk} of the demo has no access")
    return found


def _at(made: Made, day: date) -> datetime:
    return datetime.combine(day, time(5), ZoneInfo(made.company.time_zone))
