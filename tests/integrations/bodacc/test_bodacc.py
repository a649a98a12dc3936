"""The BODACC adapter against recorded answers, in both shapes of the API, over real HTTP on this machine."""

import csv
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import override_settings

from dunning.watch import insolvency_watch
from integrations.bodacc.client import Bodacc, BodaccUnavailableError
from integrations.bodacc.mapping import insolvency_of, procedure_of

FIRST, LAST = date(2026, 11, 12), date(2026, 11, 22)
# Our procedures and the gazette's.
STATES = {
    "liquidation": "liquidation_judiciaire",
    "receivership": "redressement_judiciaire",
    "safeguard": "sauvegarde",
}


def record(number: int, **changes: Any) -> dict[str, Any]:
    judgment = {
        "famille": "Jugement d'ouverture",
        "nature": "Jugement d'ouverture de liquidation judiciaire",
        "date": "2026-11-10",
    }
    facts = {
        "id": f"A2026{number:06d}",
        "registre": ["000000100", "000 000 100"],
        "dateparution": "2026-11-18",
        "familleavis": "collective",
        "tribunal": "Greffe du Tribunal de Commerce d'Exempleville",
        "jugement": json.dumps(judgment),
    }
    return {**facts, **changes}


class Gazette(BaseHTTPRequestHandler):
    """Answers as the API does: pages of records, whatever the question."""

    records: list[dict[str, Any]] = []
    asked: list[dict[str, list[str]]] = []
    status = 200
    body: bytes | None = None

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        type(self).asked.append(query)
        start, size = int(query["offset"][0]), int(query["limit"][0])
        page = {"total_count": len(self.records), "results": self.records[start : start + size]}
        content = self.body if self.body is not None else json.dumps(page).encode()
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@contextmanager
def gazette(**facts: Any) -> Iterator[tuple[str, type[Gazette]]]:
    handler = type("Handler", (Gazette,), {"asked": [], **facts})
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", handler
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_every_nature_of_the_public_rules_is_judged_alike(shared_data: Path) -> None:
    path = shared_data / "company_data" / "bodacc" / "nature_to_status_half.csv"
    with path.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            found = procedure_of(row["jugement_nature"], row["complement_must_contain"])
            expected = row["expected_status"] or None
            assert (STATES[found] if found else None) == expected, row["jugement_nature"]


def test_the_recorded_answers_are_read_in_place(shared_data: Path) -> None:
    folder = shared_data / "company_data" / "bodacc"
    new = json.loads((folder / "ods_v2_record_collective_proceedings.json").read_text("utf-8"))
    found = insolvency_of(new)
    assert found is not None
    assert (found.notice_id, found.siren, found.procedure) == (
        "A202500995044", "383755949", "receivership",
    )  # fmt: skip
    assert (found.judgment_date, found.published_date) == (date(2025, 4, 16), date(2025, 5, 23))
    old = json.loads((folder / "ods_v1_records_radiation_and_accounts.json").read_text("utf-8"))
    assert len(old["records"]) == 3
    assert [insolvency_of(each) for each in old["records"]] == [None] * 3  # none is an insolvency


def test_the_old_shape_of_an_insolvency_is_read_too() -> None:
    facts = record(7, registre="000000100,000 000 100")
    found = insolvency_of({"recordid": "x", "fields": facts})
    assert found is not None
    assert (found.siren, found.procedure) == ("000000100", "liquidation")


@pytest.mark.parametrize(
    "changes",
    [
        {"familleavis": "radiation"},
        {"jugement": "not json"},
        {"jugement": "[1]"},
        {"jugement": None},
        {"registre": ["12 345"]},
        {"registre": None},
        {"dateparution": "soon"},
        {"id": ""},
        {"jugement": json.dumps({"nature": "Jugement de clôture pour insuffisance d'actif"})},
    ],
)
def test_a_record_that_says_nothing_usable_is_left_out(changes: dict[str, Any]) -> None:
    assert insolvency_of(record(1, **changes)) is None


def test_a_judgment_without_a_day_counts_from_its_publication() -> None:
    judgment = json.dumps({"nature": "Jugement d'ouverture d'une procédure de sauvegarde"})
    found = insolvency_of(record(1, jugement=judgment))
    assert found is not None
    assert found.judgment_date == date(2026, 11, 18)


def test_pages_are_read_to_the_end_and_no_company_is_named_in_the_question() -> None:
    records = [record(number) for number in range(230)]
    with gazette(records=records) as (url, handler):
        found = list(Bodacc(url).published(FIRST, LAST))
    assert len(found) == 230
    assert [query["offset"][0] for query in handler.asked] == ["0", "100", "200"]
    where = handler.asked[0]["where"][0]
    assert "2026-11-12" in where
    assert "2026-11-22" in where
    assert "registre" not in where


@pytest.mark.parametrize(
    "facts",
    [{"status": 500}, {"status": 302}, {"body": b"<html>"}, {"body": b"[]"}, {"body": b"{}"}],
)
def test_a_gazette_that_is_ill_says_so(facts: dict[str, Any]) -> None:
    with gazette(**facts) as (url, _handler), pytest.raises(BodaccUnavailableError):
        list(Bodacc(url).published(FIRST, LAST))


def test_a_gazette_that_is_gone_says_so() -> None:
    with gazette() as (url, _handler):
        pass
    with pytest.raises(BodaccUnavailableError):
        list(Bodacc(url).published(FIRST, LAST))


def test_the_watch_is_off_unless_an_address_is_set() -> None:
    assert insolvency_watch() is None
    with override_settings(OTC_BODACC_URL="https://gazette.example"):
        assert isinstance(insolvency_watch(), Bodacc)
