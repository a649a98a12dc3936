"""Measure the learned second opinion beside Altman's scores, with the protocol said; `--ship` writes its file anew."""

import json
from argparse import ArgumentParser
from importlib import import_module
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from credit.queries.second_opinion import SHIPPED
from credit.rules.second_opinion import FEATURES

PROTOCOL = """Protocol: {folds} folds, seed {seed}, each with the same share of failed firms; {duplicates} rows repeat
another one in all 64 ratios and stay in one fold with it. {missing} empty cells: the large
trees read them as they are; elsewhere the median of the nine folds stands in. Of the 103 firms without a growth of
sales 96 % failed: an empty cell tells, so the second opinion leaves growth out and fills the rest. What is
learned is learned on nine folds and measured on the tenth.
"""


class Command(BaseCommand):
    """Learn, measure and, if asked, ship the second opinion."""

    help = "Measures the learned second opinion on the public bankruptcy data (5year.arff). Needs the extra `ml`."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("data", type=Path, help="the file 5year.arff")
        parser.add_argument("--ship", action="store_true", help="write the fitted trees anew")
        parser.add_argument("--quick", action="store_true", help="leave out the large trees")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            learning = import_module("credit.learning")
        except ImportError as fault:
            raise CommandError("This needs scikit-learn: install the extra `ml`.") from fault
        try:
            data = learning.read(options["data"])
        except (OSError, ValueError) as fault:
            raise CommandError(
                f"{options['data']} is not the data set of 64 ratios and a class: give 5year.arff."
            ) from fault
        self._tell_protocol(data, learning)
        if not options["quick"]:
            large = learning.measure_trees(data, range(1, 65), learning.LARGE)
            self._tell(
                "boosted trees on all 64 ratios", large, ".955 published, .961 (sd .016) earlier"
            )
        small = learning.measure_trees(data, FEATURES, learning.SMALL, fills=True)
        self._tell(
            f"second opinion, {len(FEATURES)} ratios of the form", small, "this is what is shipped"
        )
        for name, weights, known in (
            ("Altman Z''", learning.ALTMAN_SECOND, ".764 earlier"),
            ("Altman Z'", learning.ALTMAN_FIRST, ".706 earlier"),
        ):
            self._tell(name, learning.measure_altman(data, weights), known)
        self.stdout.write(
            "Learned from Polish industrial firms, one year before they failed: how it ranks firms elsewhere was not "
            "measured. A second opinion, never a decision."
        )
        if options["ship"]:
            SHIPPED.write_text(
                json.dumps(learning.shipped(data, small), separators=(",", ":")) + "\n"
            )
            self.stdout.write(f"Written: {SHIPPED.name}")

    def _tell_protocol(self, data: Any, learning: Any) -> None:  # noqa: ANN401  of an optional module
        failed = int(data.failed.sum())
        self.stdout.write(f"{len(data.failed):,} firms, {failed} of them failed within the year.")
        self.stdout.write(
            PROTOCOL.format(
                folds=learning.FOLDS,
                seed=learning.SEED,
                duplicates=data.duplicates,
                missing=data.empty_cells,
            )
        )
        self.stdout.write(
            f"{'area under the curve':42}{'mean':>7}{'sd':>7}{'least':>7}{'most':>7}   beside"
        )

    def _tell(self, name: str, found: Any, beside: str) -> None:  # noqa: ANN401  likewise
        figures = (found.mean, found.deviation, min(found.folds), max(found.folds))
        self.stdout.write(
            f"{name:42}" + "".join(f"{each:7.3f}" for each in figures) + f"   {beside}"
        )
