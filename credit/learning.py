"""Fit and measure the second opinion on the public data of Polish firms. Needs the extra `ml`; nothing else does.

The protocol: rows that are equal in all ratios stay in one fold, folds keep the share of failed firms, every figure
that needs learning (trees, medians) is learned on nine folds and measured on the tenth, once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold

from credit.rules.second_opinion import FEATURES, LEAF

FOLDS, SEED = 10, 20261122
LARGE = {"max_iter": 400, "learning_rate": 0.06, "max_leaf_nodes": 31}
SMALL = {"max_iter": 150, "learning_rate": 0.1, "max_leaf_nodes": 8}
# Altman's weights by number of the ratio: Z'' for private and service firms, Z' for private manufacturers.
ALTMAN_SECOND = {3: 6.56, 6: 3.26, 7: 6.72, 8: 1.05}
ALTMAN_FIRST = {3: 0.717, 6: 0.847, 7: 3.107, 8: 0.420, 9: 0.998}


@dataclass(frozen=True)
class Data:
    """The rows of the file: ratios (NaN where a cell is empty), 1 for a firm that failed, and rows that are equal."""

    ratios: Any
    failed: Any
    groups: Any

    @property
    def duplicates(self) -> int:
        """Return how many rows repeat another one."""
        return len(self.failed) - len(set(self.groups.tolist()))

    @property
    def empty_cells(self) -> int:
        """Return how many cells have no figure."""
        return int(np.isnan(self.ratios).sum())


@dataclass(frozen=True)
class Measured:
    """The area under the curve of each fold, and what was said of every firm by trees that had not seen it."""

    folds: tuple[float, ...]
    said: Any

    @property
    def mean(self) -> float:
        """Return the mean of the folds."""
        return sum(self.folds) / len(self.folds)

    @property
    def deviation(self) -> float:
        """Return the standard deviation of the folds, n − 1."""
        mean = self.mean
        return math.sqrt(sum((one - mean) ** 2 for one in self.folds) / (len(self.folds) - 1))


class NotTheDataError(ValueError):
    """The file is not the data set of 64 ratios and a class."""


def read(path: Path) -> Data:
    """Return the rows of an ARFF file with 64 numbers and a class of 0 or 1. Raises NotTheDataError, OSError."""
    rows, is_data = [], False
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        if is_data and line.strip():
            rows.append([math.nan if cell == "?" else float(cell) for cell in line.split(",")])
        is_data = is_data or line.lower().startswith("@data")
    if not rows or any(len(row) != 65 for row in rows):  # noqa: PLR2004  64 ratios and the class
        raise NotTheDataError(str(path))
    table = np.array(rows)
    ratios, failed = table[:, :64], table[:, 64].astype(int)
    _unique, groups = np.unique(np.nan_to_num(ratios, nan=-9.87e12), axis=0, return_inverse=True)
    return Data(ratios, failed, groups)


def folds(data: Data) -> list[tuple[Any, Any]]:
    """Return the ten splits, the same for every method: shares of failed firms kept, equal rows in one fold."""
    splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=SEED)
    return list(splitter.split(data.ratios, data.failed, data.groups))


def measure_trees(
    data: Data, features: Sequence[int], shape: dict[str, Any], *, fills: bool = False
) -> Measured:
    """Return how well boosted trees on the ratios numbered `features` tell failed firms.

    Empty cells stay empty, which the trees may learn from; or they are filled with the nine folds' medians.
    """
    columns = [number - 1 for number in features]
    said, found = np.zeros(len(data.failed)), []
    for learned, held_out in folds(data):
        known, asked = data.ratios[np.ix_(learned, columns)], data.ratios[np.ix_(held_out, columns)]
        if fills:
            medians = np.nanmedian(known, axis=0)
            known, asked = _filled(known, medians), _filled(asked, medians)
        said[held_out] = _fit(known, data.failed[learned], shape).decision_function(asked)
        found.append(float(roc_auc_score(data.failed[held_out], said[held_out])))
    return Measured(tuple(found), said)


def measure_altman(data: Data, weights: dict[int, float]) -> Measured:
    """Return how well a Z score tells failed firms on the same folds; one not to be told is the nine folds' median."""
    score = sum(weight * data.ratios[:, number - 1] for number, weight in weights.items())
    said, found = np.zeros(len(data.failed)), []
    for learned, held_out in folds(data):
        middle = np.nanmedian(score[learned])
        said[held_out] = -np.where(np.isnan(score[held_out]), middle, score[held_out])
        found.append(float(roc_auc_score(data.failed[held_out], said[held_out])))
    return Measured(tuple(found), said)


def shipped(data: Data, measured: Measured) -> dict[str, Any]:
    """Return the small trees fitted on every firm as plain values, with what was `measured` of them on folds."""
    columns = [number - 1 for number in FEATURES]
    medians = np.nanmedian(data.ratios[:, columns], axis=0)
    trees = _fit(_filled(data.ratios[:, columns], medians), data.failed, SMALL)
    return {
        "source": "Polish companies bankruptcy data, year 5 (UCI, CC BY 4.0)",
        "features": list(FEATURES),
        "firms": len(data.failed),
        "failed": int(data.failed.sum()),
        "auc": round(measured.mean, 4),
        "deviation": round(measured.deviation, 4),
        "base": float(trees._baseline_prediction.ravel()[0]),  # noqa: SLF001  no public name tells it
        "medians": [float(f"{each:.6g}") for each in medians],
        "ranks": [float(f"{each:.6g}") for each in np.percentile(measured.said, range(1, 101))],
        "trees": [_nodes(stage[0]) for stage in trees._predictors],  # noqa: SLF001  likewise
    }


def _filled(ratios: Any, medians: Any) -> Any:  # noqa: ANN401  arrays of an optional library
    return np.where(np.isnan(ratios), medians, ratios)


def _fit(ratios: Any, failed: Any, shape: dict[str, Any]) -> Any:  # noqa: ANN401  arrays of an optional library

    return HistGradientBoostingClassifier(random_state=SEED, **shape).fit(ratios, failed)


def _nodes(tree: Any) -> list[list[Any]]:  # noqa: ANN401  likewise
    return [
        [LEAF, 0, 0, 0, float(node["value"])]
        if node["is_leaf"]
        else [
            int(node["feature_idx"]),
            float(node["num_threshold"]),
            int(node["left"]),
            int(node["right"]),
            0,
        ]
        for node in tree.nodes
    ]
