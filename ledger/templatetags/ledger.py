"""Filters for rows of the ledger: `{% load ledger %}`."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from django import template

from kernel.money import Money
from ledger.models import DocumentKind, DueLine
from ledger.ports import ShownStage

register = template.Library()


@register.filter
def line_amount(line: DueLine) -> Money:
    """Return what the line was, signed."""
    return Money(line.amount, line.currency)


@register.filter
def line_open(line: DueLine) -> Money:
    """Return what the line still owes, signed."""
    return Money(line.open_amount, line.currency)


@register.filter
def of_line(stages: Mapping[UUID, ShownStage], line: DueLine) -> ShownStage | None:
    """Return how far the matter has gone for a line, None when nothing of it is owed."""
    return stages.get(line.pk)


@register.filter
def state_on(line: DueLine, today: date) -> str:
    """Return the word of the state vocabulary for a line on a day: settled, overdue, partial, not_due."""
    if not line.is_open:
        return "settled"
    if line.kind == DocumentKind.CREDIT_NOTE:
        return "credit_note"
    if line.kind == DocumentKind.PAYMENT:
        return "payment"
    if line.due_date < today:
        return "overdue"
    return "partial" if line.open_amount != line.amount else "not_due"
