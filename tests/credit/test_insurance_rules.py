"""The clocks, the parts of an exposure, what a row of an insurer's file does, and company facts; no database."""

from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from credit.rules import company_facts as facts
from credit.rules.cover_files import lines_of
from credit.rules.covers import (
    Change,
    CoverWord,
    Field,
    Line,
    Standing,
    Terms,
    judge,
    loses,
    missing,
    recognise,
    state_of,
    without_doubles,
)
from credit.rules.insurance import Clauses, StopRule, clock, split, stops_on
from credit.rules.look_ups import Spending, closes_circuit, retry_at
from credit.rules.order_check import Facts, Rule, Word, answer
from kernel.money import Money
from tests.credit.insuring import NOW

JULY = date(2026, 7, 1)
TERMS = Terms("EUR", frozenset({"EUR", "USD"}), date(2026, 11, 22))
KNOWN = Standing(CoverWord.GRANTED, Decimal(50_000), "EUR", date(2026, 3, 1))


def euros(amount: str | int) -> Money:
    return Money(Decimal(amount), "EUR")


def test_the_clock_of_an_invoice_runs_by_the_clauses_of_the_policy() -> None:
    clauses = Clauses()
    times = clock(JULY, clauses)
    assert (times.maximum_date, times.declare_by) == (date(2026, 10, 29), date(2026, 11, 28))
    assert times.intervene_by == date(2027, 1, 27)
    assert clock(JULY, clauses, is_export=True).maximum_date == date(2026, 12, 28)
    longer = clock(JULY, clauses, extended_days=200)  # never beyond the longest extension
    assert longer.maximum_date == date(2026, 12, 28)
    assert stops_on(times, StopRule.MAXIMUM_PERIOD) == date(2026, 10, 30)
    assert stops_on(times, StopRule.DECLARATION) == date(2026, 11, 29)
    assert stops_on(times, StopRule.DECLARATION, is_declared=True) is None
    assert stops_on(times, StopRule.NEVER) is None


SPLITS = [
    (100, 60, 100, 0, 54),  # the cover is the ceiling, the share is paid of it
    (40, 60, 40, 0, 36),
    (100, 60, 20, 0, 18),  # after a stop only what was delivered before
    (100, 60, 100, 60, 0),  # the deductible is borne first
    (-10, 60, -10, 0, 0),
    (100, 0, 100, 0, 0),
]


def test_an_exposure_is_split_and_never_added_up() -> None:
    for exposure, cover, coverable, deductible, insured in SPLITS:
        parts = split(
            euros(exposure),
            euros(cover),
            Decimal("0.9"),
            deductible=Decimal(deductible),
            coverable=euros(coverable),
        )
        assert parts.insured == euros(insured), (exposure, cover)
        assert parts.insured + parts.uninsured == euros(exposure)


def line(**values: Any) -> Line:
    return Line(**{"number": 2, "siren": "552049447", "state": CoverWord.GRANTED, "currency": "EUR",
                   "amount": Decimal(40_000), "valid_from": date(2026, 10, 1), **values})  # fmt: skip


VERDICTS: list[tuple[dict[str, Any], list[str], Standing | None, Change, str, tuple[str, ...]]] = [
    ({}, ["C1"], None, Change.NEW, "", ()),
    ({}, ["C1"], KNOWN, Change.LOWERED, "", ()),
    ({"amount": Decimal(60_000)}, ["C1"], KNOWN, Change.RAISED, "", ()),
    ({"amount": Decimal(50_000)}, ["C1"], KNOWN, Change.SAME, "", ()),
    ({"state": CoverWord.REFUSED}, ["C1"], KNOWN, Change.CLOSED, "", ()),
    ({"state": CoverWord.UNKNOWN}, ["C1"], KNOWN, Change.PENDING, "", ("state_unknown",)),
    ({"amount": None}, ["C1"], KNOWN, Change.PENDING, "", ("granted_without_amount",)),
    ({"state": None}, ["C1"], None, Change.NEW, "", ("state_from_amount",)),
    ({"currency": ""}, ["C1"], None, Change.NEW, "", ("currency_of_policy",)),
    ({"amount": Decimal(-1)}, ["C1"], None, Change.REFUSED, "negative_amount", ()),
    ({}, [], None, Change.REFUSED, "unknown_customer", ()),
    ({}, ["C1", "C2"], None, Change.REFUSED, "several_customers", ()),
    ({"siren": ""}, [], None, Change.REFUSED, "nobody_named", ()),
    ({"currency": "GBP"}, ["C1"], None, Change.REFUSED, "currency_outside", ()),
    ({"valid_until": date(2026, 9, 1)}, ["C1"], None, Change.REFUSED, "days_out_of_order", ()),
    ({"valid_from": date(2026, 1, 1)}, ["C1"], KNOWN, Change.REFUSED, "older_than_known", ()),
    ({"unreadable": {"amount": "dix"}}, ["C1"], None, Change.REFUSED, "unreadable_amount", ()),
]


def test_each_row_of_an_insurers_file_has_one_verdict() -> None:
    for values, matches, before, change, problem, notes in VERDICTS:
        verdict = judge(line(**values), matches, before, TERMS)
        assert (verdict.change, verdict.problem, verdict.notes) == (change, problem, notes), values
        counts = {CoverWord.GRANTED, CoverWord.REDUCED}
        if verdict.after is not None and verdict.after.state not in counts:
            assert verdict.after.amount == 0
        taken_away = {Change.LOWERED, Change.CLOSED, Change.PENDING}
        assert loses(verdict) == (before is not None and change in taken_away), values


def test_what_is_said_twice_counts_once_and_contradictions_not_at_all() -> None:
    same = [judge(line(number=n), ["C1"], None, TERMS) for n in (2, 3)]
    assert [one.problem for one in without_doubles(same)] == ["", "said_twice"]
    other = [
        judge(line(number=2), ["C1"], None, TERMS),
        judge(line(number=3, amount=Decimal(1)), ["C1"], None, TERMS),
    ]
    assert [one.problem for one in without_doubles(other)] == ["contradicts"] * 2
    money = [
        judge(line(number=2), ["C1"], None, TERMS),
        judge(line(number=3, currency="USD"), ["C1"], None, TERMS),
    ]
    assert [one.problem for one in without_doubles(money)] == ["two_currencies"] * 2


def test_headings_words_and_cells_of_insurers_are_understood() -> None:
    headers = ["N° SIREN", "Acheteur", "Décision", "Montant garanti", "Devise", "Valable du"]
    columns = recognise(headers)
    assert missing(columns) == ()
    assert missing(recognise(["Nom", "Ville"])) == ("amount", "siren")
    assert (
        recognise(headers, {"amount": "", "name": "Devise"})[Field.NAME] == 4
    )  # a person's word goes first
    rows = [
        (2, ["5 520 494 47", "SNCF", "Accord partiel", "12 500,50", "euros", "01/10/2026"]),
        (3, ["552049448", "SNCF", "Refus", "-3", "usd", "31/02/2026"]),
    ]
    first, second = lines_of(rows, columns)
    assert (first.siren, first.amount, first.currency) == ("552049447", Decimal("12500.50"), "EUR")
    assert (first.state, first.valid_from) == (CoverWord.REDUCED, date(2026, 10, 1))
    assert set(second.unreadable) == {"siren", "valid_from"}
    assert second.amount == -3
    words = {
        "Résilié": "cancelled",
        "En cours d’étude": "requested",
        "Granted": "granted",
        "42X": "unknown",
    }
    assert {text: str(state_of(text)) for text in words} == words


def test_a_stopped_cover_answers_as_the_policy_says_and_never_softens_a_limit() -> None:
    fine = Facts(amount=Decimal(10), has_limit=True, left=Decimal(5))
    assert answer(fine) == (Word.YES, Rule.LIMIT)
    for word in (Word.REVIEW, Word.NO):
        stopped = Facts(amount=Decimal(10), has_limit=True, left=Decimal(5), cover_stopped=word)
        assert answer(stopped) == (word, Rule.COVER_STOPPED)
    over = Facts(amount=Decimal(10), has_limit=True, left=Decimal(-1), cover_stopped=Word.REVIEW)
    assert answer(over) == (Word.NO, Rule.LIMIT)
    early = Facts(amount=Decimal(10), is_early=True, cover_stopped=Word.NO)
    assert answer(early)[1] is Rule.NOT_YET


def test_values_of_providers_are_read_or_left_out_never_guessed() -> None:
    amounts = {
        "9001": 9001,
        "-9 001": -9001,
        "(9001)": -9001,
        "9001-": -9001,
        "9,5": Decimal("9.5"),
    }
    assert {text: facts.amount_of(text) for text in amounts} == amounts
    wrong: tuple[object, ...] = (
        "",
        "NaN",
        "1e9",
        "néant",
        True,
        None,
        [],
        {},
        float("nan"),
        10**40,
        "9" * 40,
    )
    for nonsense in wrong:
        assert facts.amount_of(nonsense) is None
    days = {-473389200: "1955-01-01", "202212": "2022-12-31", "2022-12-01": "2022-12-01", "2022-13-01": "",
            10**18: "", "0001-01-01": "", "x": ""}  # fmt: skip
    assert {given: facts.day_of(given) for given in days} == days
    whole = facts.merged(
        [
            facts.Company("552049447", name="A", problems=("x",)),
            facts.Company("552049447", name="B", address="C"),
        ]
    )
    assert (whole.name, whole.address, whole.problems) == ("A", "C", ("x",))
    assert facts.company_of(whole.as_json()) == whole


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=4
    )
)
def test_no_value_breaks_the_readers(value: object) -> None:
    assert abs(facts.amount_of(value) or Decimal(0)) < 10**15
    assert facts.day_of(value) == "" or date.fromisoformat(facts.day_of(value))
    assert isinstance(facts.text_of(value), str)


def test_money_retries_and_circuit_have_an_end() -> None:
    money = Spending(Decimal(10), Decimal("9.5"), Decimal("0.5"))
    assert (money.is_enough, money.calls_left, money.left) == (True, 1, Decimal("0.5"))
    assert not Spending(Decimal(10), Decimal("9.6"), Decimal("0.5")).is_enough
    assert Spending(Decimal(0), Decimal(0), Decimal(0)).is_enough
    assert retry_at(1, is_lasting=False, now=NOW) is not None
    assert retry_at(3, is_lasting=False, now=NOW) is None
    assert retry_at(1, is_lasting=True, now=NOW) is None
    assert closes_circuit(4, now=NOW) is None
    assert closes_circuit(5, now=NOW) is not None
