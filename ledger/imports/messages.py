"""Findings in words: each names the value read, what is expected and the way out."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from kernel import formats
from kernel.errors import Refused

Facts = Mapping[str, Any]

AS_READ: Final = frozenset({"value", "name", "other", "customer"})
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class FileRefused(Refused):
    """A file, or all of its content, is not taken in; `code` says for what reason.

    `problems` are the rows behind it, where it has any, as the parser tells them.
    """

    code: str = "file_refused"  # type: ignore[misc]  # one class, the many reasons of a file

    def __init__(self, code: str, **facts: Any) -> None:
        sentence = file_sentence(code, facts)
        self.problems: list[Any] = facts.pop("problems", [])
        super().__init__(sentence, **facts)
        self.code = code


FIELD_LABELS: Final = {
    "customer_code": gettext_lazy("Customer code"),
    "customer_name": gettext_lazy("Customer name"),
    "document_number": gettext_lazy("Document number"),
    "document_type": gettext_lazy("Document type"),
    "issue_date": gettext_lazy("Issue date"),
    "due_date": gettext_lazy("Due date"),
    "amount": gettext_lazy("Amount, tax included"),
    "currency": gettext_lazy("Currency"),
    "amount_excl_tax": gettext_lazy("Amount without tax"),
    "open_amount": gettext_lazy("Open amount"),
    "paid_date": gettext_lazy("Payment date"),
    "paid_amount": gettext_lazy("Amount paid"),
    "linked_document": gettext_lazy("Linked document"),
    "disputed_amount": gettext_lazy("Disputed amount"),
    "dispute_reason": gettext_lazy("Dispute reason"),
    "siren": gettext_lazy("SIREN"),
    "vat_number": gettext_lazy("VAT number"),
    "country": gettext_lazy("Country"),
    "language": gettext_lazy("Language"),
    "email": gettext_lazy("E-mail"),
    "contact_name": gettext_lazy("Contact"),
    "phone": gettext_lazy("Phone"),
    "sales_rep": gettext_lazy("Sales representative"),
    "collector": gettext_lazy("Collector"),
    "order_number": gettext_lazy("Order number"),
    "entity": gettext_lazy("Entity"),
}


def field_label(field: str) -> str:
    """Return what people call a field; a FEC column keeps its legal name."""
    return str(FIELD_LABELS.get(field, field))


def megabytes(count: int) -> str:
    """Return a number of bytes in whole megabytes, as text."""
    return str(-(-count // 1_000_000))


_FILE: Final[dict[str, Callable[[Facts], str]]] = {
    "file_empty": lambda facts: (
        _(
            "%(name)s holds nothing (0 rows). Export it again and check that the period and the company "
            "are chosen."
        )
        % facts
    ),
    "file_too_large": lambda facts: (
        _(
            "%(name)s has %(found)s MB; a file may have %(most)s MB. Export a shorter period or one "
            "company at a time."
        )
        % {**facts, "found": megabytes(facts["bytes"]), "most": megabytes(facts["limit"])}
    ),
    "file_type_refused": lambda facts: (
        _(
            "%(name)s is not a file this page reads (found: %(found)s). Give a CSV or text file, an "
            "Excel workbook saved as .xlsx, or a FEC."
        )
        % facts
    ),
    "workbook_unreadable": lambda facts: (
        _(
            "%(name)s is not a sound Excel workbook: its content is damaged or is not what its name "
            "says. Open it, save it again as .xlsx or as CSV, and try again."
        )
        % facts
    ),
    "workbook_locked": lambda facts: (
        _("%(name)s is protected by a password. Save it without a password and try again.") % facts
    ),
    "workbook_too_many_members": lambda facts: (
        _(
            "%(name)s is made of %(members)s parts; a workbook may have %(limit)s. Copy the sheet with "
            "the receivables into a new workbook."
        )
        % facts
    ),
    "workbook_inflates": lambda facts: (
        _(
            "%(name)s unpacks to more than %(most)s MB. Save the sheet with the receivables as CSV, or "
            "export a shorter period."
        )
        % {**facts, "most": megabytes(facts["limit"])}
    ),
    "workbook_ratio": lambda facts: (
        _(
            "%(name)s unpacks to %(ratio)s times its size; %(limit)s times is the most. Save the sheet "
            "with the receivables as CSV."
        )
        % facts
    ),
    "workbook_declares": lambda facts: (
        _(
            "%(name)s declares a document type of its own, which no Excel workbook does. Open it, save "
            "it again as .xlsx, and try again."
        )
        % facts
    ),
    "sheet_reaches_far": lambda facts: (
        _(
            "A sheet of %(name)s reaches to cell %(cell)s: with its empty cells that is more than "
            "%(limit)s cells. Delete the empty rows and columns, or save the sheet as CSV."
        )
        % facts
    ),
    "binary_content": lambda facts: (
        _(
            "%(name)s holds bytes that no text file has. Export it as CSV with the encoding UTF-8, or "
            "as .xlsx."
        )
        % facts
    ),
    "encoding_unreadable": lambda facts: (
        _(
            "Line %(row)s of %(name)s cannot be read as %(encoding)s. Export the file again with the "
            "encoding UTF-8."
        )
        % facts
    ),
    "encoding_mixed": lambda facts: (
        _(
            "%(name)s mixes UTF-8 with another encoding; the first such line is %(row)s. Export the file "
            "again with the encoding UTF-8 throughout."
        )
        % facts
    ),
    "separator_not_found": lambda facts: (
        _(
            "No separator makes columns of %(name)s; its first line is “%(line)s”. Separate the columns "
            "by semicolons, commas, tabs or vertical bars."
        )
        % facts
    ),
    "quotes_unclear": lambda facts: (
        _(
            "A quotation mark opened in line %(row)s of %(name)s is not closed, or text follows it. "
            'Double each " inside a text, or leave the quotation marks out.'
        )
        % facts
    ),
    "field_too_long": lambda facts: (
        _(
            "A cell in line %(row)s of %(name)s is longer than %(limit)s characters: a quotation mark is "
            "probably not closed. Correct that line and try again."
        )
        % facts
    ),
    "too_many_rows": lambda facts: (
        _(
            "%(name)s has more than %(limit)s rows. Export a shorter period or one company at a time."
        )
        % facts
    ),
    "too_many_columns": lambda facts: (
        _(
            "%(name)s has %(columns)s columns; %(limit)s is the most. Remove the columns that nobody needs."
        )
        % facts
    ),
    "fec_headers_missing": lambda facts: (
        _(
            "%(name)s does not begin with the columns of a FEC (found: %(headers)s). Export the FEC with "
            "its header line, or import the file as receivables."
        )
        % facts
    ),
    "fec_columns_missing": lambda facts: (
        _(
            "The FEC %(name)s lacks these columns: %(missing)s. Export it again with the 18 legal columns."
        )
        % facts
    ),
    "no_receivable_account": lambda facts: (
        _(
            "None of the %(lines)s lines of %(name)s is on a customer account (411, 413 or 416). Export "
            "the whole ledger, customer accounts included."
        )
        % facts
    ),
    "kind_not_readable": lambda facts: (
        _("Files of the kind “%(kind)s” are not read yet. Give a FEC or a receivables file.")
        % facts
    ),
    "nothing_accepted": lambda facts: (
        _(
            "None of the %(rows)s rows of %(name)s could be taken. Correct what is listed below and try "
            "again; nothing was written."
        )
        % facts
    ),
    "full_needs_all_rows": lambda facts: (
        _(
            "%(rejected)s rows of %(name)s are rejected: as a full picture the file would settle their "
            "documents. Correct the rows, or import the file as an addition."
        )
        % facts
    ),
    "mapping_needed": lambda facts: (
        _(
            "No column of %(name)s was recognised as: %(fields)s. Say which column holds each of them; the "
            "answer is remembered."
        )
        % {**facts, "fields": ", ".join(field_label(field) for field in facts["missing"])}
    ),
    "entity_unknown": lambda facts: (
        _(
            "No entity has the code “%(value)s”. Known codes: %(known)s. Create the entity first, or "
            "correct the code."
        )
        % facts
    ),
    "entity_needed": lambda facts: (
        _(
            "Say which entity %(name)s belongs to: this client has %(count)s (%(known)s). Choose one, or "
            "add a column with the entity's code."
        )
        % facts
    ),
    "file_missing": lambda facts: (
        _("There is no file %(name)s. Check the path and that it may be read.") % facts
    ),
    "already_written": lambda facts: (
        _("%(name)s is written already. Undo the import instead of dropping the file.") % facts
    ),
    "before_opening": lambda facts: (
        _(
            "%(name)s ends on %(last)s, but %(other)s has brought balances forward on %(opening)s: they "
            "would count twice. Undo that import, import this file, then that one again."
        )
        % facts
    ),
    "entity_missing": lambda facts: (
        _(
            "This client has no entity yet. Create the legal entity that issues the invoices, then import "
            "again."
        )
        % facts
    ),
}


def file_sentence(code: str, facts: Facts) -> str:
    """Return the sentence for what is wrong with a whole file."""
    facts = _spoken(facts)
    if code == "fec_unbalanced":
        return _unbalanced(facts)
    if code == "fec_unreadable":
        return _unreadable(facts)
    return _FILE[code](facts)


def _unbalanced(facts: Facts) -> str:
    if not facts["entries"]:
        return (
            _(
                "The books in %(name)s do not balance: debit %(debit)s, credit %(credit)s, difference "
                "%(difference)s. Correct them in the accounting program and export again."
            )
            % facts
        )
    sentence = (
        ngettext(
            "%(count)s entry of %(name)s does not balance.",
            "%(count)s entries of %(name)s do not balance.",
            facts["count"],
        )
        % facts
    )
    first = (
        _(
            "Entry %(entry)s of journal %(journal)s on %(date)s (line %(row)s): debit %(debit)s, credit "
            "%(credit)s, difference %(difference)s. Correct it in the accounting program and export again."
        )
        % facts["entries"][0]
    )
    return f"{sentence} {first}"


def _unreadable(facts: Facts) -> str:
    row, column, code, found, *_rest = facts["problems"][0]
    sentence = (
        ngettext(
            "%(count)s line of the FEC %(name)s cannot be read, so its totals cannot be checked.",
            "%(count)s lines of the FEC %(name)s cannot be read, so its totals cannot be checked.",
            facts["count"],
        )
        % facts
    )
    where = _("Line %(row)s:") % {"row": row}
    return f"{sentence} {where} {row_sentence(code, column, found)}"


_ROW: Final[dict[str, Callable[[Facts], str]]] = {
    "date_unreadable": lambda facts: (
        _("%(field)s: “%(value)s” is no date. Write it like 31/12/2026 or 2026-12-31.") % facts
    ),
    "date_does_not_exist": lambda facts: (
        _(
            "%(field)s: “%(value)s” does not exist. The month ends on %(month_end)s; correct the day."
        )
        % facts
    ),
    "date_out_of_range": lambda facts: (
        _("%(field)s: “%(value)s” lies outside the years %(first)s to %(last)s. Correct the year.")
        % facts
    ),
    "date_missing": lambda facts: (
        _("%(field)s is empty. Write the date like 20261231 or 31/12/2026.") % facts
    ),
    "amount_unreadable": lambda facts: (
        _("%(field)s: “%(value)s” is no amount. Write it like 1234,56 or 1234.56.") % facts
    ),
    "amount_ambiguous": lambda facts: (
        _(
            "%(field)s: “%(value)s” can be thousands or decimals, and nothing else in the file tells "
            "which. Write two decimals, like 1234,56."
        )
        % facts
    ),
    "amount_too_large": lambda facts: (
        _(
            "%(field)s: “%(value)s” has more than %(digits)s digits before the decimal mark. Correct it."
        )
        % facts
    ),
    "amount_too_precise": lambda facts: (
        _("%(field)s: “%(value)s” has more than %(decimals)s decimals. Round it.") % facts
    ),
    "amount_zero": lambda facts: (
        _(
            "%(field)s is 0: such a document changes nothing. Correct the amount or leave the row out."
        )
        % facts
    ),
    "side_unknown": lambda facts: (
        _("%(field)s: “%(value)s” is neither debit (D) nor credit (C).") % facts
    ),
    "customer_code_missing": lambda facts: (
        _("%(field)s is empty. Write the code by which your accounting knows the customer.") % facts
    ),
    "customer_name_missing": lambda facts: (
        _(
            "%(field)s is empty for customer %(customer)s: the code stands for the name. Fill it in to "
            "change that."
        )
        % facts
    ),
    "document_number_missing": lambda facts: (
        _("%(field)s is empty. Write the number of the invoice, credit note or payment.") % facts
    ),
    "issue_date_missing": lambda facts: (
        _("%(field)s is empty. Write the date of the document like 31/12/2026 or 2026-12-31.")
        % facts
    ),
    "amount_missing": lambda facts: (
        _("%(field)s is empty. Write the amount with tax, like 1234,56.") % facts
    ),
    "type_unknown": lambda facts: (
        _(
            "%(field)s: “%(value)s” is none of invoice, credit note, payment or deposit. Write one of "
            "these, or leave the cell empty: the sign then tells."
        )
        % facts
    ),
    "currency_unknown": lambda facts: (
        _(
            "%(field)s: “%(value)s” is no currency. Write its ISO code of three letters, like EUR or USD."
        )
        % facts
    ),
    "currency_differs": lambda facts: (
        _(
            "%(field)s: document %(number)s is in “%(value)s” here and in “%(first)s” further up. Write one "
            "currency for all its rows."
        )
        % facts
    ),
    "country_unknown": lambda facts: (
        _(
            "%(field)s: “%(value)s” is no known country; it is left out. Write the ISO code of two letters, "
            "like FR."
        )
        % facts
    ),
    "language_unknown": lambda facts: (
        _("%(field)s: “%(value)s” is left out. Write fr, en, de, es, it or nl.") % facts
    ),
    "email_unreadable": lambda facts: (
        _(
            "%(field)s: “%(value)s” is no e-mail address; the contact is taken without it. Write one "
            "address like name@company.fr."
        )
        % facts
    ),
    "siren_impossible": lambda facts: (
        _(
            "%(field)s: “%(value)s” is no SIREN (9 digits with a check digit); it is left out. Check it on "
            "an invoice of the customer."
        )
        % facts
    ),
    "vat_number_impossible": lambda facts: (
        _(
            "%(field)s: “%(value)s” is no VAT number of the European Union; it is left out. Write it with "
            "its country's letters, like FR40303265045."
        )
        % facts
    ),
    "text_too_long": lambda facts: (
        _("%(field)s: “%(value)s” has %(length)s characters; %(limit)s is the most. Shorten it.")
        % facts
    ),
    "too_many_cells": lambda facts: (
        _(
            "The row has %(cells)s cells for %(columns)s columns: a separator stands inside a text. Put "
            "that text between quotation marks."
        )
        % facts
    ),
    "duplicate_number": lambda facts: (
        _(
            "%(field)s: row %(first)s already has document “%(value)s” of this customer with the same due "
            "date. Remove one of them, or give an instalment its own due date."
        )
        % facts
    ),
    "negative_invoice": lambda facts: (
        _(
            "%(field)s: an invoice of %(value)s is taken as a credit note. Write the type credit note to "
            "say so."
        )
        % facts
    ),
    "due_before_issue": lambda facts: (
        _(
            "%(field)s: due on %(due)s, before the issue on %(issued)s; taken as written. Check both dates."
        )
        % facts
    ),
    "excl_tax_above_amount": lambda facts: (
        _(
            "%(field)s: %(value)s without tax is more than %(amount)s with tax; taken as written. Check "
            "both columns."
        )
        % facts
    ),
    "open_amount_outside": lambda facts: (
        _(
            "%(field)s: %(value)s cannot still be open of %(amount)s. Write what is left to pay, between "
            "0 and the amount."
        )
        % facts
    ),
    "settled_amounts_disagree": lambda facts: (
        _(
            "%(field)s: of %(amount)s, %(paid)s is paid and %(owed)s still open, which does not add up. "
            "Correct one of them."
        )
        % facts
    ),
    "disputed_outside": lambda facts: (
        _(
            "%(field)s: %(value)s cannot be disputed of %(amount)s; no dispute is opened. Write a part of "
            "the amount."
        )
        % facts
    ),
    "paid_twice": lambda facts: (
        _(
            "%(field)s: document %(number)s has its payment in its own row and in row %(first)s; the "
            "payment rows count. Keep one of the two."
        )
        % facts
    ),
    "linked_document_unknown": lambda facts: (
        _(
            "%(field)s: no invoice “%(value)s” of this customer is known; the amount stays on account. "
            "Correct the number or import the invoice."
        )
        % facts
    ),
    "entity_unknown": lambda facts: (
        _(
            "%(field)s: no entity has the code or name “%(value)s”. Create the entity or correct the cell."
        )
        % facts
    ),
    "amount_changed": lambda facts: (
        _(
            "%(field)s: document %(number)s is known with %(known)s and is now %(value)s. The value of the "
            "file is taken."
        )
        % facts
    ),
    "below_settled": lambda facts: (
        _(
            "%(field)s: document %(number)s is now %(value)s, less than the %(settled)s already settled. "
            "The document is left as it was; reverse the settlement first."
        )
        % facts
    ),
    "piece_repeated": lambda facts: (
        _(
            "%(field)s: piece “%(value)s” of customer %(customer)s already stands in line %(first)s with "
            "another entry; it is taken as a document of its own. Check whether it was booked twice."
        )
        % facts
    ),
    "receivable_accounts_inferred": lambda facts: (
        _(
            "No account begins with 411, 413 or 416; the accounts with customers are taken instead: "
            "%(accounts)s."
        )
        % facts
    ),
    "no_auxiliary": lambda facts: (
        ngettext(
            "%(lines)s line of account %(account)s names no customer (balance %(balance)s): it stands "
            "under a customer of its own. Fill in CompAuxNum to place it.",
            "%(lines)s lines of account %(account)s name no customer (balance %(balance)s): they stand "
            "under a customer of their own. Fill in CompAuxNum to place them.",
            facts["lines"],
        )
        % facts
    ),
    "opening_known": lambda facts: (
        _(
            "The balance brought forward of %(customers)s customers is already in the ledger from earlier "
            "files; it is compared and not added again."
        )
        % facts
    ),
    "opening_differs": lambda facts: (
        _(
            "Customer %(customer)s is brought forward with %(value)s, but the ledger had %(known)s on that "
            "day. Import the missing period, or check the opening entries."
        )
        % facts
    ),
    "dates_estimated": lambda facts: (
        _(
            "%(count)s due dates are not in the file: they are estimated from the customer's terms, else "
            "30 days, and marked so. Import a receivables file with due dates to make them exact."
        )
        % facts
    ),
}


def row_sentence(code: str, column: str, facts: Facts) -> str:
    """Return the sentence for what is wrong with one cell."""
    return _ROW[code]({"field": field_label(column), **_spoken(facts)})


def _spoken(facts: Facts) -> dict[str, Any]:
    """Return the facts with our own dates as people write them; what was read from a file stays as it was."""
    language = get_language() or "en"
    return {
        name: formats.day(date.fromisoformat(str(fact)), language)
        if isinstance(fact, str | date) and name not in AS_READ and _ISO_DAY.fullmatch(str(fact))
        else fact
        for name, fact in facts.items()
    }
