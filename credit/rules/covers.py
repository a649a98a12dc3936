"""A line of an insurer's file: whose it is, what he said, and whether it can be taken in; values in, a verdict out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from credit.rules.likeness import bare_name


class Field(StrEnum):
    """What a column of an insurer's file may hold."""

    CODE = "code"
    SIREN = "siren"
    VAT = "vat"
    NAME = "name"
    REFERENCE = "reference"
    STATE = "state"
    AMOUNT = "amount"
    REQUESTED = "requested"
    CURRENCY = "currency"
    FROM = "valid_from"
    UNTIL = "valid_until"
    REASON = "reason"


class CoverWord(StrEnum):
    """What an insurer answered."""

    REQUESTED = "requested"
    GRANTED = "granted"
    REDUCED = "reduced"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


COUNTING = frozenset({CoverWord.GRANTED, CoverWord.REDUCED})

_HEADERS: Mapping[Field, tuple[str, ...]] = {
    Field.CODE: ("code client", "customer code", "votre reference", "your reference", "compte client", "code"),
    Field.SIREN: ("siren", "numero siren", "n siren", "siret", "national id", "identifiant national"),
    Field.VAT: ("tva", "numero tva", "n tva", "tva intracommunautaire", "vat", "vat number"),
    Field.NAME: ("acheteur", "raison sociale", "nom", "client", "buyer", "company name", "name", "debiteur"),
    Field.REFERENCE: ("reference assureur", "numero agrement", "n agrement", "cover id", "reference", "decision id",
                      "identifiant assureur", "easy number"),
    Field.STATE: ("statut", "decision", "etat", "status", "cover status", "type de decision"),
    Field.AMOUNT: ("montant", "montant accorde", "montant garanti", "encours garanti", "amount", "granted amount",
                   "cover amount", "agreed amount", "limite accordee", "total amount"),
    Field.REQUESTED: ("montant demande", "requested amount", "demande"),
    Field.CURRENCY: ("devise", "currency", "monnaie"),
    Field.FROM: ("date d effet", "date effet", "valable du", "valid from", "effective date", "date decision",
                 "date de decision", "depuis"),
    Field.UNTIL: ("date de fin", "date fin", "valable jusqu au", "valid until", "end date", "echeance", "expiry date"),
    Field.REASON: ("motif", "commentaire", "reason", "comment", "observations"),
}  # fmt: skip
_WORDS: tuple[tuple[CoverWord, tuple[str, ...]], ...] = (
    (CoverWord.REFUSED, ("refus", "declin", "reject", "rejete", "not approved", "nul")),
    (CoverWord.CANCELLED, ("resil", "annul", "cancel", "suppr", "withdrawn", "retire", "terminated")),
    (CoverWord.REDUCED, ("redui", "reduc", "redut", "partly", "partiel", "diminu", "lowered")),
    (CoverWord.REQUESTED, ("demand", "request", "en cours", "pending", "attente", "etude", "processing")),
    (CoverWord.GRANTED, ("accord", "grant", "agree", "approved", "garanti", "agre", "actif", "active", "covered")),
)  # fmt: skip
REQUIRED = (Field.AMOUNT,)
NAMING = (Field.CODE, Field.SIREN, Field.VAT)


def plain(text: str) -> str:
    """Return a heading or a word without accents, case and punctuation."""
    folded = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(letter for letter in folded if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", " ", bare).strip()


def recognise(headers: Sequence[str], named: Mapping[str, str] | None = None) -> dict[Field, int]:
    """Return the column of each field: as a person named it, else by its heading; a column serves once."""
    by_heading = {plain(text): at for at, text in reversed(list(enumerate(headers)))}
    found: dict[Field, int] = {}
    for name, heading in (named or {}).items():
        if heading and plain(heading) in by_heading:
            found[Field(name)] = by_heading[plain(heading)]
    for each, names in _HEADERS.items():
        if each in found or (named and each.value in named):
            continue
        at = next((by_heading[name] for name in names if name in by_heading), None)
        if at is not None and at not in found.values():
            found[each] = at
    return found


def missing(columns: Mapping[Field, int]) -> tuple[str, ...]:
    """Return what no column was found for; a customer is named by his code, his SIREN or his VAT number."""
    lost = [each.value for each in REQUIRED if each not in columns]
    return tuple(lost if any(each in columns for each in NAMING) else [*lost, Field.SIREN.value])


def state_of(text: str) -> CoverWord | None:
    """Return what an insurer's word means; None for an empty one, UNKNOWN for one that nobody taught us."""
    word = plain(text)
    if not word:
        return None
    return next(
        (state for state, starts in _WORDS if any(start in word for start in starts)),
        CoverWord.UNKNOWN,
    )


class Change(StrEnum):
    """What a line does to what was known."""

    NEW = "new"
    RAISED = "raised"
    LOWERED = "lowered"
    CLOSED = "closed"
    PENDING = "pending"
    CHANGED = "changed"
    SAME = "same"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Line:
    """A line as read; texts that could not be read stand in `unreadable` by their field."""

    number: int
    code: str = ""
    siren: str = ""
    vat: str = ""
    name: str = ""
    reference: str = ""
    state: CoverWord | None = None
    amount: Decimal | None = None
    requested: Decimal | None = None
    currency: str = ""
    valid_from: date | None = None
    valid_until: date | None = None
    reason: str = ""
    unreadable: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """A cover as it is known."""

    state: CoverWord
    amount: Decimal
    currency: str
    valid_from: date
    valid_until: date | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a policy says of its covers, and the day the file is taken in."""

    currency: str
    currencies: frozenset[str]
    today: date


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a line: `problem` refuses it, `notes` say what was made of it, by codes with facts."""

    line: Line
    change: Change
    after: Standing | None = None
    before: Standing | None = None
    customer: str = ""
    problem: str = ""
    notes: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)


def judge(line: Line, matches: Sequence[str], before: Standing | None, terms: Terms) -> Verdict:
    """Return what one line does; `matches` are the codes of the customers it may mean.

    An amount below zero, a day that does not exist, an end before its beginning, a currency outside the policy, nobody
    or several we know, news older than what is known: refused, each with its word. A state nobody knows counts for
    nothing. Zero is what a refused or cancelled cover is worth.
    """
    problem, facts = _problem(line, matches, terms)
    if problem:
        return Verdict(line, Change.REFUSED, problem=problem, facts=facts)
    after, notes = _standing(line, before, terms)
    customer = matches[0]
    if before is not None and after.valid_from < before.valid_from:
        told = {"known": before.valid_from.isoformat(), "given": after.valid_from.isoformat()}
        return Verdict(line, Change.REFUSED, None, before, customer, "older_than_known", (), told)
    return Verdict(line, _change(before, after), after, before, customer, notes=notes)


def _problem(line: Line, matches: Sequence[str], terms: Terms) -> tuple[str, dict[str, str]]:
    if line.unreadable:
        name, text = next(iter(line.unreadable.items()))
        return f"unreadable_{name}", {"text": text[:60]}
    return _whose(line, matches) or _what(line, terms) or ("", {})


def _whose(line: Line, matches: Sequence[str]) -> tuple[str, dict[str, str]] | None:
    who = line.code or line.siren or line.vat
    if not who:
        return "nobody_named", {"name": line.name[:80]}
    if not matches:
        return "unknown_customer", {"who": who, "name": line.name[:80]}
    if len(matches) > 1:
        return "several_customers", {"who": who, "codes": ", ".join(matches[:5])}
    return None


def _what(line: Line, terms: Terms) -> tuple[str, dict[str, str]] | None:
    if line.amount is not None and line.amount < 0:
        return "negative_amount", {"amount": f"{line.amount:f}"}
    if line.currency and line.currency not in terms.currencies:
        known = ", ".join(sorted(terms.currencies))
        return "currency_outside", {"currency": line.currency, "known": known}
    if line.valid_from and line.valid_until and line.valid_until < line.valid_from:
        first, last = line.valid_from.isoformat(), line.valid_until.isoformat()
        return "days_out_of_order", {"from": first, "until": last}
    return None


def _standing(
    line: Line, before: Standing | None, terms: Terms
) -> tuple[Standing, tuple[str, ...]]:
    notes = []
    currency = line.currency or terms.currency
    if not line.currency:
        notes.append("currency_of_policy")
    start = line.valid_from or (
        before.valid_from if before and before.valid_from > terms.today else terms.today
    )
    if line.valid_from is None:
        notes.append("day_of_import")
    state = line.state
    if state is None:
        state = CoverWord.GRANTED if line.amount else CoverWord.UNKNOWN
        notes.append("state_from_amount")
    elif state is CoverWord.UNKNOWN:
        notes.append("state_unknown")
    amount = line.amount or Decimal(0)
    if state in COUNTING and amount == 0:
        state = CoverWord.UNKNOWN
        notes.append("granted_without_amount")
    if state not in COUNTING:
        amount = Decimal(0)
    elif _is_lowered(before, amount, currency) and state is CoverWord.GRANTED:
        state = CoverWord.REDUCED
    if line.valid_until and line.valid_until < terms.today:
        notes.append("ended_already")
    return Standing(state, amount, currency, start, line.valid_until, line.reference), tuple(notes)


def _is_lowered(before: Standing | None, amount: Decimal, currency: str) -> bool:
    return (
        before is not None
        and before.state in COUNTING
        and before.currency == currency
        and amount < before.amount
    )


def _change(before: Standing | None, after: Standing) -> Change:
    if after.state in {CoverWord.REFUSED, CoverWord.CANCELLED}:
        is_same = before is not None and before.state == after.state
        return Change.SAME if is_same else Change.CLOSED
    if after.state in {CoverWord.REQUESTED, CoverWord.UNKNOWN}:
        is_same = before is not None and before.state == after.state
        return Change.SAME if is_same else Change.PENDING
    if before is None or before.state not in COUNTING:
        return Change.NEW
    if before.currency != after.currency:
        return Change.CHANGED
    if after.amount != before.amount:
        return Change.RAISED if after.amount > before.amount else Change.LOWERED
    same_until = after.valid_until == before.valid_until
    return Change.SAME if same_until and after.reference == before.reference else Change.CHANGED


def without_doubles(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Return the verdicts with lines about one customer settled: said twice counts once, contradictions not at all."""
    given = list(verdicts)
    by_customer: dict[str, list[Verdict]] = {}
    for one in given:
        if one.change is not Change.REFUSED:
            by_customer.setdefault(one.customer, []).append(one)
    settled: dict[int, Verdict] = {}
    for group in by_customer.values():
        if len(group) == 1:
            continue
        first = group[0]
        numbers = ", ".join(str(one.line.number) for one in group[:5])
        problem = ""
        if any(one.after != first.after for one in group):
            currencies = {one.after.currency for one in group if one.after}
            problem = "two_currencies" if len(currencies) > 1 else "contradicts"
        for one in group if problem else group[1:]:
            settled[one.line.number] = Verdict(
                one.line, Change.REFUSED, None, one.before, one.customer, problem or "said_twice", (),
                {"rows": numbers},
            )  # fmt: skip
    return [settled.get(one.line.number, one) for one in given]


def loses(verdict: Verdict) -> bool:
    """Say whether a line takes cover away from a customer: lowered, refused or cancelled, or held in doubt."""
    before = verdict.before
    if before is None or before.state not in COUNTING or verdict.after is None:
        return False
    if verdict.change is Change.SAME:
        return False
    return verdict.after.state not in COUNTING or (
        verdict.after.currency == before.currency and verdict.after.amount < before.amount
    )


def same_company(asked: str, known: str) -> bool:
    """Say whether a file's name and ours are plainly the same company's; empty names say nothing against it."""
    one, other = bare_name(asked), bare_name(known)
    return not one or not other or bool(set(one.split()) & set(other.split()))
