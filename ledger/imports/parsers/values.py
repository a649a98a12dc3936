"""How cells become values: one rule per file for what a single cell cannot tell.

`03/04/2026` is the 3rd of April or the 4th of March, `1.234` is a thousand or a bit more than one:
the whole column is looked at once, then every cell is read the same way.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any, Final

FIRST_YEAR: Final = 1990
LAST_YEAR: Final = 2099
MOST_DECIMALS: Final = 4
MOST_DIGITS: Final = 15  # numeric(19, 4)
SERIAL_DAY_ZERO: Final = date(1899, 12, 30)  # Excel counts from here once its 29/02/1900 is allowed
SERIALS: Final = range(32874, 73051)  # 1990-01-01 to 2099-12-31
FLOAT_NOISE: Final = Decimal("0.000001")  # a spreadsheet's 0.30000000000000004 is 0.3
HUNDRED: Final = 100
YEAR_DIGITS: Final = 4


class ValueProblem(Exception):  # noqa: N818  a finding about a cell, not a fault
    """A cell cannot be read as what its column holds; `code` and `facts` become a sentence."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


class DateOrder(StrEnum):
    """How a file writes days when it writes them with separators."""

    DAY_FIRST = "day_first"
    MONTH_FIRST = "month_first"


_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_PARTS = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})")
_TIME = re.compile(r"[T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?$")
_SERIAL = re.compile(r"\d{5}(\.0+)?")


@dataclass(frozen=True, slots=True)
class DateRule:
    """How one file writes its dates, and whether anything in it proved that."""

    order: DateOrder
    is_proven: bool
    serials: bool


def date_rule(texts: Iterable[str]) -> DateRule:
    """Return how a file writes dates, from all the dates it holds.

    A first part above 12 proves day first, a second part above 12 month first. Where both occur,
    the order that leaves fewer impossible days wins; where none does, the French order holds.
    Five-digit numbers are spreadsheet days only when no date is written otherwise.
    """
    day_proofs = month_proofs = written = serials = 0
    for text in texts:
        if _SERIAL.fullmatch(text):
            serials += 1
            continue
        written += 1
        match = _PARTS.fullmatch(_TIME.sub("", text))
        if match:
            first, second = int(match[1]), int(match[2])
            day_proofs += first > 12 >= second  # noqa: PLR2004  months of a year
            month_proofs += second > 12 >= first  # noqa: PLR2004
    order = DateOrder.MONTH_FIRST if month_proofs > day_proofs else DateOrder.DAY_FIRST
    return DateRule(order, day_proofs != month_proofs, serials > 0 and written == 0)


class DateReader:
    """Reads the dates of one file; most of them repeat, so each text is worked out once."""

    def __init__(self, rule: DateRule) -> None:
        self.rule = rule
        self._known: dict[str, str | ValueProblem] = {}

    def read(self, text: str) -> str:
        """Return the day as ISO 8601; raises ValueProblem."""
        known = self._known.get(text)
        if known is None:
            try:
                known = _day(text, self.rule).isoformat()
            except ValueProblem as problem:
                known = problem
            self._known[text] = known
        if isinstance(known, ValueProblem):
            raise known
        return known


def _day(text: str, rule: DateRule) -> date:
    bare = _TIME.sub("", text.strip())
    if match := _ISO.fullmatch(bare) or _COMPACT.fullmatch(bare):
        year, month, day = (int(part) for part in match.groups())
    elif match := _PARTS.fullmatch(bare):
        first, second, year = (int(part) for part in match.groups())
        month_first = rule.order is DateOrder.MONTH_FIRST
        day, month = (second, first) if month_first else (first, second)
        year += 2000 if len(match[3]) < YEAR_DIGITS else 0
    elif rule.serials and _SERIAL.fullmatch(bare):
        return serial_day(float(bare), text)
    else:
        raise ValueProblem("date_unreadable", value=text)
    return _existing_day(year, month, day, text)


def _existing_day(year: int, month: int, day: int, text: str) -> date:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueProblem("date_out_of_range", value=text, first=FIRST_YEAR, last=LAST_YEAR)
    try:
        return date(year, month, day)
    except ValueError:
        pass
    if 1 <= month <= 12 and 28 < day <= 31:  # noqa: PLR2004  a day some other month has
        last = (date(year, month, 28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        raise ValueProblem("date_does_not_exist", value=text, month_end=last.isoformat())
    raise ValueProblem("date_unreadable", value=text)


def serial_day(number: float, text: str) -> date:
    """Return the day a spreadsheet counts as `number`; raises ValueProblem outside 1990-2099."""
    if int(number) not in SERIALS:
        raise ValueProblem("date_out_of_range", value=text, first=FIRST_YEAR, last=LAST_YEAR)
    return SERIAL_DAY_ZERO + timedelta(days=int(number))


_DROPPED = dict.fromkeys(map(ord, " \u00a0\u202f\u2009'’€$£"), None) | {ord("\u2212"): "-"}
_SIMPLE = re.compile(r"-?\d{1,15}[.,]\d{1,2}")
_INTEGER = re.compile(r"-?\d{1,15}")
_SHAPE = re.compile(r"\d[\d.,]*|[.,]\d+")
_CODE = re.compile(r"^[A-Z]{3}\b|(?<=[\d ).\u00a0\u202f-])[A-Z]{3}$")


def decimal_mark(texts: Iterable[str]) -> str | None:
    """Return the decimal mark that the amounts of a file prove, or None when none of them does."""
    for text in texts:
        mark = _proven_mark(text)
        if mark is not None:
            return mark
    return None


def _proven_mark(text: str) -> str | None:
    comma, point = text.rfind(","), text.rfind(".")
    if comma < 0 and point < 0:
        return None
    last = max(comma, point)
    mark = text[last]
    if comma >= 0 and point >= 0:
        return mark
    if text.count(mark) > 1:
        return "." if mark == "," else ","
    decimals = len(text[last + 1 :].rstrip("-) \u00a0\u202f€$£"))
    return None if decimals == 3 else mark  # noqa: PLR2004  as many as a group of thousands


class AmountReader:
    """Reads the amounts of one file: French and English marks, spaces, parentheses, signs."""

    def __init__(self, mark: str | None) -> None:
        self._mark = mark

    def read(self, text: str) -> Decimal:
        """Return the amount; raises ValueProblem. Never through a float, no exponent, no NaN."""
        if _SIMPLE.fullmatch(text):
            return Decimal(text.replace(",", "."))  # two decimals at most: no doubt about the mark
        if _INTEGER.fullmatch(text):
            return Decimal(text)
        return self._slowly(text)

    def _slowly(self, text: str) -> Decimal:
        body = _CODE.sub("", text.strip()).translate(_DROPPED)
        negative = False
        if body.startswith("(") and body.endswith(")"):
            negative, body = True, body[1:-1]
        if body.endswith("-"):
            negative, body = not negative, body[:-1]
        elif body[:1] in {"-", "+"}:
            negative, body = negative != (body[0] == "-"), body[1:]
        if not _SHAPE.fullmatch(body) or not body.isascii():
            raise ValueProblem("amount_unreadable", value=text)
        amount = _bounded(Decimal(self._plain(body, text)), text)
        return -amount if negative else amount

    def _plain(self, body: str, text: str) -> str:
        """Return the digits with a point for the decimal mark, thousands joined."""
        last = max(body.rfind(","), body.rfind("."))
        if last < 0:
            return body
        mark = body[last]
        other = "." if mark == "," else ","
        if other in body:
            return _grouped(body[:last], other, text) + "." + body[last + 1 :]
        if body.count(mark) > 1:
            return _grouped(body, mark, text)
        whole, decimals = body[:last], body[last + 1 :]
        could_be_thousands = len(decimals) == 3 and 1 <= len(whole.lstrip("0")) <= 3  # noqa: PLR2004
        if not could_be_thousands or mark == self._mark:
            return f"{whole or '0'}.{decimals or '0'}"
        if self._mark is None:
            raise ValueProblem("amount_ambiguous", value=text)
        return whole + decimals


def _grouped(body: str, mark: str, text: str) -> str:
    groups = body.split(mark)
    if not 1 <= len(groups[0]) <= 3 or any(len(group) != 3 for group in groups[1:]):  # noqa: PLR2004
        raise ValueProblem("amount_unreadable", value=text)
    if not all(group.isdecimal() for group in groups):
        raise ValueProblem("amount_unreadable", value=text)
    return "".join(groups)


def _bounded(amount: Decimal, text: str) -> Decimal:
    if abs(amount) >= 10**MOST_DIGITS:
        raise ValueProblem("amount_too_large", value=text, digits=MOST_DIGITS)
    rounded = round(amount, MOST_DECIMALS)
    if rounded != amount:
        raise ValueProblem("amount_too_precise", value=text, decimals=MOST_DECIMALS)
    return rounded if -int(amount.as_tuple().exponent) > MOST_DECIMALS else amount


def number_text(value: float) -> str:
    """Return a spreadsheet's number as text: whole numbers bare, without the noise of binary."""
    if isinstance(value, int) or value.is_integer():
        return str(int(value))
    exact = Decimal(repr(value))
    if not exact.is_finite():
        return str(value)
    rounded = round(exact, MOST_DECIMALS)
    return format(rounded if abs(rounded - exact) < FLOAT_NOISE else exact, "f")


def cell_text(value: object) -> str:
    """Return a spreadsheet's cell as the text a CSV export of it would hold."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return number_text(value)
    if isinstance(value, datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


_BLANKS = re.compile(r"[\s\u0000-\u001f\u007f\u200b\ufeff]+")


def clean(text: str) -> str:
    """Return the text on one line, without control characters and surplus blanks."""
    if text.isprintable() and "  " not in text:
        return text.strip()
    return _BLANKS.sub(" ", text).strip()


_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@"
    r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+"
)
LONGEST_EMAIL: Final = 254
LONGEST_LOCAL_PART: Final = 64


@cache
def email(text: str) -> str:
    """Return the address as written; raises ValueProblem when it cannot be one."""
    local, _, domain = text.rpartition("@")
    if (
        len(text) > LONGEST_EMAIL
        or len(local) > LONGEST_LOCAL_PART
        or not _EMAIL.fullmatch(text)
        or ".." in local
        or local[:1] == "."
        or local[-1:] == "."
        or domain.rpartition(".")[2].isdigit()
    ):
        raise ValueProblem("email_unreadable", value=text)
    return text
