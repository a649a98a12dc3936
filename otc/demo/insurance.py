"""Credit insurance of a demo company: a policy, its covers, two of them lowered this morning, and paid look-ups."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils import timezone

from accounts.queries import actor_of
from credit.models import CreditLimit, LookUp, LookUpState, Source
from credit.queries.limits import limits_on
from credit.rules.company_facts import Company as Facts
from credit.rules.company_facts import Event, Year
from credit.services.cover_sync import ToSync, take_in
from credit.services.information import keep_events, set_source
from credit.services.policies import NewPolicy, confirm_policy, write_policy
from kernel.permissions import Actor
from ledger.models import Customer
from ledger.rules.identifiers import vat_of_siren
from otc.demo.storage import Made

INSURER = {"fr": "Coface", "en": "Atradius"}
NUMBER = "POL-2026-0417"
LOWERED = 2


def insure(made: Made) -> None:
    """Put a policy in force, take in the covers, then the news of this morning, and ask about companies."""
    morning = datetime.combine(made.today, datetime.min.time(), ZoneInfo("UTC")) + timedelta(
        hours=6, minutes=10
    )
    analyst, manager = _actor(made, "credit_analyst"), _actor(made, "credit_manager")
    insured = CreditLimit.objects.filter(insured_amount__gt=0).values("customer")
    customers = list(Customer.objects.filter(pk__in=insured).order_by("code"))
    limits = limits_on([one.pk for one in customers], made.today)
    covered = [one for one in customers if one.pk in limits and limits[one.pk].insured.amount > 0]
    if len(covered) <= LOWERED:
        return
    currencies = sorted({limits[one.pk].insured.currency for one in covered})
    home = limits[covered[0].pk].insured.currency
    policy = write_policy(
        NewPolicy(
            number=NUMBER,
            insurer=INSURER[made.company.language],
            currency=home,
            insured_share=Decimal("0.9"),
            valid_from=date(made.today.year, 1, 1),
            other_currencies=" ".join(code for code in currencies if code != home),
            deductible=Decimal(500),
            stop_rule="declaration",
        ),
        actor=analyst,
        now=timezone.now(),
    )
    confirm_policy(policy=policy, actor=manager, now=timezone.now())
    asked = ToSync(policy.pk, policy.number, "")
    rows = [
        {
            "code": one.code,
            "name": one.name,
            "state": "granted",
            "amount": str(limits[one.pk].insured.amount.quantize(Decimal(1))),
            "currency": limits[one.pk].insured.currency,
            "valid_from": date(made.today.year, 1, 1).isoformat(),
            "reference": f"EZ{number:06d}",
        }
        for number, one in enumerate(covered, start=418_201)
    ]
    then = morning - timedelta(days=1)
    take_in(asked, rows, now=then, today=then.date())
    news = [
        {**row, "amount": str(int(row["amount"]) // 2), "valid_from": made.today.isoformat()}
        for row in rows[:LOWERED]
    ]
    take_in(asked, [*news, *rows[LOWERED:]], now=morning, today=made.today)
    _ask(made, covered, manager)


def _ask(made: Made, covered: list[Customer], manager: Actor) -> None:
    now = timezone.now()
    set_source(
        source=Source.COMMERCIAL,
        is_on=True,
        price=Decimal("0.60"),
        monthly_budget=Decimal(60),
        currency="EUR",
        kept_days=30,
        actor=manager,
    )
    known = [one for one in covered if one.siren][:3]
    for place, one in enumerate(known):
        facts = Facts(
            siren=one.siren,
            name=one.name,
            is_active=True,
            legal_form="SAS",
            vat_number=vat_of_siren(one.siren) or "",
            years=(_year(made, place),),
            problems=("accounts_equity_unreadable",) if place == 1 else (),
        )
        LookUp.objects.create(
            source=Source.COMMERCIAL,
            siren=one.siren,
            state=LookUpState.DEGRADED if facts.problems else LookUpState.FOUND,
            price=Decimal("0.60"),
            attempts=1,
            facts=facts.as_json(),
            problems=list(facts.problems),
            asked_by_id=manager.membership_id,
            asked_at=now,
            answered_at=now,
        )
    if known:
        judged = made.today - timedelta(days=40)
        event = Event("safeguard", judged.isoformat(), f"A{judged:%Y}00{judged:%j}", "")
        keep_events([event], siren=known[-1].siren, source=Source.BODACC, now=now)


def _year(made: Made, place: int) -> Year:
    figures = {"sales": str(1_850_000 + 640_000 * place), "equity": str(310_000 - 190_000 * place)}
    return Year(date(made.today.year - 1, 12, 31).isoformat(), "pappers", figures)


def _actor(made: Made, role: str) -> Actor:
    actor = actor_of(made.staff.by_role[role].pk)
    if actor is None:
        raise LookupError(role)
    return actor
