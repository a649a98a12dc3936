"""The learned second opinion: measured on the public data, shipped whole, read as it was fitted."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from credit import learning
from credit.rules.second_opinion import FEATURES, model_of, raw

DATA = "company_data/polish_bankruptcy/5year.arff"


def test_altman_is_measured_as_before_and_equal_rows_stay_together(shared_data: Path) -> None:
    data = learning.read(shared_data / DATA)
    assert (len(data.failed), int(data.failed.sum()), data.empty_cells, data.duplicates) == (
        5910,
        410,
        4666,
        60,
    )
    for learned, held_out in learning.folds(data):
        assert not set(data.groups[learned]) & set(data.groups[held_out])
        assert abs(data.failed[held_out].mean() - 410 / 5910) < 0.004
    second = learning.measure_altman(data, learning.ALTMAN_SECOND)
    first = learning.measure_altman(data, learning.ALTMAN_FIRST)
    assert round(second.mean, 3) == 0.764
    assert abs(first.mean - 0.706) < 0.002


def test_the_shipped_trees_say_what_the_fitted_ones_said(
    shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = learning.read(shared_data / DATA)
    monkeypatch.setattr(
        learning, "SMALL", {"max_iter": 8, "learning_rate": 0.1, "max_leaf_nodes": 8}
    )
    measured = learning.Measured((0.9, 0.92), data.ratios[:, 0])
    model = model_of(learning.shipped(data, measured))
    columns = [number - 1 for number in FEATURES]
    known = data.ratios[:, columns]
    filled = learning._filled(known, list(model.medians))
    trees = learning._fit(
        learning._filled(known, [float(f"{each:.6g}") for each in model.medians]),
        data.failed,
        learning.SMALL,
    )
    said = trees.decision_function(filled[:200])
    assert [raw(model, list(row)) for row in known[:200]] == pytest.approx(list(said), abs=1e-6)


def test_another_file_is_refused_in_words(tmp_path: Path) -> None:
    other = tmp_path / "other.arff"
    other.write_text("@data\n1,2,3\n")
    for path in (other, tmp_path / "none.arff"):
        with pytest.raises(CommandError, match=r"give 5year\.arff"):
            call_command("learned_score", str(path), stdout=StringIO())
