"""A learned second opinion on yearly accounts: small trees, fitted offline, shipped as a file, read without a library.

It was learned from Polish industrial firms. It is told beside the score, never part of it, and decides nothing
(art. 22 GDPR, S12). What it says is a rank among those firms: a probability would claim a calibration nobody measured.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from credit.rules.statements import Statement

# The ratios of the data set, by its own numbers, that one year of the entry form can give. Growth (21) is left out:
# of the 103 firms where it is missing 96 % failed, so that the empty cell would tell the outcome.
FEATURES = (1, 2, 3, 4, 6, 7, 9, 10, 20, 23, 26, 27, 28, 30, 40, 42, 44, 46, 50, 51, 53, 62, 64)
FEWEST_KNOWN = (
    12  # of the ratios: with fewer the trees speak of the firms whose figures were missing
)
LEAF = -1
DAYS = 365.0
Node = tuple[int, float, int, int, float]


@dataclass(frozen=True, slots=True)
class Model:
    """The trees, what they start from, and how well they told failing firms from others when it was measured.

    A node is (feature, threshold, left, right, value); a leaf has no feature. `medians` stand in for ratios that are
    unknown: that a figure is missing says nothing. `ranks` are the hundredths of what the trees said of firms they had
    not seen; `auc` and `deviation` were measured on the same.
    """

    base: float
    trees: tuple[tuple[Node, ...], ...]
    medians: tuple[float, ...]
    ranks: tuple[float, ...]
    auc: float
    deviation: float
    firms: int
    failed: int
    source: str


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the trees say: riskier than `rank` hundredths of the firms they were measured on."""

    rank: int
    known: int
    auc: float
    deviation: float
    source: str


def opinion(model: Model, statement: Statement) -> Opinion | None:
    """Return the second opinion on a year's accounts; None on too few figures."""
    ratios = ratios_of(statement)
    known = sum(not math.isnan(each) for each in ratios)
    if known < FEWEST_KNOWN:
        return None
    rank = bisect_left(model.ranks, raw(model, ratios))
    return Opinion(min(rank, 99), known, model.auc, model.deviation, model.source)


def raw(model: Model, ratios: Sequence[float]) -> float:
    """Return the sum of the trees, a log-odds among the firms learned from; NaN is a ratio that is unknown."""
    told = [
        median if math.isnan(ratio) else ratio
        for ratio, median in zip(ratios, model.medians, strict=True)
    ]
    return model.base + sum(_leaf(tree, told) for tree in model.trees)


def _leaf(tree: Sequence[Node], ratios: Sequence[float]) -> float:
    place = 0
    while True:
        feature, threshold, left, right, value = tree[place]
        if feature == LEAF:
            return value
        place = left if ratios[feature] <= threshold else right


def ratios_of(now: Statement) -> list[float]:
    """Return the ratios of `FEATURES` in their order; NaN where a figure is missing or divided by nothing.

    A ratio is no money: it is a float, as the trees compare.
    """

    def part(name: str) -> float:
        value = getattr(now, name)
        return math.nan if value is None else float(value)

    assets, current, stock = part("total_assets"), part("current_assets"), part("inventories")
    owed_by, equity, kept = part("receivables"), part("equity"), part("retained_earnings")
    owed, short, cash = part("liabilities"), part("short_term_liabilities"), part("cash")
    sales, ebit, profit = part("sales"), part("ebit"), part("net_profit")
    fixed, capital = assets - current, current - short
    pairs: Mapping[int, tuple[float, float]] = {
        1: (profit, assets), 2: (owed, assets), 3: (capital, assets), 4: (current, short), 6: (kept, assets),
        7: (ebit, assets), 9: (sales, assets), 10: (equity, assets), 20: (stock * DAYS, sales),
        23: (profit, sales), 26: (profit + part("depreciation"), owed),
        27: (ebit, part("financial_expenses")),
        28: (capital, fixed), 30: (owed - cash, sales), 40: (current - stock - owed_by, short), 42: (ebit, sales),
        44: (owed_by * DAYS, sales), 46: (current - stock, short), 50: (current, owed), 51: (short, assets),
        53: (equity, fixed), 62: (short * DAYS, sales), 64: (sales, fixed),
    }  # fmt: skip
    return [_ratio(*pairs[number]) for number in FEATURES]


def _ratio(amount: float, by: float) -> float:
    return math.nan if math.isnan(by) or by == 0 else amount / by


def model_of(stored: Mapping[str, Any]) -> Model:
    """Return the model as its file tells it. Raises KeyError or ValueError for another file."""
    if tuple(stored["features"]) != FEATURES:
        raise ValueError("the file was learned on other ratios")
    return Model(
        base=float(stored["base"]),
        trees=tuple(
            tuple((int(f), float(t), int(a), int(b), float(v)) for f, t, a, b, v in tree)
            for tree in stored["trees"]
        ),
        medians=tuple(float(each) for each in stored["medians"]),
        ranks=tuple(float(each) for each in stored["ranks"]),
        auc=float(stored["auc"]),
        deviation=float(stored["deviation"]),
        firms=int(stored["firms"]),
        failed=int(stored["failed"]),
        source=str(stored["source"]),
    )
