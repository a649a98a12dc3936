"""Forms of visits and margins."""

import csv
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit.forms.fields import HUNDRED, DayField, PercentField, language, words_field
from kernel import formats
from kernel.errors import Refused

MOST_LINES = 20_000


class SignedPercentField(PercentField):
    """A percentage that may be below zero."""

    def clean(self, value: object) -> Decimal | None:
        """Return the fraction that was meant."""
        text = str(value or "").strip()
        sign = -1 if text.startswith(("-", "−")) else 1
        found = super().clean(text.lstrip("-−"))
        return None if found is None else sign * found


class VisitForm(forms.Form):
    """A visit, a call or a talk with a customer."""

    day = DayField(label=gettext_lazy("Day"))
    words = words_field(gettext_lazy("What was seen or agreed"), rows=3, size=2000)
    is_sensitive = forms.BooleanField(
        label=gettext_lazy("Sensitive: few read it, and each reading is noted"), required=False
    )


class MarginForm(forms.Form):
    """What a customer's sales leave."""

    expected = SignedPercentField(label=gettext_lazy("Expected margin"), required=False)
    actual = SignedPercentField(label=gettext_lazy("Actual margin"), required=False)
    valid_from = DayField(label=gettext_lazy("From"))


class MarginFileForm(forms.Form):
    """A file of margins."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        max_length=250,
        help_text=gettext_lazy(
            "CSV with four columns: code, expected margin in %, actual margin in %, from (2026-01-31)."
        ),
    )


def margin_lines(content: bytes) -> Iterator[tuple[int, str, Decimal | None, Decimal | None, date]]:
    """Yield line number, code, expected and actual margin as fractions, and the day; raises Refused with the line."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    separator = ";" if ";" in text.partition("\n")[0] else ","
    rows = csv.reader(text.splitlines(), delimiter=separator)
    for number, row in enumerate(rows, start=1):
        if not row or (number == 1 and len(row) > 1 and not any(map(str.isdigit, row[1]))):
            continue  # an empty line, or the headings
        if number > MOST_LINES:
            raise UnreadableMargin(_("A file has %(most)s lines at most.") % {"most": MOST_LINES})
        yield _line(number, row)


class UnreadableMargin(Refused):
    """A line of the file cannot be read."""

    code = "unreadable_margin"


def _line(number: int, row: list[str]) -> tuple[int, str, Decimal | None, Decimal | None, date]:
    facts: dict[str, Any] = {"line": number}
    try:
        code, expected, actual, day = (one.strip() for one in row[:4])
        return number, code, _rate(expected), _rate(actual), date.fromisoformat(day)
    except (ValueError, Refused) as fault:
        raise UnreadableMargin(
            _("Line %(line)s cannot be read: code; expected %%; actual %%; 2026-01-31.") % facts,
            line=number,
        ) from fault


def _rate(text: str) -> Decimal | None:
    if not text:
        return None
    return formats.parse_amount(text.replace("%", "").strip(), language()) / HUNDRED
