"""Learn at night what the order of the agenda and its advice rest on; pages only read it."""

from datetime import date
from decimal import Decimal

from django.db import connection

from dunning.models import ChannelResponse, PaymentOdds
from dunning.queries.experience import (
    SEEN,
    TYPOLOGY,
    Observed,
    chances,
    observed_responses,
    odds_parameters,
    paid_by_segment,
)
from dunning.rules.assignment import Typology
from dunning.rules.priority import Lateness, PaidInTime
from dunning.services.locks import lock_learning
from kernel.identifiers import uuid7
from kernel.tenancy import current_tenant_id

_MILLIONTH = Decimal("0.000001")
HOUSE = ""  # the segment that stands for all customers

ODDS = f"""
    WITH {SEEN}, chance AS (
        SELECT * FROM unnest(%(segments)s::text[], %(lateness)s::text[], %(chances)s::numeric[])
            AS given(segment, lateness, chance)
    )
    INSERT INTO dunning_paymentodds (id, tenant_id, customer_id, lateness, lines, paid, segment_chance, learnt_date)
    SELECT gen_random_uuid(), %(tenant)s, customer.id, chance.lateness, coalesce(seen.lines, 0),
           coalesce(seen.paid, 0), chance.chance, %(today)s
    FROM ledger_customer customer
    JOIN chance ON chance.segment = {TYPOLOGY}
    LEFT JOIN seen ON seen.customer_id = customer.id AND seen.lateness = chance.lateness
    WHERE EXISTS (SELECT FROM ledger_dueline line WHERE line.customer_id = customer.id AND line.is_open)
"""  # noqa: S608  only constants are put together


def learn_if_missing(*, today: date) -> bool:
    """Learn unless that was done today, and return whether it was done now; in the tenant's open scope."""
    if _is_learnt(today):
        return False
    lock_learning()
    if _is_learnt(today):
        return False
    learn(today=today)
    return True


def _is_learnt(today: date) -> bool:
    return ChannelResponse.objects.filter(learnt_date=today, segment=HOUSE).exists()


def learn(*, today: date) -> None:
    """Replace what was learnt by what the past year teaches as of `today`; the same again when run twice."""
    _learn_odds(today=today)
    _learn_responses(today=today)


def _learn_odds(*, today: date) -> None:
    known = chances(paid_by_segment(today=today), [kind.value for kind in Typology])
    PaymentOdds.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(
            ODDS,
            {
                **odds_parameters(today=today),
                "tenant": current_tenant_id(),
                "segments": [segment for segment, _lateness in known],
                "lateness": [lateness.value for _segment, lateness in known],
                "chances": [chance.quantize(_MILLIONTH) for chance in known.values()],
            },
        )


def _learn_responses(*, today: date) -> None:
    """Keep each kind of customer and the whole house; the house's row also says that today was learnt."""
    found = observed_responses(today=today)
    ChannelResponse.objects.all().delete()
    ChannelResponse.objects.bulk_create(
        ChannelResponse(
            id=uuid7(),
            segment=each.segment,
            lateness=each.lateness,
            channel=each.channel,
            lines=each.seen.lines,
            paid=each.seen.paid,
            learnt_date=today,
        )
        for each in [*found, *_of_the_house(found)]
    )


def _of_the_house(found: list[Observed]) -> list[Observed]:
    totals = {(lateness, ""): PaidInTime() for lateness in Lateness}
    for each in found:
        key = (each.lateness, each.channel)
        totals[key] = totals.get(key, PaidInTime()) + each.seen
    return [
        Observed(HOUSE, lateness, channel, seen) for (lateness, channel), seen in totals.items()
    ]
