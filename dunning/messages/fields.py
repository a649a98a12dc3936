"""The published merge fields: all a message template can read, each a text already formatted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dunning.documents import figures
from dunning.documents.view import LineView, MessageView, clean

# A block stands for a piece of layout that no template could write safely, such as the table. Its
# marker is two private-use characters, which values never hold (see `view.clean`).
BLOCK_OPEN, BLOCK_CLOSE = "\ue000", "\ue001"


@dataclass(frozen=True, slots=True)
class Field:
    """A name the editor offers and what it stands for."""

    name: str
    meaning: str | Promise


FIELDS: tuple[Field, ...] = (
    Field("creditor.name", _("your company, as the account holder")),
    Field("creditor.entity", _("the code of the legal entity that claims")),
    Field("sender.name", _("the person who signs")),
    Field("sender.email", _("the address of the person who signs")),
    Field("sender.phone", _("the telephone of the person who signs, or nothing")),
    Field("recipient.name", _("the contact who reads, or nothing")),
    Field("recipient.email", _("the address of the contact who reads")),
    Field("customer.name", _("the customer")),
    Field("customer.code", _("the customer's code")),
    Field("total", _("the amount to pay, with its currency")),
    Field("total_not_due", _("what is not due yet, or nothing")),
    Field("total_disputed", _("what is disputed and not claimed, or nothing")),
    Field("line_count", _("how many lines are claimed")),
    Field("is_single", _("true when one line is claimed")),
    Field("items", _("the lines: items[].number, due, late, amount, note")),
    Field("today", _("the date of the message, such as 19 November 2026")),
    Field("first_due", _("the earliest due date of the lines claimed")),
    Field("previous_message", _("the date of the previous message, or nothing")),
    Field("reference", _("the payment reference")),
    Field("iban", _("the account to pay to, or nothing")),
    Field("portal", _("the address of the customer's page, or nothing")),
    Field("portal_valid_until", _("the last day of the link, or nothing")),
    Field("penalties.interest", _("late interest up to today, or nothing")),
    Field("penalties.fixed_indemnity", _("the fixed recovery charges, or nothing")),
    Field("penalties.total", _("late interest and charges together, or nothing")),
    Field("penalties.rates", _("the yearly rates and since when, or nothing")),
    Field("penalties.grand_total", _("the amount to pay with interest and charges, or nothing")),
    Field("notice_number", _("the number of the formal notice")),
    Field("promised_date", _("the day by which it is promised, in the recap of a promise")),
)

BLOCKS: tuple[Field, ...] = (
    Field("blocks.amount", _("the amount in large figures")),
    Field("blocks.button", _("the button to the customer's page")),
    Field("blocks.answers", _("the three answers: a date, already paid, a dispute")),
    Field("blocks.items", _("the table of lines")),
    Field("blocks.notes", _("what is disputed or not due yet")),
    Field("blocks.transfer", _("the bank transfer: code to scan, IBAN, reference")),
    Field("blocks.penalties", _("interest and charges, from level 3")),
    Field("blocks.signature", _("the name and the telephone of the person who signs")),
)

SWITCHES = ("button", "answers", "penalties", "transfer", "code")
"""The blocks an author may switch on and off; `code` is the picture to scan within `transfer`."""

_ITEM_FIELDS = frozenset({"number", "due", "late", "amount", "note"})
ITEM_PATHS = frozenset(f"items.{name}" for name in _ITEM_FIELDS)


def published_paths() -> frozenset[str]:
    """Return every dotted path a template may read."""
    return frozenset(field.name for field in (*FIELDS, *BLOCKS)) | ITEM_PATHS


def merge_fields(view: MessageView, *, first_due: str, notice_number: str) -> dict[str, Any]:
    """Return the context of a template: plain dicts, lists, texts and two truth values."""
    content = view.content
    penalties = view.penalties
    return {
        "creditor": {
            "name": clean(content.creditor.entity_name),
            "entity": clean(content.creditor.entity_code),
        },
        "sender": {
            "name": clean(content.sender.name),
            "email": clean(content.sender.email),
            "phone": clean(content.sender.phone),
        },
        "recipient": {
            "name": clean(content.recipient.name),
            "email": clean(content.recipient.email),
        },
        "customer": {"name": clean(content.customer.name), "code": clean(content.customer.code)},
        "total": view.net,
        "total_not_due": view.total_not_due,
        "total_disputed": view.total_disputed,
        "line_count": str(len(view.claimed)),
        "is_single": len(view.claimed) == 1,
        "items": [_item(line) for line in view.claimed],
        "today": view.today_full,
        "first_due": first_due,
        "previous_message": view.previous_message,
        "reference": view.reference,
        "iban": view.iban,
        "portal": content.portal_url,
        "portal_valid_until": view.portal_valid_until,
        "penalties": {
            "interest": penalties.interest if penalties else "",
            "fixed_indemnity": penalties.fixed_indemnity if penalties else "",
            "total": penalties.total if penalties else "",
            "rates": penalties.rates if penalties else "",
            "grand_total": penalties.grand_total if penalties else "",
        },
        "notice_number": notice_number,
        "promised_date": promised_day(view),
        "blocks": {
            name: f"{BLOCK_OPEN}{name}{BLOCK_CLOSE}"
            for name in (field.name.removeprefix("blocks.") for field in BLOCKS)
        },
    }


def promised_day(view: MessageView) -> str:
    """Return the day by which the lines are promised, written in full; empty in a reminder."""
    day = view.content.promised_date
    return figures.day_full(day, view.language) if day else ""


def kept_facts(fields: dict[str, Any]) -> dict[str, Any]:
    """Return what is kept of the values a message was filled with: all but our markers and the customer's key."""
    return {name: value for name, value in fields.items() if name not in {"blocks", "portal"}}


def _item(line: LineView) -> dict[str, str]:
    return {
        "number": line.number,
        "due": line.due,
        "late": line.late,
        "amount": line.claimed,
        "note": line.note,
    }
