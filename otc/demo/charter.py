"""The charter of a demo company: two versions published, most of it signed, a third being written, proposals judged."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.models import Membership
from accounts.queries import actor_of
from credit.models import CharterSignature, CharterVersion
from credit.queries.charter_facts import terms_of
from credit.queries.scores import grade_of_class
from credit.rules.charter import Article, Kind, Proposal
from credit.rules.charter_text import digest
from credit.rules.ready_charter import READY_CHARTER
from credit.services import charter_drafts
from credit.services.charter import Asked, CharterRefused, grant_anyway, refuse_breaches
from kernel.periods import months_back
from kernel.permissions import Actor
from ledger.models import Customer
from otc.demo.storage import Made

_PROPOSALS, _EVERY_DAYS = 28, 3
_UNSIGNED = ("sales_rep", "executive")
_TERM, _DEPOSIT = 1, 2  # places in the ready charter
_REASONS = {
    "fr": "Maison mère solide, comptes vus ; revue dans trois mois.",
    "en": "Sound parent company, accounts seen; review in three months.",
}


def adopt_charter(made: Made) -> None:
    """Publish two versions, have the second signed by all but two, begin a third and judge some proposals."""
    people = made.staff.by_role
    generous = _with(READY_CHARTER, _TERM, days=60)
    _published(made, 1, generous, months_back(made.today, 14))
    current = _published(made, 2, READY_CHARTER, months_back(made.today, 4))
    _sign(made, current)
    _judge_some(made, people["sales_rep"], people["credit_manager"])
    author = people["credit_analyst"]
    draft = charter_drafts.open_draft(actor=_actor(author.pk))
    stricter = _with(_with(READY_CHARTER, _TERM, days=30), _DEPOSIT, grade="C")
    for place in (_TERM, _DEPOSIT):
        draft.refresh_from_db()
        charter_drafts.write_article(
            article=stricter[place],
            seen=charter_drafts.stamp(draft),
            actor=_actor(author.pk),
            number=stricter[place].number,
        )


def _with(articles: tuple[Article, ...], place: int, **parameters: object) -> tuple[Article, ...]:
    changed = replace(articles[place], parameters={**articles[place].parameters, **parameters})
    return (*articles[:place], changed, *articles[place + 1 :])


def _published(made: Made, number: int, articles: tuple[Article, ...], day: date) -> CharterVersion:
    people = made.staff.by_role
    author, publisher = people["credit_analyst"], people["credit_manager"]
    version = CharterVersion.objects.create(
        number=number,
        is_draft=False,
        written_by=author,
        authors=[str(author.pk)],
        published_by=publisher,
        published_at=_at(made, day, 9),
        published_date=day,
        digest=digest(number, articles),
    )
    charter_drafts.store_articles(version, articles)
    return version


def _sign(made: Made, version: CharterVersion) -> None:
    signers = [
        member
        for role, member in made.staff.by_role.items()
        if role not in {*_UNSIGNED, "agency"} and member.user_id is not None
    ]
    CharterSignature.objects.bulk_create(
        CharterSignature(
            version=version,
            membership=member,
            name=member.name,
            signed_at=_at(made, months_back(made.today, 4) + timedelta(days=place + 1), 10),
            digest=version.digest,
        )
        for place, member in enumerate(signers)
    )


def _judge_some(made: Made, rep: Membership, manager: Membership) -> None:
    """Hold proposals of the past months against the charter of their day; every other one sent up is granted."""
    dice = made.dice("charter")
    customers = list(Customer.objects.select_related("terms").order_by("code"))
    proposer, decider = _actor(rep.pk), _actor(manager.pk)
    for place in range(_PROPOSALS):
        customer = dice.choice(customers)
        day = made.today - timedelta(days=_EVERY_DAYS * (_PROPOSALS - place))
        asked = Asked(customer=customer, object_id=customer.pk)
        try:
            verdict = refuse_breaches(
                _proposal(customer, made.company.currency, dice),
                actor=proposer,
                today=day,
                asked=asked,
            )
        except CharterRefused as refused:
            refused.keep_trace()
            continue
        if verdict.escalations and place % 2:
            reason = _REASONS[made.company.language]
            grant_anyway(object_id=customer.pk, reason=reason, actor=decider, today=day)


def _proposal(customer: Customer, currency: str, dice: Random) -> Proposal:
    amount = Decimal(dice.choice((20, 40, 80, 150, 320)) * 1000)
    grade = grade_of_class(customer.risk_class) or dice.choice("AABBBCCD")
    return Proposal(
        kind=Kind.OPENING,
        currency=currency,
        amount=amount,
        terms=terms_of(customer.terms),
        grade=grade,
        deposit_share=Decimal("0.3") if grade == "D" else Decimal(0),
        guarantees=Decimal(0),
        insured=amount * dice.choice((0, 1)) / 2,
        has_finance_step=True,
        has_committee=False,
        is_insolvent=False,
        margin=Decimal(dice.choice((12, 18, 22, 27))) / 100,
    )


def _actor(member: UUID) -> Actor:
    found = actor_of(member)
    if found is None:
        raise LookupError(f"colleague {member} of the demo has no access")
    return found


def _at(made: Made, day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), ZoneInfo(made.company.time_zone))
