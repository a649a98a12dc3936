from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from disputes.models import Dispute, DisputeOutcome, DisputeType
from disputes.queries import disputed_amounts
from disputes.services import close_dispute, open_dispute
from kernel.money import Money
from kernel.permissions import system_actor
from ledger.imports.undo import UndoRefused, undo_import
from ledger.models import Allocation, Customer, Document, DueLine, ImportBatch
from ledger.queries import timeline
from ledger.queries.self_audit import differences
from tests.ledger.imports.support import NOW, TODAY, Desk, csv

PAID = "code client;nom client;n° pièce;date pièce;échéance;montant TTC;date de règlement;montant réglé"
ROW = "C1;A;F1;05/01/2026;04/02/2026;100;;"


def undo(desk: Desk, import_id: UUID | None, *, hours: int = 1) -> None:
    with desk.house.scope():
        assert import_id is not None
        undo_import(
            batch=ImportBatch.objects.get(pk=import_id),
            actor=system_actor(desk.house.tenant_id),
            today=TODAY,
            now=NOW + timedelta(hours=hours),
        )


def test_an_undone_import_leaves_no_figure_on_any_day(desk: Desk) -> None:
    result = desk.take(
        csv(
            "C1;A;F1;05/01/2026;04/02/2026;100;10/02/2026;40",
            "C1;A;A1;06/01/2026;;-30;;",
            "C1;A;F1;05/01/2026;04/03/2026;60;;",
            header=PAID,
        )
    )
    undo(desk, result.import_id)
    assert desk.open_by_number() == {}
    for day in (date(2026, 1, 5), date(2026, 2, 10), date(2026, 3, 1)):
        assert desk.balance(day) == 0
    with desk.house.scope():
        assert differences() == ()
        assert sum(each.amount for each in Document.objects.all()) == 0
        assert sum(each.amount for each in Allocation.objects.filter(effective_date=TODAY)) == 0


def test_a_corrected_file_comes_in_after_the_undo(desk: Desk) -> None:
    first = desk.take(csv(ROW, header=PAID))
    undo(desk, first.import_id)
    again = desk.take(csv(ROW, header=PAID))
    assert again.state == "applied"
    assert again.as_json()["created"]["documents"] == 1
    assert desk.open_by_number() == {"F1": 100}


def test_a_changed_document_gets_back_what_it_was(desk: Desk) -> None:
    desk.take(csv("C1;A;F1;05/01/2026;04/02/2026;100;;", header=PAID))
    second = desk.take(csv("C1;A;F1;05/01/2026;14/02/2026;120;20/02/2026;70", header=PAID))
    undo(desk, second.import_id)
    with desk.house.scope():
        line = DueLine.objects.get(document__number="F1")
        assert (line.amount, line.open_amount, line.due_date) == (100, 100, date(2026, 2, 4))
        assert differences() == ()


CONTESTED = (
    "code client;nom client;n° pièce;date pièce;échéance;montant TTC;montant litige;motif litige"
)


def test_disputes_that_the_import_declared_are_taken_back_with_it(desk: Desk) -> None:
    first = desk.take(csv("C1;A;F0;05/01/2026;04/02/2026;100;;", header=CONTESTED))
    second = desk.take(
        csv(
            "C1;A;F0;05/01/2026;04/02/2026;100;30;prix",
            "C1;A;F1;05/01/2026;04/02/2026;50;50;casse",
            header=CONTESTED,
        )
    )
    with desk.house.scope():
        assert sorted(disputed_amounts(TODAY).values()) == [30, 50]
    undo(desk, second.import_id)
    with desk.house.scope():
        assert {dispute.outcome for dispute in Dispute.objects.all()} == {DisputeOutcome.UNDONE}
        for day in (date(2026, 1, 5), TODAY, TODAY + timedelta(days=30)):
            assert disputed_amounts(day) == {}
        batch = ImportBatch.objects.get(undoes=second.import_id)
        assert batch.counts["created"]["disputes_taken_back"] == 2
        customer = Customer.objects.get()
        assert any("taken back with its import" in each.sentence for each in timeline(customer.pk))
        assert differences() == ()
    assert desk.open_by_number() == {"F0": 100}
    assert first.import_id is not None


def test_a_dispute_a_person_opened_on_an_undone_document_ends_with_it(desk: Desk) -> None:
    result = desk.take(csv(ROW, header=PAID))
    actor = system_actor(desk.house.tenant_id)
    with desk.house.scope():
        open_dispute(
            line=DueLine.objects.get(),
            amount=Money(Decimal(20), "EUR"),
            type=DisputeType.PRICE,
            reason="",
            actor=actor,
            today=TODAY,
        )
    undo(desk, result.import_id)
    with desk.house.scope():
        assert Dispute.objects.get().outcome == DisputeOutcome.UNDONE


def test_a_dispute_decided_before_the_undo_stays_decided(desk: Desk) -> None:
    result = desk.take(csv("C1;A;F1;05/01/2026;04/02/2026;50;50;casse", header=CONTESTED))
    actor = system_actor(desk.house.tenant_id)
    with desk.house.scope():
        close_dispute(
            dispute=Dispute.objects.get(),
            outcome=DisputeOutcome.UNJUSTIFIED,
            actor=actor,
            today=TODAY,
        )
    undo(desk, result.import_id)
    with desk.house.scope():
        assert Dispute.objects.get().outcome == DisputeOutcome.UNJUSTIFIED


def test_an_undo_after_24_hours_is_refused(desk: Desk) -> None:
    result = desk.take(csv(ROW, header=PAID))
    with pytest.raises(UndoRefused, match="24 hours"):
        undo(desk, result.import_id, hours=25)


def test_an_undo_while_others_settled_its_documents_is_refused(desk: Desk) -> None:
    first = desk.take(csv(ROW, header=PAID))
    desk.take(csv("C1;A;F1;05/01/2026;04/02/2026;100;10/02/2026;", header=PAID))
    with pytest.raises(UndoRefused, match="Undo that import first"):
        undo(desk, first.import_id)


def test_an_undone_import_cannot_be_undone_again(desk: Desk) -> None:
    result = desk.take(csv(ROW, header=PAID))
    undo(desk, result.import_id)
    with pytest.raises(UndoRefused, match="nothing to undo"):
        undo(desk, result.import_id)
