"""The checks of the charter as values: figures, unknown facts, and what holds for any proposal and any parameters."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit.rules.charter import (
    GRADES,
    Article,
    Check,
    Effect,
    Fact,
    Kind,
    Proposal,
    breaches,
    days_beyond,
)
from credit.rules.charter_text import (
    ParameterWrongError,
    as_stored,
    changes,
    digest,
    filled,
    typed,
    unknown_places,
)
from credit.rules.ready_charter import READY_CHARTER
from ledger.rules.terms import TermKind, Terms

NET_60 = Terms(TermKind.NET, 60)


def article(
    check: Check, number: int = 1, effect: Effect = Effect.REFUSE, **parameters: Any
) -> Article:
    return Article(
        number, check, parameters, effect, {"fr": "T", "en": "T"}, {"fr": "X", "en": "X"}
    )


def asked(kind: Kind = Kind.OPENING, **facts: Any) -> Proposal:
    return Proposal(kind=kind, currency="EUR", **facts)


TERM_45 = article(Check.MAXIMUM_TERM, days=45, method="net")
DEPOSIT_D = article(Check.DEPOSIT_UNDER_GRADE, grade="D", share=Decimal("0.3"))
PREPAY_E = article(Check.PREPAYMENT_FOR_GRADE, grade="E")
BARE = article(Check.MAXIMUM_UNINSURED, amount=Decimal(100_000))
LATE_30 = article(Check.NO_RAISE_WHILE_OVERDUE, days=30)
OWING = article(Check.NO_ORDER_WHILE_OVERDUE, days=30, amount=Decimal(1_000))
GUARANTEE = article(Check.GUARANTEE_OVER, amount=Decimal(100_000), share=Decimal("0.2"))
COMMITTEE = article(Check.COMMITTEE_OVER, amount=Decimal(100_000))
MARGIN = article(Check.MARGIN_FLOOR, share=Decimal("0.15"))
HUNDRED, TWO_HUNDRED = Decimal(100_000), Decimal(200_000)


@pytest.mark.parametrize(
    ("rule", "proposal", "is_broken"),
    [
        (TERM_45, asked(terms=Terms(TermKind.NET, 45)), False),
        (TERM_45, asked(terms=NET_60), True),
        (TERM_45, asked(terms=Terms(TermKind.THEN_END_OF_MONTH, 30)), True),
        (TERM_45, asked(terms=Terms(TermKind.THEN_END_OF_MONTH, 14)), False),
        (DEPOSIT_D, asked(grade="C", deposit_share=Decimal(0)), False),
        (DEPOSIT_D, asked(grade="D", deposit_share=Decimal("0.29")), True),
        (DEPOSIT_D, asked(grade="D", deposit_share=Decimal("0.3")), False),
        (DEPOSIT_D, asked(grade="E", deposit_share=Decimal(0)), True),
        (PREPAY_E, asked(grade="D", amount=HUNDRED, deposit_share=Decimal(0)), False),
        (PREPAY_E, asked(grade="E", amount=HUNDRED, deposit_share=Decimal("0.9")), True),
        (PREPAY_E, asked(grade="E", amount=HUNDRED, deposit_share=Decimal(1)), False),
        (PREPAY_E, asked(Kind.LIMIT, grade="E", amount=HUNDRED), True),
        (PREPAY_E, asked(Kind.LIMIT, grade="E", amount=Decimal(0)), False),
        (BARE, asked(amount=TWO_HUNDRED, insured=HUNDRED, guarantees=Decimal(0)), False),
        (BARE, asked(amount=TWO_HUNDRED, insured=Decimal(0), guarantees=Decimal(1)), True),
        (LATE_30, asked(Kind.LIMIT, amount=TWO_HUNDRED, current_limit=HUNDRED, overdue_days=31), True),
        (LATE_30, asked(Kind.LIMIT, amount=TWO_HUNDRED, current_limit=HUNDRED, overdue_days=30), False),
        (LATE_30, asked(Kind.LIMIT, amount=HUNDRED, current_limit=TWO_HUNDRED, overdue_days=99), False),
        (OWING, asked(Kind.ORDER, overdue_days=31, overdue_amount=Decimal("1000.01")), True),
        (OWING, asked(Kind.DELIVERY, overdue_days=31, overdue_amount=Decimal(1_000)), False),
        (OWING, asked(Kind.ORDER, overdue_days=30, overdue_amount=HUNDRED), False),
        (OWING, asked(Kind.ORDER, overdue_days=30), False),
        (OWING, asked(Kind.LIMIT, overdue_days=99, overdue_amount=HUNDRED), False),
        (GUARANTEE, asked(amount=TWO_HUNDRED, guarantees=Decimal(39_999)), True),
        (GUARANTEE, asked(amount=TWO_HUNDRED, guarantees=Decimal(40_000)), False),
        (GUARANTEE, asked(amount=HUNDRED, guarantees=Decimal(0)), False),
        (COMMITTEE, asked(amount=TWO_HUNDRED, has_committee=False), True),
        (COMMITTEE, asked(amount=TWO_HUNDRED, has_committee=True), False),
        (MARGIN, asked(margin=Decimal("0.149")), True),
        (MARGIN, asked(margin=Decimal("0.15")), False),
        (article(Check.FINANCE_CLOSES_OPENINGS), asked(has_finance_step=False), True),
        (article(Check.FINANCE_CLOSES_OPENINGS), asked(has_finance_step=True), False),
        (article(Check.NO_DELIVERY_WHEN_BLOCKED), asked(Kind.ORDER, is_blocked=True), True),
        (article(Check.NO_DELIVERY_WHEN_BLOCKED), asked(Kind.OPENING, is_blocked=True), False),
        (article(Check.NO_CREDIT_IN_INSOLVENCY), asked(is_insolvent=True), True),
        (article(Check.NO_CREDIT_IN_INSOLVENCY), asked(is_insolvent=False), False),
        (article(Check.TEXT_ONLY), asked(), False),
    ],
)  # fmt: skip
def test_an_article_is_broken_at_its_figure(
    rule: Article, proposal: Proposal, is_broken: bool
) -> None:
    assert [found.is_unknown for found in breaches(proposal, [rule])] == (
        [False] if is_broken else []
    )


@pytest.mark.parametrize(
    ("rule", "proposal", "missing"),
    [
        (TERM_45, asked(), (Fact.TERMS,)),
        (DEPOSIT_D, asked(deposit_share=Decimal(0)), (Fact.GRADE,)),
        (DEPOSIT_D, asked(), (Fact.GRADE, Fact.DEPOSIT)),
        (PREPAY_E, asked(Kind.LIMIT, amount=HUNDRED), (Fact.GRADE,)),
        (BARE, asked(), (Fact.AMOUNT,)),
        (BARE, asked(amount=TWO_HUNDRED), (Fact.INSURED, Fact.GUARANTEES)),
        (BARE, asked(amount=TWO_HUNDRED, rate=None), (Fact.RATE,)),
        (LATE_30, asked(Kind.LIMIT, amount=HUNDRED, overdue_days=99), (Fact.CURRENT_LIMIT,)),
        (OWING, asked(Kind.ORDER, overdue_days=31), (Fact.OVERDUE_AMOUNT,)),
        (
            OWING,
            asked(Kind.ORDER, overdue_days=31, overdue_amount=HUNDRED, rate=None),
            (Fact.RATE,),
        ),
        (GUARANTEE, asked(amount=TWO_HUNDRED), (Fact.GUARANTEES,)),
        (COMMITTEE, asked(amount=TWO_HUNDRED), (Fact.COMMITTEE,)),
        (MARGIN, asked(), (Fact.MARGIN,)),
        (article(Check.FINANCE_CLOSES_OPENINGS), asked(), (Fact.FINANCE_STEP,)),
        (article(Check.NO_CREDIT_IN_INSOLVENCY), asked(), (Fact.INSOLVENCY,)),
        (article(Check.NO_DELIVERY_WHEN_BLOCKED), asked(Kind.ORDER), (Fact.BLOCKED,)),
    ],
)
def test_what_is_not_known_is_said_and_asks_for_a_person(
    rule: Article, proposal: Proposal, missing: tuple[Fact, ...]
) -> None:
    (found,) = breaches(proposal, [rule])
    assert found.missing == missing
    assert found.effect is Effect.ESCALATE


def test_a_foreign_amount_is_held_against_the_article_in_the_house_currency() -> None:
    dear = Proposal(
        Kind.OPENING, "GBP", amount=Decimal(90_000), rate=Decimal("1.15"), has_committee=False
    )
    assert breaches(dear, [COMMITTEE])
    assert not breaches(replace(dear, rate=Decimal("1.11")), [COMMITTEE])


shares = st.decimals(min_value="0.01", max_value=1, places=2)
amounts = st.sampled_from([Decimal(n * 50_000) for n in range(6)])  # few, so that they meet
methods = st.sampled_from([kind.value for kind in TermKind])
terms = st.builds(Terms, st.sampled_from(TermKind), st.integers(0, 120))
maybe = st.none()
proposals = st.builds(
    Proposal,
    kind=st.sampled_from(Kind),
    currency=st.just("EUR"),
    amount=maybe | amounts,
    rate=maybe | st.sampled_from([Decimal(1), Decimal("0.5"), Decimal(3)]),
    terms=maybe | terms,
    grade=maybe | st.sampled_from(GRADES),
    deposit_share=maybe | shares | st.just(Decimal(0)),
    guarantees=maybe | amounts,
    insured=maybe | amounts,
    current_limit=maybe | amounts,
    overdue_days=maybe | st.integers(0, 200),
    overdue_amount=maybe | amounts,
    is_blocked=maybe | st.booleans(),
    is_insolvent=maybe | st.booleans(),
    has_finance_step=maybe | st.booleans(),
    has_committee=maybe | st.booleans(),
    margin=maybe | st.decimals(min_value=-1, max_value=1, places=2),
)


@st.composite
def looser_and_stricter(draw: st.DrawFn, check: Check) -> tuple[Article, Article]:
    """Draw an article twice: each parameter of the second is at least as strict."""
    looser: dict[str, Any] = {}
    stricter: dict[str, Any] = {}

    def pair(name: str, values: st.SearchStrategy[Any], *, more_is_stricter: bool) -> None:
        low, high = sorted((draw(values), draw(values)))
        looser[name], stricter[name] = (low, high) if more_is_stricter else (high, low)

    match check:
        case Check.MAXIMUM_TERM:
            pair("days", st.integers(0, 120), more_is_stricter=False)
            looser["method"] = stricter["method"] = draw(methods)
        case Check.DEPOSIT_UNDER_GRADE:
            pair("grade", st.sampled_from(GRADES), more_is_stricter=False)
            pair("share", shares, more_is_stricter=True)
        case Check.PREPAYMENT_FOR_GRADE:
            pair("grade", st.sampled_from(GRADES), more_is_stricter=False)
        case Check.MAXIMUM_UNINSURED | Check.COMMITTEE_OVER:
            pair("amount", amounts, more_is_stricter=False)
        case Check.GUARANTEE_OVER:
            pair("amount", amounts, more_is_stricter=False)
            pair("share", shares, more_is_stricter=True)
        case Check.NO_RAISE_WHILE_OVERDUE:
            pair("days", st.integers(0, 200), more_is_stricter=False)
        case Check.NO_ORDER_WHILE_OVERDUE:
            pair("days", st.integers(0, 200), more_is_stricter=False)
            pair("amount", amounts, more_is_stricter=False)
        case Check.MARGIN_FLOOR:
            pair("share", shares, more_is_stricter=True)
        case _:
            pass
    return Article(1, check, looser), Article(1, check, stricter)


@given(proposals, st.tuples(*(looser_and_stricter(check) for check in Check)))
def test_a_stricter_parameter_never_yields_fewer_breaches(
    proposal: Proposal, drawn: tuple[tuple[Article, Article], ...]
) -> None:
    loose = [replace(one, number=n) for n, (one, _) in enumerate(drawn)]
    strict = [replace(one, number=n) for n, (_, one) in enumerate(drawn)]
    before = {found.article.number: found for found in breaches(proposal, loose)}
    after = {found.article.number: found for found in breaches(proposal, strict)}
    assert before.keys() <= after.keys()
    assert all(not after[n].is_unknown for n, found in before.items() if not found.is_unknown)


cents = st.integers(1, 10**9).map(lambda number: Decimal(number) / 100)


def whole(kind: Kind, **facts: Any) -> Proposal:
    """Return a proposal of which every fact is known and harmless but those given."""
    known: dict[str, Any] = {
        "amount": Decimal(1), "rate": Decimal(1), "terms": NET_60, "grade": "A", "deposit_share": Decimal(0),
        "guarantees": Decimal(0), "insured": Decimal(0), "current_limit": Decimal(0), "overdue_days": 0,
        "overdue_amount": Decimal(0), "is_blocked": False, "is_insolvent": False, "has_finance_step": True,
        "has_committee": False, "margin": Decimal(1),
    }  # fmt: skip
    return asked(kind, **{**known, **facts})


@given(cents, st.sampled_from([Decimal(-1), Decimal(0), Decimal(1)]), st.integers(0, 200))
def test_each_threshold_is_broken_just_beyond_it_and_nowhere_else(
    threshold: Decimal, step: Decimal, days: int
) -> None:
    beyond = max(Decimal(0), threshold + step * Decimal("0.01"))
    late = max(0, days + int(step))
    rate = Decimal("0.02")
    share = Decimal("0.3")
    cases = [
        (article(Check.COMMITTEE_OVER, amount=threshold), whole(Kind.LIMIT, amount=beyond), beyond > threshold),
        (article(Check.MAXIMUM_UNINSURED, amount=threshold), whole(Kind.LIMIT, amount=beyond), beyond > threshold),
        (
            article(Check.GUARANTEE_OVER, amount=threshold, share=share),
            whole(Kind.LIMIT, amount=beyond),
            beyond > threshold,
        ),
        (
            article(Check.GUARANTEE_OVER, amount=Decimal(0), share=share),
            whole(Kind.LIMIT, amount=threshold, guarantees=threshold * share + step * Decimal("0.001")),
            step < 0,
        ),
        (
            article(Check.COMMITTEE_OVER, amount=threshold * rate),
            whole(Kind.LIMIT, amount=beyond, rate=rate),
            beyond > threshold,
        ),
        (
            article(Check.NO_RAISE_WHILE_OVERDUE, days=days),
            whole(Kind.LIMIT, overdue_days=late),
            late > days,
        ),
        (
            article(Check.NO_ORDER_WHILE_OVERDUE, days=days, amount=Decimal(0)),
            whole(Kind.ORDER, overdue_days=late, overdue_amount=Decimal(1)),
            late > days,
        ),
        (
            article(Check.NO_ORDER_WHILE_OVERDUE, days=0, amount=threshold),
            whole(Kind.ORDER, overdue_days=1, overdue_amount=beyond),
            beyond > threshold,
        ),
        (
            article(Check.MARGIN_FLOOR, share=share),
            whole(Kind.OPENING, margin=share + step / 100),
            step < 0,
        ),
        (
            article(Check.DEPOSIT_UNDER_GRADE, grade="A", share=share),
            whole(Kind.ORDER, deposit_share=share + step / 100),
            step < 0,
        ),
    ]  # fmt: skip
    for one, proposal, expected in cases:
        assert bool(breaches(proposal, [one])) is expected, (one.check, one.parameters)


@given(proposals, st.permutations(list(READY_CHARTER)))
def test_the_order_of_articles_changes_nothing(proposal: Proposal, shuffled: list[Article]) -> None:
    assert breaches(proposal, shuffled) == breaches(proposal, READY_CHARTER)


@given(proposals)
def test_an_article_that_cannot_be_judged_never_refuses(proposal: Proposal) -> None:
    for found in breaches(proposal, READY_CHARTER):
        assert found.effect is not Effect.REFUSE or not found.missing


@given(terms, st.integers(0, 120), st.sampled_from(TermKind))
def test_a_term_is_never_beyond_itself_and_a_longer_cap_never_catches_more(
    asked_terms: Terms, days: int, kind: TermKind
) -> None:
    assert days_beyond(asked_terms, asked_terms) == 0
    assert days_beyond(asked_terms, Terms(kind, days)) >= days_beyond(
        asked_terms, Terms(kind, days + 1)
    )


def test_the_ready_charter_is_whole_in_both_languages() -> None:
    assert [one.number for one in READY_CHARTER] == list(range(1, len(READY_CHARTER) + 1))
    for one in READY_CHARTER:
        assert typed(one.check, as_stored(one.parameters)) == dict(one.parameters)
        for language in ("fr", "en"):
            assert one.title[language]
            assert one.text[language]
            assert not unknown_places(one.check, one.text[language])
        assert set(one.parameters) == {
            name for name in one.parameters if f"{{{name}}}" in one.text["fr"]
        }


@pytest.mark.parametrize(
    ("check", "given_values", "name"),
    [
        (Check.MAXIMUM_TERM, {"days": "366", "method": "net"}, "days"),
        (Check.MAXIMUM_TERM, {"days": "-1", "method": "net"}, "days"),
        (Check.MAXIMUM_TERM, {"days": "4.5", "method": "net"}, "days"),
        (Check.MAXIMUM_TERM, {"days": "45", "method": "someday"}, "method"),
        (Check.DEPOSIT_UNDER_GRADE, {"grade": "F", "share": "0.3"}, "grade"),
        (Check.DEPOSIT_UNDER_GRADE, {"grade": "", "share": "0.3"}, "grade"),
        (Check.DEPOSIT_UNDER_GRADE, {"grade": "D", "share": "1.01"}, "share"),
        (Check.DEPOSIT_UNDER_GRADE, {"grade": "D", "share": "0"}, "share"),
        (Check.DEPOSIT_UNDER_GRADE, {"grade": "D", "share": "NaN"}, "share"),
        (Check.COMMITTEE_OVER, {"amount": "-1"}, "amount"),
        (Check.COMMITTEE_OVER, {"amount": "Infinity"}, "amount"),
        (Check.COMMITTEE_OVER, {}, "amount"),
    ],
)
def test_a_parameter_out_of_its_bounds_is_named(
    check: Check, given_values: dict[str, str], name: str
) -> None:
    with pytest.raises(ParameterWrongError) as wrong:
        typed(check, given_values)
    assert wrong.value.name == name


def test_a_grade_that_does_not_exist_cannot_be_proposed() -> None:
    with pytest.raises(ValueError, match="grade"):
        asked(grade="F")


def test_the_digest_changes_with_every_word_and_not_with_the_order() -> None:
    before = digest(2, READY_CHARTER)
    assert digest(2, tuple(reversed(READY_CHARTER))) == before
    assert digest(3, READY_CHARTER) != before
    first, *rest = READY_CHARTER
    other = replace(first, text={**first.text, "en": first.text["en"] + " "})
    assert digest(2, (other, *rest)) != before


def test_changes_name_new_changed_and_removed_articles() -> None:
    first, second, *_rest = READY_CHARTER
    third = replace(first, number=3)
    found = changes([first, second], [replace(second, effect=Effect.WARN), third])
    assert [(one.number, one.kind) for one in found] == [(1, "removed"), (2, "changed"), (3, "new")]


def test_a_text_speaks_of_the_parameters_of_its_check() -> None:
    assert filled("at most {days}, {days}", {"days": "45 days"}) == "at most 45 days, 45 days"
    assert unknown_places(Check.MAXIMUM_TERM, "{days} {share}") == ["share"]
