from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.rules.allocation import OpenLine, Share, allocate, effective_date

DAY = date(2026, 1, 1)


def lines(*amounts: int | str) -> list[OpenLine[int]]:
    """Instalments thirty days apart."""
    return [
        OpenLine(number, DAY + timedelta(days=30 * number), Decimal(amount))
        for number, amount in enumerate(amounts, start=1)
    ]


def shares(amount: int | str, *amounts: int | str) -> list[tuple[int, Decimal]]:
    return [
        (share.key, share.amount) for share in allocate(Decimal(amount), lines(*amounts)).shares
    ]


# ERPNext's accounts receivable tests, peer_cases/ageing_erpnext: "40 paid", "partial payment and credit note".


def test_a_part_payment_closes_the_first_instalment_and_opens_the_second() -> None:
    assert shares(40, 30, 50, 20) == [(1, 30), (2, 10)]


def test_a_credit_note_after_a_part_payment_goes_to_the_oldest_open_lines() -> None:
    assert shares(40, 60, 100, 40) == [(1, 40)]
    assert shares(100, 20, 100, 40) == [(1, 20), (2, 80)]


def test_one_cent_stays_open() -> None:
    assert shares("99.99", 100) == [(1, Decimal("99.99"))]


def test_what_is_too_much_is_unallocated_cash() -> None:
    used = allocate(Decimal(130), lines(60, 40))
    assert used.shares == (Share(1, Decimal(60)), Share(2, Decimal(40)))
    assert used.unallocated == 30


def test_the_order_of_the_rows_does_not_matter() -> None:
    ordered = lines(30, 50, 20)
    assert allocate(Decimal(60), ordered[::-1]) == allocate(Decimal(60), ordered)


def test_lines_due_on_the_same_day_keep_their_order() -> None:
    same_day = [OpenLine(name, DAY, Decimal(10)) for name in ("b", "a")]
    assert [share.key for share in allocate(Decimal(15), same_day).shares] == ["b", "a"]


def test_a_closed_line_gets_nothing() -> None:
    assert shares(10, 0, 20) == [(2, 10)]


def test_an_amount_below_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="0 or more"):
        allocate(Decimal(-1), lines(10))


def test_a_payment_before_its_invoice_counts_from_the_invoice() -> None:
    earlier, later = date(2026, 3, 1), date(2026, 3, 9)
    assert effective_date(later, earlier) == later
    assert effective_date(earlier, later) == later


@given(st.integers(0, 10_000), st.lists(st.integers(0, 3_000), max_size=8))
def test_every_cent_goes_somewhere_and_no_line_gets_too_much(
    amount: int, open_amounts: list[int]
) -> None:
    used = allocate(Decimal(amount), lines(*open_amounts))
    assert sum(share.amount for share in used.shares) + used.unallocated == amount
    by_key = dict(enumerate(open_amounts, start=1))
    assert all(0 < share.amount <= by_key[share.key] for share in used.shares)
    assert used.unallocated == max(0, amount - sum(open_amounts))
    # Only the last line touched may stay open.
    assert all(share.amount == by_key[share.key] for share in used.shares[:-1])
