"""The pages of simulations a worker computes: asked by a button, told how far they are, read, exported, stopped."""

import io
import re

import pytest
from django.test import Client
from openpyxl import load_workbook

from dunning.models import ScenarioVersion, StoredSimulation
from dunning.queries import foresight
from dunning.services import stored_simulations as service
from dunning.services.stored_simulations import take_turn
from tests.cast import House
from tests.dunning.conftest import Chase
from tests.dunning.test_scenario_pages import STANDARD, text
from tests.dunning.test_simulation_pages import NOW, SIMULATION, analyst, draft, ledger

__all__ = ["analyst", "draft", "ledger"]

ASK = f"{STANDARD}/simulations"


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a page wait for nothing, so that two customers are too many."""
    monkeypatch.setattr(foresight, "WALKED_AT_MOST", 100)
    monkeypatch.setattr(service, "WALKED_A_TURN", 1)


def asked(client: Client, **form: str) -> str:
    """Press the button and return the address of the simulation."""
    answer = client.post(ASK, form)
    assert answer.status_code == 302, text(answer)
    return str(answer.headers["Location"])


def compute(chase: Chase) -> None:
    while take_turn(chase.house.tenant_id, clock=lambda: NOW):
        pass


def test_what_is_asked_says_how_far_it_is_with_and_without_scripts(
    ledger: Chase, draft: Client
) -> None:
    page = asked(draft)
    waiting = text(draft.get(page))
    assert "Waiting for its turn" in waiting
    assert f'hx-get="{page}/progress"' in waiting
    assert "Look again" in waiting
    take_turn(ledger.house.tenant_id, clock=lambda: NOW)
    progress = text(draft.get(f"{page}/progress"))
    assert "50 %: customer 1 of 2." in progress
    assert "<html" not in progress
    compute(ledger)
    assert draft.get(f"{page}/progress").headers["HX-Refresh"] == "true"


def test_the_result_tells_what_the_page_at_once_would_tell(
    ledger: Chase, draft: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = asked(draft)
    compute(ledger)
    monkeypatch.setattr(foresight, "WALKED_AT_MOST", 10**6)
    kept, fresh = text(draft.get(page)), text(draft.get(SIMULATION))

    def told(whole: str) -> str:
        found = whole.split('<section class="card" aria-labelledby="sums-title">')[1]
        return re.split(
            r'<p class="small soft">It is kept|<section class="card" aria-labelledby="kept', found
        )[0].split("</main>")[0]

    assert told(kept).split() == told(fresh).split()
    assert "It is no longer what it would be today" not in kept
    assert f'<a class="t" href="{page}">' in fresh


def test_a_result_of_another_ledger_or_draft_says_so(ledger: Chase, draft: Client) -> None:
    page = asked(draft)
    compute(ledger)
    with ledger.house.scope():
        ScenarioVersion.objects.get(is_draft=True).save()
    told = text(draft.get(page))
    assert "It is no longer what it would be today" in told
    assert "Standard B2B, version 2 (draft) was changed since." in told


def test_the_file_has_a_row_for_each_date(ledger: Chase, draft: Client) -> None:
    page = asked(draft)
    compute(ledger)
    answer = draft.get(page, {"format": "xlsx"})
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    rows = list(load_workbook(io.BytesIO(content)).active.values)
    assert {row[3] for row in rows[1:]} == {"C001", "C002"}


def test_a_computation_is_stopped_from_its_page(ledger: Chase, draft: Client) -> None:
    page = asked(draft)
    assert draft.post(f"{page}/stop").status_code == 302
    assert "Somebody stopped it" in text(draft.get(page))
    compute(ledger)
    with ledger.house.scope():
        assert StoredSimulation.objects.get().walked == 0


@pytest.mark.parametrize(
    ("form", "said"),
    [({"version": "nonsense"}, "no longer there"), ({"calls": "many"}, "whole number of calls")],
)
def test_a_question_that_makes_no_sense_is_refused_at_the_form(
    ledger: Chase, draft: Client, form: dict[str, str], said: str
) -> None:
    answer = draft.post(ASK, form)
    assert answer.status_code == 422
    assert said in text(answer)


def test_what_is_larger_than_a_worker_takes_is_refused_at_the_form(
    ledger: Chase, draft: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "WALKED_AT_MOST", 1)
    answer = draft.post(ASK)
    assert answer.status_code == 422
    assert "2 customers over these days are more than a worker takes" in text(answer)


def test_collectors_and_strangers_neither_ask_nor_read(
    ledger: Chase, draft: Client, other_house: House
) -> None:
    page = asked(draft)
    collector, stranger = ledger.house.client("collector"), other_house.client("credit_manager")
    for client, status in ((collector, 403), (stranger, 404)):
        assert client.post(ASK).status_code == status
        assert client.get(page).status_code == status
        assert client.get(f"{page}/progress").status_code == status
        assert client.post(f"{page}/stop").status_code == status
