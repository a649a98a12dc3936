"""What was lost for good, against sales. Source: docs/glossary.md, bad debt."""

from __future__ import annotations

from decimal import Decimal

from kpis.rules.figures import Figure, Flag, ratio


def gross_loss_rate(written_off: Decimal, sales: Decimal) -> Figure:
    """Return write-offs / sales over twelve months, both without tax: the tax on lost debts is reclaimed."""
    return ratio(
        "gross_loss_rate",
        part=written_off,
        whole=sales,
        empty=Flag.NO_SALES_IN_PERIOD,
        formula="written_off / sales",
        written_off=written_off,
        sales=sales,
    )


def net_loss_rate(
    *, written_off: Decimal, recovered: Decimal, indemnified: Decimal, sales: Decimal
) -> Figure:
    """Return write-offs less later recoveries and insurer's indemnities / sales, twelve months, without tax."""
    return ratio(
        "net_loss_rate",
        part=written_off - recovered - indemnified,
        whole=sales,
        empty=Flag.NO_SALES_IN_PERIOD,
        formula="(written_off - recovered - indemnified) / sales",
        written_off=written_off,
        recovered=recovered,
        indemnified=indemnified,
        sales=sales,
    )
