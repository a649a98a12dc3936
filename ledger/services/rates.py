"""Dated exchange rates to the tenant's currency."""

from datetime import date
from decimal import Decimal
from typing import ClassVar

from babel.numbers import is_currency
from django.utils.translation import gettext as _

from accounts.models import Tenant
from accounts.services import audit
from kernel.errors import Refused
from kernel.permissions import Actor
from ledger.models import ExchangeRate


class RateRefused(Refused):
    """The rate cannot be stored so."""

    code: ClassVar[str] = "rate_refused"


def record_exchange_rate(
    *,
    currency: str,
    valid_from: date,
    rate: Decimal,
    actor: Actor,
    today: date,
    source: str = "",
) -> ExchangeRate:
    """Store what one unit of `currency` is worth in the tenant's currency from a day on, until the next rate.

    A rate already stored for that day is replaced and the old value kept in the audit trail. Raises RateRefused.
    """
    home = Tenant.objects.get(pk=actor.tenant_id).currency
    facts = {"currency": currency, "home": home, "rate": rate}
    if not is_currency(currency):
        raise RateRefused(
            _("“%(currency)s” is no currency. Write its three letters (ISO 4217), such as USD.")
            % facts
        )
    if currency == home:
        raise RateRefused(_("%(home)s is the currency of the books; it needs no rate.") % facts)
    if rate <= 0:
        raise RateRefused(
            _(
                "%(rate)s cannot be the worth of one %(currency)s in %(home)s: give a rate above zero."
            )
            % facts
        )
    known = ExchangeRate.objects.filter(currency=currency, valid_from=valid_from).first()
    stored, _is_new = ExchangeRate.objects.update_or_create(
        currency=currency, valid_from=valid_from, defaults={"rate": rate, "source": source}
    )
    audit.record(
        actor=actor,
        action="ledger.record_exchange_rate",
        object_kind="exchange_rate",
        object_id=stored.pk,
        currency=currency,
        valid_from=valid_from.isoformat(),
        rate=str(rate),
        replaced=str(known.rate) if known else None,
        decided=today.isoformat(),
    )
    return stored
