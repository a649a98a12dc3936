"""What became of a row of an insurer's file, of a look-up, of a sync: codes put into the reader's language."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from credit.rules.covers import Change, Field, Verdict
from kernel import formats


def language() -> str:
    """Return the reader's language, two letters."""
    return (get_language() or "en")[:2]


def changes() -> dict[str, str]:
    """Return what a row may do, in words."""
    return {
        Change.NEW.value: pgettext("cover", "New cover"),
        Change.RAISED.value: pgettext("cover", "Raised"),
        Change.LOWERED.value: pgettext("cover", "Lowered"),
        Change.CLOSED.value: pgettext("cover", "Refused or cancelled"),
        Change.PENDING.value: pgettext("cover", "Not decided"),
        Change.CHANGED.value: pgettext("cover", "Changed"),
        Change.SAME.value: pgettext("cover", "As known"),
        Change.REFUSED.value: pgettext("cover", "Row refused"),
    }


def field_label(name: str) -> str:
    """Return what a column may hold, in words."""
    return {
        Field.CODE.value: _("Our customer code"),
        Field.SIREN.value: _("SIREN or SIRET"),
        Field.VAT.value: _("VAT number"),
        Field.NAME.value: _("Company"),
        Field.REFERENCE.value: _("Insurer's reference"),
        Field.STATE.value: _("Decision"),
        Field.AMOUNT.value: _("Amount covered"),
        Field.REQUESTED.value: _("Amount requested"),
        Field.CURRENCY.value: _("Currency"),
        Field.FROM.value: _("Valid from"),
        Field.UNTIL.value: _("Valid until"),
        Field.REASON.value: _("Reason"),
    }[name]


def _problems() -> dict[str, str]:
    return {
        "unreadable_amount": _("“%(text)s” is no amount: write it like 12 500,00."),
        "unreadable_requested": _("“%(text)s” is no requested amount."),
        "unreadable_siren": _("“%(text)s” is no SIREN: its check digit does not agree."),
        "unreadable_vat": _("“%(text)s” is no VAT number that can exist."),
        "unreadable_valid_from": _("“%(text)s” is no day on which a cover could begin."),
        "unreadable_valid_until": _("“%(text)s” is no day on which a cover could end."),
        "nobody_named": _(
            "The row names nobody: no customer code, SIREN or VAT number (%(name)s)."
        ),
        "unknown_customer": _(
            "No customer is known by %(who)s (%(name)s): open the account, or leave the row out."
        ),
        "several_customers": _(
            "%(who)s is held by several accounts (%(codes)s): add the customer code."
        ),
        "negative_amount": _("A cover of %(amount)s is below zero: ask the insurer what is meant."),
        "currency_outside": _(
            "%(currency)s is not a currency of the policy (%(known)s): add it there first."
        ),
        "days_out_of_order": _("The cover would end on %(until)s, before it begins on %(from)s."),
        "older_than_known": _(
            "This word of %(given)s is older than the one of %(known)s that is known."
        ),
        "other_company": _(
            "%(code)s has the SIREN %(known)s here, the row says %(given)s: two companies."
        ),
        "said_twice": _("Said twice, in rows %(rows)s: the first one counts."),
        "contradicts": _("Rows %(rows)s contradict each other about this customer: none is taken."),
        "two_currencies": _(
            "Rows %(rows)s give this customer covers in two currencies: none is taken."
        ),
    }


def _notes() -> dict[str, str]:
    return {
        "currency_of_policy": _("No currency given: the policy's is taken."),
        "day_of_import": _("No day given: it counts from today."),
        "state_from_amount": _("No decision given: the amount says it."),
        "state_unknown": _(
            "A decision nobody knows here: the cover counts for nothing until it is clear."
        ),
        "granted_without_amount": _("Granted without an amount: it counts for nothing."),
        "ended_already": _("This cover has ended already."),
        "name_differs": _("The names differ: “%(given)s” there, “%(known)s” here."),
    }


def sentence(verdict: Verdict) -> str:
    """Return why a row is refused, or what was made of it, in sentences; empty where all was plain."""
    facts = {key: _shown(value) for key, value in verdict.facts.items()}
    if verdict.problem:
        return _problems()[verdict.problem] % facts
    notes = _notes()
    return " ".join(
        notes[code] % facts if "%(" in notes[code] else notes[code] for code in verdict.notes
    )


def _shown(value: str) -> str:
    try:
        return formats.day(date.fromisoformat(value), language())
    except ValueError:
        pass
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return value
    is_number = not value.isdecimal()  # a SIREN stays as it is
    return formats.number(amount, language(), decimals=2) if is_number else value


def fault(code: str) -> str:
    """Return what was wrong with a provider or an insurer, in a sentence; an unknown code as it is."""
    known = {
        "timeout": _("No answer in time."),
        "unreachable": _("Not reached."),
        "too_large": _("The answer was too large to be read."),
        "not_json": _("The answer was no data, a page perhaps."),
        "nonsense": _("The answer made no sense."),
        "other_company": _("The answer was about another company: nothing of it is kept."),
        "not_allowed": _("The key was refused: check it with the provider."),
        "provider_quota": _("The provider's own quota is used up."),
        "gone": _("The address is no longer served."),
        "status": _("The provider answered with an error."),
        "nothing_usable": _("Nothing of what came could be taken in."),
    }
    return known.get(code, code)


def problem_of(code: str) -> str:
    """Return which part of an answer could not be used, in words."""
    part, _mark, kind = code.rpartition("_")
    parts: Mapping[str, Any] = {
        "accounts": _("accounts"),
        "sales": _("sales"),
        "vat": _("VAT number"),
        "address": _("address"),
        "event": _("legal events"),
        "events": _("legal events"),
        "state": _("state of the company"),
    }
    named = next(
        (str(words) for name, words in parts.items() if code.startswith(name)), part or code
    )
    if code == "vat_key_unreadable":
        return _("VAT number: its key does not agree with the SIREN.")
    if code.endswith("unreadable"):
        return _("%(part)s: a value could not be read.") % {"part": named}
    if code.endswith("other_company"):
        return _("%(part)s: they are another company's.") % {"part": named}
    reason = next(
        (fault(one) for one in ("timeout", "unreachable", "too_large", "not_json", "not_allowed",
                                "provider_quota", "status", "nonsense") if code.endswith(one)),
        kind,
    )  # fmt: skip
    return f"{named}: {reason}"


def figures() -> dict[str, str]:
    """Return the names of a financial year's figures, in words."""
    return {
        "sales": _("Sales"),
        "profit": pgettext("accounts", "Profit"),
        "equity": _("Equity"),
        "cash": _("Cash"),
        "stable_debt": _("Long-term debt"),
        "short_debt": _("Debt within a year"),
        "financial_debt": _("Financial debt"),
        "value_added": _("Value added"),
        "working_capital": _("Working capital"),
        "working_capital_need": _("Working capital need"),
        "ebitda": _("EBITDA"),
        "cash_flow": _("Cash flow"),
    }
