"""The scorecard, the accounts, risk against return and the watch, as rules on values."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit.queries.second_opinion import shipped_model
from credit.rules.held_class import Held, settle
from credit.rules.ready_scorecard import READY_CARD
from credit.rules.risk_return import READY, Assumptions, advised_limit, risk_return
from credit.rules.scorecard import (
    GRADES,
    Band,
    Card,
    CardUnreadableError,
    Criterion,
    Fact,
    Unit,
    Weighed,
    as_stored,
    card_of,
    changes,
    problems,
    score,
)
from credit.rules.second_opinion import FEATURES, Model, opinion, ratios_of, raw
from credit.rules.statements import Statement, contradictions
from credit.rules.watch import Alert, Seen, Thresholds, alerts
from kernel.money import Money

TODAY = date(2026, 10, 31)
SOUND = Statement(
    date(2025, 12, 31), total_assets=Decimal(1000), current_assets=Decimal(600), inventories=Decimal(150),
    receivables=Decimal(300), equity=Decimal(400), retained_earnings=Decimal(250), liabilities=Decimal(600),
    short_term_liabilities=Decimal(300), debt=Decimal(200), cash=Decimal(100), sales=Decimal(1500), ebit=Decimal(90),
    depreciation=Decimal(30), financial_expenses=Decimal(10), net_profit=Decimal(60),
)  # fmt: skip


def eur(amount: str | int) -> Money:
    return Money(Decimal(amount), "EUR")


values = {
    Unit.CODE: st.sampled_from(["none", "safeguard", "covered", "refused", "unheard of"]),
}
facts = st.fixed_dictionaries(
    {},
    optional={
        one.criterion: st.builds(
            Fact,
            st.none() | values.get(one.unit, st.decimals(-50, 200, places=2)),
        )
        for one in READY_CARD.criteria
    },
)


@given(facts)
def test_the_lines_add_up_and_a_worse_fact_never_scores_more(
    known: dict[Criterion, Fact],
) -> None:
    found = score(READY_CARD, known)
    assert found.points == sum(line.points for line in found.lines)
    assert 0 <= found.points <= 100
    assert sum(line.most for line in found.lines) == 100
    assert found.grade == READY_CARD.grade(found.points)
    later = known.get(Criterion.DAYS_LATE)
    if later and isinstance(later.value, Decimal):
        worse = {**known, Criterion.DAYS_LATE: Fact(later.value + 5)}
        assert score(READY_CARD, worse).points <= found.points


def test_bounds_are_included_thresholds_passed_and_the_unknown_is_said() -> None:
    late = READY_CARD.criteria[0]
    shown = {
        days: late.band_of(Decimal(days)) for days in ("-3", "0", "0.1", "7", "20", "45", "46")
    }
    assert [band.points for band in shown.values() if band] == [100, 100, 85, 85, 55, 20, 0]
    assert [
        READY_CARD.grade(Decimal(points)) for points in ("80", "79.99", "65", "50", "30", "29.99")
    ] == list("ABBCDE")
    nothing = score(READY_CARD, {})
    assert all(line.is_unknown for line in nothing.lines)
    assert nothing.known == 0
    assert nothing.points == sum(
        (Decimal(one.weight * one.unknown) / 100).quantize(Decimal("0.01"))
        for one in READY_CARD.criteria
    )
    unheard = score(READY_CARD, {Criterion.INSURER: Fact("asleep", "Insurer")})
    assert next(one for one in unheard.lines if one.criterion is Criterion.INSURER).is_unknown


def test_a_card_is_kept_as_it_was_and_nonsense_is_named() -> None:
    assert problems(READY_CARD) == []
    assert card_of(as_stored(READY_CARD)) == READY_CARD
    first = READY_CARD.criteria[0]

    def codes(card: Card) -> set[str]:
        return {one.code for one in problems(card)}

    def having(one: Weighed) -> Card:
        return replace(READY_CARD, criteria=(one, *READY_CARD.criteria[1:]))

    assert codes(replace(READY_CARD, criteria=())) == {"empty"}
    assert codes(having(replace(first, weight=0))) == {"weight"}
    assert codes(having(replace(first, unknown=101))) == {"points"}
    assert codes(having(replace(first, bands=()))) == {"bands"}
    assert codes(having(replace(first, bands=first.bands[:-1]))) == {"order"}
    assert codes(
        having(replace(first, bands=(first.bands[1], first.bands[0], first.bands[-1])))
    ) == {"order"}
    twice = Weighed(Criterion.SECTOR, 5, (Band(1, code="47"), Band(2, code="47")), 0)
    assert codes(having(twice)) == {"codes"}
    assert codes(replace(READY_CARD, thresholds={"A": 50, "B": 65, "C": 50, "D": 30})) == {
        "thresholds"
    }
    assert codes(replace(READY_CARD, classes={**READY_CARD.classes, "E": "A"})) == {"classes"}
    for broken in (
        {},
        {"criteria": [{"criterion": "luck"}]},
        {**as_stored(READY_CARD), "classes": {}},
    ):
        with pytest.raises(CardUnreadableError):
            card_of(broken)
    heavier = replace(first, weight=30)
    assert [one.criterion for one in changes(READY_CARD, having(heavier))] == [first.criterion]


def test_accounts_give_the_ratios_of_the_textbook() -> None:
    assert SOUND.equity_ratio == Decimal("0.4")
    assert SOUND.current_ratio == 2
    assert SOUND.ebitda_to_debt == Decimal("0.6")
    # 6.56×0.3 + 3.26×0.25 + 6.72×0.09 + 1.05×0.666667
    assert SOUND.altman == Decimal("4.088")
    assert replace(SOUND, total_assets=Decimal(0)).altman is None
    assert replace(SOUND, liabilities=None).altman is None
    assert replace(SOUND, debt=Decimal(0)).ebitda_to_debt == 10
    assert contradictions(SOUND) == []
    assert contradictions(replace(SOUND, current_assets=Decimal(2000))) == [
        ("current_assets", "total_assets")
    ]


def test_a_risk_is_worth_what_it_earns_less_what_it_loses_and_costs() -> None:
    assumed = Assumptions({"C": Decimal("0.02")}, lost=Decimal("0.6"), financing=Decimal("0.06"))
    found = risk_return(
        sales=eur(100_000), margin_rate=Decimal("0.05"), at_risk=eur(100_000), days=Decimal(60), grade="C",
        assumptions=assumed,
    )  # fmt: skip
    assert (found.margin, found.expected_loss, found.financing) == (eur(5000), eur(1200), eur(1000))
    assert found.net == eur(2800)
    assert found.is_worth_it
    covered = risk_return(
        sales=eur(100_000),
        margin_rate=Decimal("0.01"),
        at_risk=eur(-5),
        days=Decimal(-9),
        grade="E",
        assumptions=READY,
    )
    assert (covered.expected_loss, covered.financing) == (eur(0), eur(0))


def test_a_worse_grade_is_never_advised_more() -> None:
    advised = [
        advised_limit(grade, yearly_sales=eur(240_000), days=Decimal(45), equity=eur(900_000))
        for grade in GRADES
    ]
    # 240 000 ÷ 12 × 60 ÷ 30 = 40 000 of need; C: 4 % of equity is more than 0.8 × the need; D: 1 %.
    assert advised == [eur(60_000), eur(48_000), eur(32_000), eur(9000), eur(0)]
    assert advised_limit("A", yearly_sales=eur(0), days=Decimal(30)) == eur(0)


def seen(grade: str, **known: str | Decimal | None) -> Seen:
    used = known.pop("used", None)
    return Seen(
        grade,
        {Criterion(name): Fact(value) for name, value in known.items()},
        used if isinstance(used, Decimal) else None,
    )


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (None, seen("D"), set()),
        (
            None,
            seen("A", used=Decimal("0.95"), legal_event="safeguard"),
            {Alert.LIMIT_USED, Alert.LEGAL_EVENT},
        ),
        (seen("B"), seen("C"), {Alert.GRADE_FELL}),
        (seen("C"), seen("B"), set()),
        (seen("A", legal_event="safeguard"), seen("A", legal_event="safeguard"), set()),
        (seen("A", legal_event="none"), seen("A", legal_event="receivership"), {Alert.LEGAL_EVENT}),
        (seen("A", days_late=Decimal(4)), seen("A", days_late=Decimal(14)), {Alert.DAYS_LATE}),
        (seen("A", days_late=Decimal(4)), seen("A", days_late=Decimal("13.9")), set()),
        (seen("A", insurer="covered"), seen("A", insurer="reduced"), {Alert.COVER_REDUCED}),
        (seen("A", insurer="refused"), seen("A", insurer="reduced"), set()),
        (seen("A", used=Decimal("0.5")), seen("A", used=Decimal("0.9")), set()),
        (seen("A", used=Decimal("0.91")), seen("A", used=Decimal("1.2")), set()),
    ],
)
def test_the_watch_tells_what_is_new_and_nothing_twice(
    before: Seen | None, after: Seen, told: set[Alert]
) -> None:
    assert set(alerts(before, after, Thresholds())) == told


def test_a_class_set_by_hand_stands_until_its_last_day() -> None:
    until = date(2027, 4, 30)
    held, stands = settle(Held("B"), now_is="D", wanted="B", today=TODAY, until=until)
    assert (held, stands) == (Held("B", "D", until), "D")
    assert settle(held, now_is="D", wanted="A", today=until, until=date(2028, 1, 1)) == (held, "D")
    assert settle(held, now_is="D", wanted="A", today=date(2027, 5, 1), until=date(2028, 1, 1)) == (
        Held("A"),
        "A",
    )
    assert settle(held, now_is="", wanted="C", today=TODAY, until=until) == (Held("C"), "C")
    assert settle(held, now_is="C", wanted="A", today=TODAY, until=until)[0] == Held(
        "B", "C", until
    )
    assert settle(Held(), now_is="", wanted="B", today=TODAY, until=until) == (Held("B"), "B")


def test_the_second_opinion_walks_its_trees_and_ranks_firms() -> None:
    tree = ((0, 0.5, 1, 2, 0.0), (-1, 0.0, 0, 0, -1.0), (-1, 0.0, 0, 0, 2.0))
    middle = tuple(0.4 for _feature in FEATURES)
    model = Model(0.25, (tree, tree), middle, (-1.0, 0.0, 3.0), 0.9, 0.1, 10, 2, "test")
    unknown = [float("nan")] * len(FEATURES)
    assert raw(model, [0.5, *unknown[1:]]) == -1.75
    assert raw(model, [0.6, *unknown[1:]]) == 4.25
    assert raw(model, unknown) == -1.75
    shipped = shipped_model()
    assert (shipped.firms, shipped.failed) == (5910, 410)
    assert 0.9 < shipped.auc < 1
    ailing = replace(
        SOUND, equity=Decimal(-100), liabilities=Decimal(1100), retained_earnings=Decimal(-300), ebit=Decimal(-120),
        net_profit=Decimal(-150), short_term_liabilities=Decimal(900), cash=Decimal(2),
    )  # fmt: skip
    one, other = opinion(shipped, SOUND), opinion(shipped, ailing)
    assert one
    assert other
    assert one.rank < 50 < other.rank
    assert opinion(shipped, Statement(TODAY, sales=Decimal(1), equity=Decimal(2))) is None
    assert ratios_of(replace(SOUND, net_profit=None))[0] != ratios_of(SOUND)[0] == 0.06
