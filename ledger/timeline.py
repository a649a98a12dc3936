"""The sentences of a customer's history that the ledger writes, and how any app's sentence is told."""

from datetime import date
from decimal import Decimal
from importlib import import_module
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kernel.formats import day, money
from kernel.money import Money

SENTENCES = {
    "ledger.customer_opened": _("Account %(code)s opened"),
    "ledger.owners_changed": _("Owners changed"),
    "ledger.classified": _("Classification changed, risk class %(risk_class)s"),
    "ledger.terms_changed": _("Payment terms changed from %(before)s to %(after)s"),
    "ledger.illegal_terms_agreed": _(
        "Payment terms changed from %(before)s to %(after)s, %(days_over)s days beyond the legal cap"
    ),
    "ledger.contact_added": _("Contact %(name)s added"),
    "ledger.contact_changed": _("Contact %(name)s changed"),
    "ledger.line_redated": _("Due date of %(document)s moved from %(before)s to %(after)s"),
    "ledger.allocated": _("%(amount)s of %(credit)s settles %(debit)s"),
    "ledger.allocation_reversed": _("%(amount)s of %(credit)s no longer settles %(debit)s"),
    "ledger.documents_imported": _("%(count)s documents from %(file)s"),
    "ledger.invoice_recorded": _("Invoice %(document)s of %(amount)s, due %(due)s"),
    "ledger.credit_note_recorded": _("Credit note %(document)s of %(amount)s"),
    "ledger.payment_received": _("Payment of %(amount)s received"),
    "ledger.note_added": _("Note"),
    "ledger.file_added": _("File added to %(document)s"),
    "ledger.files_added": _("%(count)s files added to documents"),
    "ledger.file_removed": _("File of %(document)s removed"),
    "ledger.payment_unallocated": _("Payment of %(amount)s received, not yet allocated"),
}


def sentence(text_code: str, facts: dict[str, Any]) -> str:
    """Return the sentence `<app>.<name>` with its facts as the current language writes them."""
    app = text_code.partition(".")[0]
    texts: dict[str, Any] = import_module(f"{app}.timeline").SENTENCES
    language = get_language() or "en"
    return str(texts[text_code]) % {name: told(fact, language) for name, fact in facts.items()}


def told(fact: object, language: str) -> str:
    """Return one fact as people read it: an amount with its currency, a date as the language writes it."""
    if isinstance(fact, dict) and "currency" in fact:
        return money(Money(Decimal(str(fact["amount"])), str(fact["currency"])), language)
    text = str(fact)
    try:
        return day(date.fromisoformat(text), language) if text[4:5] == "-" else text
    except ValueError:
        return text
