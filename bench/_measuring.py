"""Medians, ratios and growth, printed the same way by every benchmark."""

import statistics
import time
from collections.abc import Callable, Sequence
from math import log

ROUNDS = 7


def medians(
    *works: Callable[[], object], rounds: int = ROUNDS, before: Callable[[], object] | None = None
) -> list[float]:
    """Return the median seconds of each piece of work, warm: the first run is not counted.

    They take turns, so that other work on the machine hits all of them. `before` runs ahead of each, untimed.
    """
    taken: list[list[float]] = [[] for _ in works]
    for turn in range(rounds + 1):
        for place, work in enumerate(works):
            if before is not None:
                before()
            begin = time.perf_counter()
            work()
            if turn:
                taken[place].append(time.perf_counter() - begin)
    return [statistics.median(times) for times in taken]


def tell(lines: int, what: str, figure: float, limit: float, goal: float) -> None:
    """Print one figure beside the limit of the same run and the ratio."""
    print(
        f"{lines:>9,} lines: {what:<34} {figure * 1000:>8.1f} ms, limit {limit * 1000:>8.1f} ms, "
        f"ratio {figure / limit:.2f} (goal {goal:.1f})",
        flush=True,
    )


def tell_growth(what: str, sizes: Sequence[int], figures: Sequence[float]) -> None:
    """Print by which power of the size each figure grows; 1.0 is in proportion."""
    pairs = zip(sizes, sizes[1:], figures, figures[1:], strict=False)
    for smaller, larger, before, after in pairs:
        exponent = log(after / before) / log(larger / smaller)
        print(f"growth {smaller:,} → {larger:,}: {what}, exponent {exponent:.2f}", flush=True)
