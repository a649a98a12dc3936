"""What a customer's reply probably means: a suggestion with the words that decided it, for a person to confirm.

Transparent on purpose: phrases, in French and English, read clause by clause, a negation in a clause taking its
statement back. Nothing follows from a suggestion by itself. Source: DOMAIN 5.2 (reply handling), RELIABILITY D16.
"""

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from stdnum import iban

from dunning.rules.folding import Folded, fold
from dunning.rules.phrases import (
    AWAY,
    COPY,
    DENIED,
    DISPUTE,
    DISPUTE_DENIABLE,
    DISPUTE_TYPES,
    PAID,
    PROMISE,
    PROMISE_WITH_DAY,
    REFUSAL,
    SPLIT,
    UNLESS,
    WRONG_CONTACT,
)
from dunning.rules.said_dates import Reading, SaidDate, said_dates

WORDS_READ = 6_000  # characters: whoever says more does not say it to a machine


class Intent(StrEnum):
    """What a reply means."""

    PAID = "paid"
    PROMISE = "promise"
    DISPUTE = "dispute"
    COPY = "copy"
    WRONG_CONTACT = "wrong_contact"
    OUT_OF_OFFICE = "out_of_office"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the rules make of a reply.

    `reasons` are the writer's own words, the deciding ones first. `day` is the day of payment, promised or past, or
    of the return; `amounts` are as written, tax unknown. `documents` are numbers of open documents named in it.
    `also` are further meanings, the strongest first.
    """

    intent: Intent
    reasons: tuple[str, ...] = ()
    day: date | None = None
    amounts: tuple[Decimal, ...] = ()
    documents: tuple[str, ...] = ()
    dispute_type: str = ""
    address: str = ""
    also: tuple[Intent, ...] = ()


@dataclass(frozen=True, slots=True)
class _Clause:
    start: int
    end: int
    sentence_start: int
    sentence_end: int
    is_question: bool


_SENTENCE_END = re.compile(r"[.!?…]+(?=\s|$)|\n+|;")
# A short line that ends without a full stop goes on in the next: mail programs wrap.
_WRAP = re.compile(r"(?<=[a-z0-9,'’-])\n(?=[a-z0-9])")


def suggestion_of(
    text: str,
    *,
    written_date: date,
    documents: Sequence[str] = (),
    country: str = "FR",
    is_absence: bool = False,
) -> Suggestion:
    """Return what the new words of a reply suggest.

    `written_date` is the day of the mail in the tenant's calendar, from which "Friday" is told. `documents` are the
    numbers of the customer's open documents, `country` the writer's. `is_absence` says that a machine told so.
    """
    words = fold(text[:WORDS_READ])
    words = Folded(_WRAP.sub(" ", words.plain), words.source, words.positions)
    found = [
        (intent, span)
        for clause in _clauses(words.plain)
        for intent, span in _meanings(words.plain, clause, written_date, country)
    ]
    if is_absence:
        found.insert(0, (Intent.OUT_OF_OFFICE, None))
    chosen = _strongest(found, words.plain, written_date, country)
    spans = [span for intent, span in found if intent is chosen and span is not None]
    day = _day(chosen, spans, words.plain, written_date, country)
    reasons = [_shown(words, span.start, span.end) for span in spans]
    if day:
        reasons.append(_shown(words, day.start, day.end))
    return Suggestion(
        intent=chosen,
        reasons=tuple(dict.fromkeys(reason for reason in reasons if reason)),
        day=day.day if day else None,
        amounts=amounts_in(text),
        documents=documents_in(text, documents),
        dispute_type=_dispute_type(words.plain) if chosen is Intent.DISPUTE else "",
        address=_address(text) if chosen in {Intent.WRONG_CONTACT, Intent.OUT_OF_OFFICE} else "",
        also=tuple(
            intent
            for intent in _ORDER
            if intent is not chosen and any(intent is one for one, _ in found)
        ),
    )


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int
    clause: _Clause


_ORDER = (
    Intent.OUT_OF_OFFICE,
    Intent.DISPUTE,
    Intent.PAID,
    Intent.PROMISE,
    Intent.WRONG_CONTACT,
    Intent.COPY,
)


def _clauses(plain: str) -> Iterator[_Clause]:
    start = 0
    for found in [*_SENTENCE_END.finditer(plain), None]:
        end = found.start() if found else len(plain)
        is_question = bool(found and "?" in found.group())
        inner = start
        for cut in SPLIT.finditer(plain, start, end):
            yield _Clause(inner, cut.start(), start, end, is_question)
            inner = cut.start()
        yield _Clause(inner, end, start, end, is_question)
        start = found.end() if found else end


def _meanings(
    plain: str, clause: _Clause, today: date, country: str
) -> Iterator[tuple[Intent, _Span | None]]:
    words = plain[clause.start : clause.end]
    is_denied = bool(DENIED.search(words))
    for intent, pattern in (
        (Intent.OUT_OF_OFFICE, AWAY),
        (Intent.WRONG_CONTACT, WRONG_CONTACT),
        (Intent.COPY, COPY),
        (Intent.DISPUTE, DISPUTE),
    ):
        for found in pattern.finditer(words):
            yield intent, _span(clause, found)
    if is_denied or REFUSAL.search(words):
        return
    for found in DISPUTE_DENIABLE.finditer(words):
        yield Intent.DISPUTE, _span(clause, found)
    if clause.is_question or UNLESS.search(words):
        return
    for found in PAID.finditer(words):
        yield Intent.PAID, _span(clause, found)
    promised = [_span(clause, found) for found in PROMISE.finditer(words)]
    if not promised and _future(said_dates(words, _reading(today, country)), today):
        promised = [_span(clause, found) for found in PROMISE_WITH_DAY.finditer(words)]
    for span in promised:
        yield Intent.PROMISE, span


def _reading(today: date, country: str, *, looks_back: bool = False) -> Reading:
    return Reading(today, country, is_month_first=country == "US", looks_back=looks_back)


def _span(clause: _Clause, found: "re.Match[str]") -> _Span:
    return _Span(clause.start + found.start(), clause.start + found.end(), clause)


def _strongest(
    found: Sequence[tuple[Intent, _Span | None]], plain: str, today: date, country: str
) -> Intent:
    """Return the meaning to put first; asking for a copy comes before a promise without a day."""
    held = {intent for intent, _ in found}
    if Intent.PROMISE in held and Intent.COPY in held:
        spans = [span for intent, span in found if intent is Intent.PROMISE and span is not None]
        if _day(Intent.PROMISE, spans, plain, today, country) is None:
            held.discard(Intent.PROMISE)
    return next((intent for intent in _ORDER if intent in held), Intent.OTHER)


def _day(
    intent: Intent, spans: Sequence[_Span], plain: str, today: date, country: str
) -> SaidDate | None:
    """Return the day a meaning speaks of: the first after its words in the sentence, else before, else the only one."""
    if intent not in {Intent.PAID, Intent.PROMISE, Intent.OUT_OF_OFFICE}:
        return None
    is_past = intent is Intent.PAID
    how = _reading(today, country, looks_back=is_past)
    every = said_dates(plain, how)
    days = tuple(one for one in every if one.day <= today) if is_past else _future(every, today)
    for span in spans:
        near = [
            one
            for one in days
            if span.clause.sentence_start <= one.start < span.clause.sentence_end
        ]
        after = [one for one in near if one.end > span.start]
        if after or near:
            return (after or near)[0]
    if not days:
        return None
    if intent is Intent.OUT_OF_OFFICE:
        return max(days, key=lambda one: one.day)
    return days[0] if len({one.day for one in days}) == 1 else None


def _future(days: Sequence[SaidDate], today: date) -> tuple[SaidDate, ...]:
    return tuple(one for one in days if one.day >= today and not one.is_past)


def _shown(words: Folded, start: int, end: int) -> str:
    return " ".join(words.original(start, end).split())[:120].strip(" ,;:")


def _dispute_type(plain: str) -> str:
    """Return the family whose words come first; administrative when none does."""
    places = {
        name: found.start()
        for name, pattern in DISPUTE_TYPES.items()
        if (found := pattern.search(plain))
    }
    return min(places, key=lambda name: places[name]) if places else "administrative"


_AMOUNT = re.compile(
    r"(?:(?P<before>€|eur|\$|£|usd|gbp|chf) ?)?(?<![\d/.,-])"
    r"(?P<number>\d{1,3}(?:[ .,\u00a0\u202f]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?)(?![\d/])"
    r" ?(?P<thousand>k)?(?P<after>€|eur\b|euros?\b|\$|£|usd\b|gbp\b|chf\b)?",
    re.IGNORECASE,
)


def amounts_in(text: str) -> tuple[Decimal, ...]:
    """Return the amounts written with a currency, in the order of the text, each once."""
    found = []
    for match in _AMOUNT.finditer(text[:WORDS_READ].replace("\u00a0", " ").replace("\u202f", " ")):
        if match["before"] or match["after"]:
            amount = _number(match["number"]) * (1000 if match["thousand"] else 1)
            if amount:
                found.append(amount)
    return tuple(dict.fromkeys(found))


def _number(written: str) -> Decimal:
    """Read 1.250,50 and 1,250.50 alike: the last mark with one or two digits behind it is the decimal one."""
    whole = written.replace(" ", "")
    cents = re.search(r"[.,](\d{1,2})$", whole)
    digits = re.sub(r"[.,]", "", whole[: cents.start()] if cents else whole)
    return Decimal(f"{digits}.{cents.group(1)}") if cents else Decimal(digits)


SHORTEST_NUMBER = 4
SHORTEST_DIGITS = 6
_PARTS = re.compile(r"[a-z]+|\d+")
_GAP = re.compile(r"[\s./_-]{0,2}")


def documents_in(text: str, numbers: Sequence[str]) -> tuple[str, ...]:
    """Return those of `numbers` that a text names, written with or without their dashes, spaces or letters.

    Digits alone count when there are six or more and exactly one document has them. The time taken grows with the
    text alone, however many documents are open.
    """
    plain = text[:WORDS_READ].lower()
    by_parts = {
        parts: number
        for number in numbers
        if len("".join(parts := tuple(_PARTS.findall(number.lower())))) >= SHORTEST_NUMBER
    }
    found = [by_parts[parts] for parts in _written_parts(plain, by_parts)]
    by_digits: dict[str, list[str]] = {}
    for number in numbers:
        digits = re.sub(r"\D", "", number)
        if len(digits) >= SHORTEST_DIGITS:
            by_digits.setdefault(digits, []).append(number)
    for run in re.findall(r"\d[\d /-]{4,40}\d", plain):
        owners = by_digits.get(re.sub(r"\D", "", run), [])
        if len(owners) == 1:
            found.append(owners[0])
    return tuple(dict.fromkeys(found))


def _written_parts(plain: str, wanted: Container[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Yield the runs of letters and digits in a text that are wanted, whole words only."""
    pieces = list(_PARTS.finditer(plain))
    for at, first in enumerate(pieces):
        if plain[first.start() - 1 : first.start()].isalnum():
            continue
        parts: list[str] = []
        end = first.start()
        for piece in pieces[at : at + 8]:
            if parts and not _GAP.fullmatch(plain, end, piece.start()):
                break
            parts.append(piece.group())
            end = piece.end()
            if tuple(parts) in wanted and not plain[end : end + 1].isalnum():
                yield tuple(parts)


_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")


def _address(text: str) -> str:
    found = _ADDRESS.search(text)
    return found.group().rstrip(".") if found else ""


_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ \u00a0.-]?[A-Z0-9]){11,30}", re.IGNORECASE)
_LONGEST_IBAN, _SHORTEST_IBAN = 34, 15


def ibans_in(text: str) -> tuple[str, ...]:
    """Return the account numbers in a text whose check digits agree, without spaces, each once (ISO 13616)."""
    found = []
    for match in _IBAN.finditer(text[: 2 * WORDS_READ]):
        squeezed = re.sub(r"[^A-Z0-9]", "", match.group().upper())
        # What follows the number may have been taken along: its country tells how long it is.
        lengths = range(min(len(squeezed), _LONGEST_IBAN), _SHORTEST_IBAN - 1, -1)
        number = next((squeezed[:n] for n in lengths if iban.is_valid(squeezed[:n])), "")
        if number:
            found.append(number)
    return tuple(dict.fromkeys(found))
