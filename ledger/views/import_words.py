"""What imports are called on their pages: objects, figures, and the correction that settles a group of problems."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from ledger.imports.messages import file_sentence
from ledger.models import BatchState
from ledger.services.batches import OurFault, fault_sentence

OBJECTS: Final = {
    "customers": _("Customers"),
    "contacts": _("Contacts"),
    "colleagues": _("Colleagues named"),
    "documents": _("Documents"),
    "due_lines": _("Due lines"),
    "allocations": _("Allocations"),
    "implied_payments": _("Payments that the file implies"),
    "disputes": _("Disputes"),
}
FIGURES: Final = {
    "settled_as_absent": _("Settled (absent from the file)"),
    "taken_back": _("Settlements taken back"),
}
KINDS: Final = {
    "auto": _("File"),
    "fec": _("FEC"),
    "receivables": _("Receivables"),
}
DOCUMENT_SUMS: Final = {
    "invoices": _("Invoices"),
    "credit_notes": _("Credit notes"),
    "payments": _("Payments"),
}
STATUS_OF_STATE: Final = {
    BatchState.APPLIED: "ok",
    BatchState.STAGED: "info",
    BatchState.MAPPING_NEEDED: "warn",
    BatchState.REFUSED: "late",
}

# What has to be done, by code; the sentence of the first row says the rest.
GROUPS: Final = {
    "date_unreadable": _("Write the date in a known form"),
    "date_does_not_exist": _("Correct a day that does not exist"),
    "date_out_of_range": _("Correct the year"),
    "date_missing": _("Fill in the date"),
    "issue_date_missing": _("Fill in the date of the document"),
    "amount_unreadable": _("Write the amount in a known form"),
    "amount_ambiguous": _("Write the amount with two decimals"),
    "amount_missing": _("Fill in the amount"),
    "amount_zero": _("Correct an amount of 0"),
    "amount_too_large": _("Correct the amount"),
    "amount_too_precise": _("Round the amount"),
    "customer_code_missing": _("Fill in the customer code"),
    "customer_name_missing": _("Fill in the customer name"),
    "document_number_missing": _("Fill in the document number"),
    "duplicate_number": _("Remove the repeated document"),
    "type_unknown": _("Correct the type of document"),
    "currency_unknown": _("Correct the currency"),
    "currency_differs": _("Write one currency per document"),
    "country_unknown": _("Correct the country"),
    "language_unknown": _("Correct the language"),
    "email_unreadable": _("Correct the e-mail address"),
    "siren_impossible": _("Correct the SIREN"),
    "vat_number_impossible": _("Correct the VAT number"),
    "text_too_long": _("Shorten the text"),
    "too_many_cells": _("Put the text between quotation marks"),
    "negative_invoice": _("Name the credit note"),
    "due_before_issue": _("Check the two dates"),
    "excl_tax_above_amount": _("Check the amount without tax"),
    "open_amount_outside": _("Correct the open amount"),
    "settled_amounts_disagree": _("Make paid and open amounts agree"),
    "disputed_outside": _("Correct the disputed amount"),
    "paid_twice": _("Keep one of the two payments"),
    "linked_document_unknown": _("Import the missing invoice"),
    "credit_partly_used": _("Check the credit that is used elsewhere"),
    "entity_unknown": _("Create the entity or correct its code"),
    "amount_changed": _("Check the changed amount"),
    "below_settled": _("Reverse the settlement first"),
    "piece_repeated": _("Check whether it was booked twice"),
    "receivable_accounts_inferred": _("Check the customer accounts"),
    "no_auxiliary": _("Fill in the customer of the line"),
    "opening_known": _("Balances brought forward are known"),
    "opening_differs": _("Import the missing period"),
    "dates_estimated": _("Import the due dates"),
}


def refusal_sentence(refusal: dict[str, object] | None) -> str:
    """Return what stopped an import in the reader's language, where its facts suffice, else as it was said."""
    if not refusal:
        return ""
    details = refusal.get("details")
    if isinstance(details, dict):
        if refusal["code"] == OurFault.code:
            return fault_sentence(details)
        try:
            return file_sentence(str(refusal["code"]), details)
        except (KeyError, TypeError, ValueError, IndexError):
            return str(refusal["message"])
    return str(refusal["message"])
