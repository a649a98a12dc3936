"""Remainders: proposed by the night, accepted by a person who applies no cash, told to accounting, withdrawn."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from dunning.models import Pause, Residual, ResidualExport
from dunning.queries.simulation import Span, simulate_tenant
from dunning.rules.residuals import is_residual
from dunning.services.residuals import (
    NothingToExport,
    ReasonMissing,
    ResidualChanged,
    WriteOffByAPerson,
    WriteOffIncompatible,
    decide_residuals,
    export_residuals,
    propose_residuals,
    withdraw_residual,
)
from kernel.errors import Refused
from kernel.permissions import system_actor
from ledger.models import DueLine, TimelineEntry
from ledger.permissions import APPLY_CASH
from tests.dunning.conftest import NOW, TODAY, Chase


@pytest.mark.parametrize(
    ("open_amount", "amount", "rate", "expected"),
    [
        ("1", "900", "1", True),
        ("1.01", "900", "1", False),
        ("1.01", "1010", "1", True),  # a thousandth
        ("1.02", "1010", "1", False),
        ("0.90", "0.90", "1", False),  # nothing was settled: an invoice, no remainder
        ("100", "9000", "0.006", True),  # sixty cents in yen
        ("0", "900", "1", False),
    ],
)
def test_a_remainder_is_at_most_a_euro_or_a_thousandth(
    open_amount: str, amount: str, rate: str, *, expected: bool
) -> None:
    assert expected is is_residual(
        open_amount=Decimal(open_amount), amount=Decimal(amount), euro_rate=Decimal(rate)
    )


def remainders(chase: Chase) -> list[DueLine]:
    """Make four lines of 9,000 of one customer, of which 0.80, 9.00, 9.01 and all are left."""
    customer = chase.customer()
    lines = [chase.line(customer, 12, "9000") for _ in range(4)]
    for line, left in zip(lines, ("0.80", "9", "9.01"), strict=False):
        chase.pay(line, str(9000 - Decimal(left)))
    return lines


def test_the_way_of_a_remainder_from_the_night_to_accounting_and_back(chase: Chase) -> None:
    lines = remainders(chase)
    manager = chase.person("credit_manager")
    with chase.house.scope():
        assert (propose_residuals(today=TODAY), propose_residuals(today=TODAY)) == (2, 0)
        proposed = list(Residual.objects.values_list("pk", flat=True))
        with pytest.raises(NothingToExport):
            export_residuals(actor=manager, today=TODAY, now=NOW)
        decide_residuals(residuals=proposed, is_accepted=True, actor=manager, now=NOW)
        made = export_residuals(actor=manager, today=TODAY, now=NOW)
        rows = bytes(made.file).decode("utf-8-sig").splitlines()
        assert [row.split(";")[6] for row in rows] == ["amount", "0.80", "9.00"]
        # Owed all the same until accounting books it.
        assert DueLine.objects.get(pk=lines[1].pk).open_amount == 9
    coverage = chase.plan().coverage
    assert coverage.left_out["write_off"] == {"EUR": Decimal("9.80")}
    assert (coverage.uncovered, coverage.chased) == (0, {"EUR": Decimal("9009.01")})
    with chase.house.scope():
        walked = simulate_tenant(Span(TODAY, TODAY + timedelta(days=1), TODAY))
        assert walked.days[0].coverage["EUR"].left_out["write_off"] == Decimal("9.80")
        second = Residual.objects.get(due_line=lines[1])
        with pytest.raises(ReasonMissing):
            withdraw_residual(residual=second, actor=manager, reason=" ", today=TODAY, now=NOW)
        withdraw_residual(residual=second, actor=manager, reason="Will pay", today=TODAY, now=NOW)
        assert Pause.objects.in_force(TODAY).count() == 1
        told = TimelineEntry.objects.filter(text_code__startswith="dunning.residual")
        assert sorted(told.values_list("text_code", flat=True)) == [
            "dunning.residual_exported", "dunning.residual_exported", "dunning.residual_withdrawn",
        ]  # fmt: skip
        assert propose_residuals(today=TODAY) == 0  # withdrawn: not proposed again as it is
        assert bytes(ResidualExport.objects.get().file) == bytes(made.file)
    assert chase.plan().coverage.left_out["write_off"] == {"EUR": Decimal("0.80")}


def test_what_changes_between_proposal_and_file_is_in_neither(chase: Chase) -> None:
    lines = remainders(chase)
    manager = chase.person("credit_manager")
    with chase.house.scope():
        propose_residuals(today=TODAY)
        proposed = list(Residual.objects.values_list("pk", flat=True))
    chase.pay(lines[0])
    with chase.house.scope():
        with pytest.raises(ResidualChanged, match="1 of these"):
            decide_residuals(residuals=proposed, is_accepted=True, actor=manager, now=NOW)
        second = Residual.objects.get(due_line=lines[1])
        decide_residuals(residuals=[second.pk], is_accepted=True, actor=manager, now=NOW)
    chase.pay(lines[1], "1")
    with chase.house.scope(), pytest.raises(NothingToExport):
        export_residuals(actor=manager, today=TODAY, now=NOW)


def test_neither_a_program_nor_who_applies_cash_decides(chase: Chase) -> None:
    remainders(chase)
    manager = chase.person("credit_manager")
    cash = chase.person("cash_accountant")
    both = replace(manager, permissions={**manager.permissions, APPLY_CASH: cash.held(APPLY_CASH)})
    refused: list[tuple[object, type[Refused]]] = [
        (system_actor(chase.house.tenant_id), WriteOffByAPerson),
        (replace(manager, kind="api"), WriteOffByAPerson),
        (cash, WriteOffByAPerson),
        (chase.person("collector"), WriteOffByAPerson),
        (both, WriteOffIncompatible),
    ]
    with chase.house.scope():
        propose_residuals(today=TODAY)
        rows = list(Residual.objects.values_list("pk", flat=True))
        for actor, refusal in refused:
            with pytest.raises(refusal):
                decide_residuals(residuals=rows, is_accepted=True, actor=actor, now=NOW)  # type: ignore[arg-type]


def test_the_page_decides_for_a_credit_manager_and_shows_an_analyst_the_list(chase: Chase) -> None:
    remainders(chase)
    manager, analyst = chase.house.client("credit_manager"), chase.house.client("credit_analyst")
    with chase.house.scope():
        propose_residuals(today=TODAY)
        rows = [str(each) for each in Residual.objects.values_list("pk", flat=True)]
    given = {"residual": rows, "answer": "accept"}
    assert analyst.post("/write-offs/decide", given).status_code == 403
    assert b"F-00001" in analyst.get("/write-offs").content
    assert manager.post("/write-offs/decide", given).status_code == 302
    assert manager.post("/write-offs/export").status_code == 302
    with chase.house.scope():
        made = ResidualExport.objects.get()
        (first, _second) = Residual.objects.order_by("amount")
    got = manager.get(f"/write-offs/files/{made.pk}.csv")
    assert got.content == bytes(made.file)
    withdrawn = f"/write-offs/{first.pk}/withdraw"
    assert manager.post(withdrawn, {"reason": ""}).status_code == 422
    assert manager.post(withdrawn, {"reason": "Paid by hand"}).status_code == 302
    assert manager.get("/write-offs").status_code == 200
