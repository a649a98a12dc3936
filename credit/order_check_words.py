"""The sentence an answered order is told with: the rule, the figures and the way out."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from credit.models import CreditCheck
from credit.rules.order_check import Rule
from kernel import formats
from kernel.money import Money


def sentence(check: CreditCheck) -> str:
    """Return why an order was answered so, in the reader's language."""
    language = (get_language() or "en")[:2]
    facts: dict[str, Any] = check.facts
    if quotation := facts.get("quotation"):
        return "\n".join(quotation)
    words = {
        "number": check.order_number,
        "amount": formats.money(Money(check.amount, check.currency), language),
        "limit": _money(check.limit_amount, check.limit_currency, language),
        "exposure": _money(check.exposure, check.limit_currency, language),
        "over": _money(
            None if check.headroom is None else -check.headroom, check.limit_currency, language
        ),
        "left": _money(check.headroom, check.limit_currency, language),
        "orders": ", ".join(facts.get("orders", [])),
        "currencies": ", ".join(facts.get("currencies_without_rate", [])),
        **_release(facts, language),
        **_stop(facts, language),
    }
    return _template(Rule(check.rule), is_yes=check.answer == "yes") % words


def _template(rule: Rule, *, is_yes: bool) -> str:
    if is_yes and rule is Rule.LIMIT:
        return _("Within the customer's limit of %(limit)s: %(left)s left with this order.")
    if is_yes and rule is Rule.GROUP_LIMIT:
        return _("Within the group's limit of %(limit)s: %(left)s left with this order.")
    return {
        Rule.RELEASED: _("Order no. %(number)s is released up to %(ceiling)s until %(until)s."),
        Rule.CUSTOMER_HOLD: _(
            "The customer is on hold: nothing is delivered until a credit manager releases it."
        ),
        Rule.ORDER_HOLD: _(
            "Order no. %(number)s is on hold until a credit manager releases it; sending it again changes nothing."
        ),
        Rule.ABOVE_RELEASE: _(
            "%(amount)s is above what order no. %(number)s was released for: it is on hold again. Ask anew."
        ),
        Rule.OTHER_HOLD: _(
            "Another order of this customer is on hold (%(orders)s): a new number is looked at by a person first."
        ),
        Rule.NOT_YET: _(
            "Orders are checked at a later stage here: nothing stands against this one now."
        ),
        Rule.CHARTER: _("The credit charter refuses this order."),
        Rule.CHARTER_REVIEW: _("The credit charter asks for a higher decision about this order."),
        Rule.NO_LIMIT: _(
            "The customer has no limit: ask for one, or for the release of this order."
        ),
        Rule.NO_RATE: _(
            "No exchange rate is known for %(currencies)s, so that there is no exposure to compare. Enter the rate."
        ),
        Rule.LIMIT: _(
            "With this order %(exposure)s stand against the customer's limit of %(limit)s: %(over)s too much."
        ),
        Rule.COVER_STOPPED: _(
            "Deliveries are no longer covered by %(insurer)s since %(since)s: invoice %(invoice)s passed its days "
            "(policy %(policy)s). Get it paid, or have a credit manager release this order."
        ),
        Rule.GROUP_LIMIT: _(
            "With this order %(exposure)s stand against the group's limit of %(limit)s: %(over)s too much."
        ),
    }[rule]


def _money(amount: Decimal | None, currency: str, language: str) -> str:
    return "–" if amount is None else formats.money(Money(amount, currency), language)


def _release(facts: dict[str, Any], language: str) -> dict[str, str]:
    release = facts.get("release")
    if not release:
        return {"ceiling": "–", "until": "–"}
    return {
        "ceiling": formats.money(Money(Decimal(release["ceiling"]), release["currency"]), language),
        "until": formats.day(date.fromisoformat(release["until"]), language),
    }


def _stop(facts: dict[str, Any], language: str) -> dict[str, str]:
    stop = facts.get("cover_stop")
    if not stop:
        return {}
    return {**stop, "since": formats.day(date.fromisoformat(stop["since"]), language)}
