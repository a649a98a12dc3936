"""Statements as PDF, against bare WeasyPrint of the same HTML: goal 1.2 times, by PERFORMANCE.

Ours adds a process of its own with limits; it wins back by loading fonts and style once.
"""

import dataclasses
import os
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "otc.settings")
django.setup()

from dunning.documents import pdf_child  # noqa: E402  after the settings
from dunning.documents.rendering import render_pdf  # noqa: E402
from dunning.documents.statement import statement_html  # noqa: E402
from dunning.documents.view import message_view  # noqa: E402
from dunning.messages.samples import sample_contents, sample_line  # noqa: E402
from dunning.rules.content import Totals  # noqa: E402

GOAL = 1.2
ROUNDS = 5
STYLE = pdf_child._FOLDER / "print.css"  # noqa: SLF001  the very file that ours reads


def html_of(lines: int) -> str:
    zero, whole = Decimal(0), Decimal(100 * lines)
    content = dataclasses.replace(
        sample_contents()[0],
        lines=tuple(
            sample_line(f"FA-2609-{number:04}", date(2026, 9, 30), "100.00")
            for number in range(lines)
        ),
        totals=Totals(whole, zero, zero, zero, whole),
    )
    return statement_html(message_view(content))


def bare(html: str) -> None:
    """Render as the engine's own documentation shows."""
    from weasyprint import HTML  # noqa: PLC0415  after pdf_child, which says where the fonts are

    HTML(string=html).write_pdf(stylesheets=[str(STYLE)], pdf_variant="pdf/ua-1")


def milliseconds(html: str, *actions: Callable[[str], object]) -> list[float]:
    """Return the best time of each action; they take turns, so that other work on the machine hits both."""
    taken: list[list[float]] = [[] for _action in actions]
    for _round in range(ROUNDS):
        for place, action in enumerate(actions):
            begin = time.perf_counter()
            action(html)
            taken[place].append((time.perf_counter() - begin) * 1000)
    return [min(times) for times in taken]


def main() -> None:
    for lines in (10, 200):
        html = html_of(lines)
        render_pdf(html)
        bare(html)
        figure, limit = milliseconds(html, render_pdf, bare)
        ratio = figure / limit
        verdict = "ok" if ratio <= GOAL else "above the goal"
        print(
            f"statement of {lines} lines: {figure:.0f} ms, bare WeasyPrint {limit:.0f} ms, "
            f"ratio {ratio:.2f} (goal {GOAL}): {verdict}",
        )


if __name__ == "__main__":
    main()
