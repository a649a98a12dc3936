"""A message that claims interest says by which rate, and since when; the fixed charge is due per invoice."""

from decimal import Decimal

from dunning.services.previews import preview
from ledger.models import DueLine
from tests.dunning.conftest import NOW, Chase


def test_many_invoices_of_one_half_year_name_its_rate_once(chase: Chase) -> None:
    customer = chase.customer(language="fr")
    for days_late in (31, 33, 36):
        chase.line(customer, days_late, "4000")
    chase.plan()
    (reminder,) = chase.reminders()
    with chase.house.scope():
        text = preview(reminder=reminder, now=NOW).text.replace("\xa0", " ").replace("\u202f", " ")
    assert "taux annuel de 12,40 % depuis le 01/07/2026)" in text
    assert text.count("12,40 %") == 1


def test_the_fixed_charge_is_due_once_for_an_invoice_of_two_instalments(chase: Chase) -> None:
    first = chase.line(chase.customer(language="fr"), 36, "4000")
    with chase.house.scope():
        DueLine.objects.create(
            document=first.document,
            number=2,
            due_date=first.due_date,
            contractual_due_date=first.due_date,
            amount=Decimal(2000),
            open_amount=Decimal(2000),
            entity_id=first.entity_id,
            customer_id=first.customer_id,
            kind=first.kind,
            issue_date=first.issue_date,
            currency=first.currency,
        )
    chase.plan()
    (reminder,) = chase.reminders()
    with chase.house.scope():
        text = preview(reminder=reminder, now=NOW).text.replace("\xa0", " ").replace("\u202f", " ")
    assert "6 000,00 €" in text
    assert "les indemnités forfaitaires de recouvrement à 40,00 €" in text
