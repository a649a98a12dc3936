"""How fresh the figures are, said on every page: the day of the last import, and a note once it is late."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from ledger.models import BatchState, ImportBatch
from tests.cast import House

STALE = "L’import attendu n’est pas arrivé."


def imported(house: House, at: datetime, **fields: object) -> ImportBatch:
    with house.scope():
        return ImportBatch.objects.create(
            kind="receivables",
            state=BatchState.APPLIED,
            file_name="creances.csv",
            file_digest=str(fields).encode().hex()[:64],
            file_date=at.date(),
            applied_at=at,
            **fields,
        )


@pytest.mark.parametrize("page", ["/home", "/agenda", "/imports"])
def test_every_page_says_of_when_its_figures_are(house: House, page: str) -> None:
    client = house.client("credit_manager")
    assert "Données du" not in client.get(page).content.decode()
    imported(house, timezone.now() - timedelta(hours=2))
    text = client.get(page).content.decode()
    assert "Données du" in text
    assert STALE not in text


@pytest.mark.parametrize("page", ["/home", "/agenda", "/imports"])
def test_an_import_that_is_late_is_said_at_the_top(house: House, page: str) -> None:
    imported(house, timezone.now() - timedelta(days=4))
    text = house.client("credit_manager").get(page).content.decode()
    assert STALE in text
    assert 'class="fresh is-stale"' in text


def test_taking_an_import_back_makes_the_figures_no_fresher(house: House) -> None:
    old = imported(house, timezone.now() - timedelta(days=4))
    imported(house, timezone.now(), undoes=old)
    assert STALE in house.client("credit_manager").get("/imports").content.decode()
