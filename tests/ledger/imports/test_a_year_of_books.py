"""A year of realistic books, asked by `kpis` and by a slow calculation over the raw file."""

import json
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from ledger.models import Document
from ledger.queries.self_audit import differences
from tests.cast import House
from tests.generators import slow_books
from tests.generators.books import make_books, write_fec
from tests.ledger.imports.support import codes, import_path

DAYS = [date(2025, 3, 31), date(2025, 9, 15), date(2025, 12, 31)]
BUCKETS = ("not_due", "1_30", "31_60", "61_90", "91_plus")


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    made = make_books(lines=40_000)
    assert 38_000 <= len(made) <= 44_000
    return made


def asked(house: House, day: date, *more: str) -> dict[str, Any]:
    out = StringIO()
    call_command(
        "kpis", "--tenant", house.slug, "--as-of", day.isoformat(), "--json", *more, stdout=out
    )
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


@pytest.mark.slow
@pytest.mark.parametrize(
    "layout",
    [
        {"encoding": "utf-8-sig", "separator": "\t"},
        {"encoding": "iso8859-15", "separator": "|", "has_sides": True},
    ],
)
def test_figures_equal_a_slow_calculation_over_the_file(
    house: House,
    rows: list[dict[str, str]],
    tmp_path: Path,
    layout: dict[str, Any],
) -> None:
    path = tmp_path / "552032534FEC20251231.txt"
    write_fec(rows, path, **layout)
    result = import_path(house, path)
    assert result.state == "applied", result.as_json()
    assert codes(result) == []
    whole = slow_books.balance(rows, DAYS[-1], doubtful=True)
    assert result.control_totals["receivables"]["balance"] == f"{whole:.2f}"

    sales = slow_books.sales_by_month(rows)
    for day in DAYS:
        figures = asked(house, day)
        slow = slow_books.ageing(rows, day)
        assert Decimal(figures["receivables"]) == slow_books.balance(rows, day)
        for bucket in BUCKETS:
            assert Decimal(figures["ageing"][bucket]) == slow.get(bucket, Decimal(0)), bucket
        assert Decimal(figures["ageing"]["unallocated"]) == slow.get("unallocated", Decimal(0))
    for day in (DAYS[0], DAYS[2]):
        month = sales[f"{day:%Y%m}"]
        assert Decimal(asked(house, day)["sales"]["month"]) == month
    with house.scope():
        assert differences() == ()
        months: dict[str, Decimal] = {}
        for issued, amount in Document.objects.filter(
            kind__in=["invoice", "credit_note"], is_opening=False
        ).values_list("issue_date", "amount"):
            key = f"{issued:%Y%m}"
            months[key] = months.get(key, Decimal(0)) + amount
    assert months == sales


def test_the_same_books_once_more_change_nothing(house: House, tmp_path: Path) -> None:
    small = make_books(seed=3, lines=1_500, customers=30)
    path = tmp_path / "a.txt"
    write_fec(small, path)
    import_path(house, path)
    other = tmp_path / "b.txt"
    write_fec(small, other, separator="|")
    answer = import_path(house, other).as_json()
    assert answer["state"] == "applied"
    for verb in ("created", "updated"):
        assert {name: count for name, count in answer[verb].items() if count} == {}


def test_the_first_half_year_and_then_the_whole_year_equal_the_whole_year(
    house: House, other_house: House, tmp_path: Path
) -> None:
    year = make_books(seed=5, lines=1_500, customers=30)
    half = [row for row in year if row["EcritureDate"] < "20250701"]
    for name, content in {"half.txt": half, "year.txt": year}.items():
        write_fec(content, tmp_path / name)
    import_path(house, tmp_path / "half.txt")
    import_path(house, tmp_path / "year.txt")
    import_path(other_house, tmp_path / "year.txt")
    for day in DAYS:
        assert asked(house, day)["ageing"] == asked(other_house, day)["ageing"]
    with house.scope():
        assert differences() == ()
