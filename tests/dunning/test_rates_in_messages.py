"""A message that claims interest says by which rate, and since when that rate counts."""

from dunning.services.previews import preview
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
