"""Registers, a commercial source and an insurer over real HTTP: recorded answers, and peers that misbehave."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from credit.ports import InsurerCovers, ProviderError, information_from, insurer_covers, insurer_key
from credit.rules.company_facts import Company
from integrations import reading
from tests.integrations.peer import BROKEN, Call, listening

SNCF = "552049447"
TITLES = {
    "insee/sirene/unites_legales": "v4_insee_unites_legales__personne_morale",
    "insee/sirene/etablissements": "v4_insee_etablissements__personne_morale",
    "banque_de_france": "v3_banque_de_france_bilans_entreprise__200",
    "chiffres_affaires": "v3_dgfip_chiffres_affaires__200-2024",
    "european_commission": "v3_european_commission_vies__200",
}


def recorded(folder: Path, **other: Any) -> Callable[[Call], Any]:
    """Return a register that answers as recorded; `other` puts something else in the place of one answer."""

    def answers(call: Call) -> object:
        name = next(title for part, title in TITLES.items() if part in call.path)
        for part, answer in other.items():
            if part in call.path:
                return answer
        kept = json.loads((folder / f"{name}.json").read_text())
        return kept["status"], kept["body"]

    return answers


@contextmanager
def register(settings: Settings, answers: Callable[[Call], Any]) -> Iterator[Any]:
    with listening(answers) as peer:
        settings.OTC_INFORMATION = {"register": (peer.url, "t-1"), "commercial": (peer.url, "t-2")}
        yield peer


def saying(answer: object) -> Callable[[Call], object]:
    """Return a peer that says one thing, whatever it is asked."""
    return lambda _call: answer


def ask(source: str, siren: str = SNCF) -> Company | None:
    client = information_from(source)
    assert client is not None
    return client.look_up(siren)


def test_the_register_is_read_as_recorded(shared_data: Path, settings: Settings) -> None:
    folder = shared_data / "company_data" / "api_entreprise"
    with register(settings, recorded(folder)) as peer:
        found = ask("register")
    assert found is not None
    assert (found.name, found.is_active, found.created_on) == (
        "SOCIETE NATIONALE SNCF",
        True,
        "1955-01-01",
    )
    assert (found.vat_number, found.activity_code) == ("FR82552049447", "49.10Z")
    assert found.address == "2 PLACE AUX ETOILES, 93210 SAINT-DENIS"
    years = {(one.source, one.closed_on): dict(one.figures) for one in found.years}
    assert years["dgfip", "2024-12-01"] == {"sales": "900001"}
    bank = years["banque_de_france", "2022-12-31"]
    assert (bank["cash"], bank["working_capital_need"], bank["short_debt"]) == (
        "9001",
        "12000",
        "8000",
    )
    assert found.problems == ("vat_key_unreadable",)  # the recorded number has another key
    assert {call.headers["Authorization"] for call in peer.calls} == {"Bearer t-1"}


def test_companies_that_are_not_known_are_no_error(shared_data: Path, settings: Settings) -> None:
    folder = shared_data / "company_data" / "api_entreprise"
    missing = {
        name: (kept["status"], kept["body"])
        for name, file in (("chiffres_affaires", "v3_dgfip_chiffres_affaires__404"),
                           ("european_commission", "v3_european_commission_vies__404"))
        if (kept := json.loads((folder / f"{file}.json").read_text()))
    }  # fmt: skip
    with register(settings, recorded(folder, **missing)):
        found = ask("register")
    assert found is not None
    assert (found.vat_number, found.problems) == ("", ())
    with register(settings, lambda _call: (404, {})):
        assert ask("register") is None
        assert ask("commercial") is None


def test_one_bad_answer_degrades_what_it_is_about_and_no_more(
    shared_data: Path, settings: Settings
) -> None:
    folder = shared_data / "company_data" / "api_entreprise"
    strange: dict[str, tuple[Any, str]] = {
        "chiffres_affaires": ((500, {}), "sales_status"),
        "european_commission": ((200, {"data": {"tva_number": "FR40303265045"}}), "vat_other_company"),
        "etablissements/": ((200, {"data": {"siret": "30326504500011"}}), "address_other_company"),
        "banque_de_france": (
            (200, {"data": [{"data": {"date_arrete_exercice": "202212", "valeurs_calculees": [
                {"disponibilites": {"valeur": "-9 001,50"}, "capitaux_propres": {"valeur": "négatifs"}}]}}, 7]}),
            "accounts_equity_unreadable",
        ),
    }  # fmt: skip
    for part, (answer, problem) in strange.items():
        # An establishment is asked under insee too: the longer name decides.
        with register(settings, recorded(folder, **{part: answer})):
            found = ask("register")
        assert found is not None
        assert found.name == "SOCIETE NATIONALE SNCF"
        assert problem in found.problems, part
        if part == "banque_de_france":
            assert [dict(one.figures) for one in found.years if one.source == part] == [
                {"cash": "-9001.50"}
            ]


def test_a_first_answer_that_is_no_use_says_how(settings: Settings) -> None:
    other = {"data": {"siren": "303265045", "etat_administratif": "A"}, "siren": "303265045"}
    cases: list[tuple[Any, str, bool]] = [
        ((200, other), "other_company", True),
        ((200, {"data": "x"}), "nonsense", True),
        ((200, ["a", "list"]), "not_json", True),
        ((403, {}), "not_allowed", True),
        ((429, {}), "provider_quota", False),
        ((503, {}), "status", False),
        (BROKEN, "unreachable", False),
    ]
    for answer, code, is_lasting in cases:
        for source in ("register", "commercial"):
            with (
                register(settings, saying(answer)),
                pytest.raises(ProviderError) as raised,
            ):
                ask(source)
            assert (raised.value.code, raised.value.is_lasting) == (code, is_lasting)


@contextmanager
def talking(blocks: Callable[[], Iterator[bytes]]) -> Iterator[str]:
    """Yield the address of a peer that says just these bytes, however strange, until the caller hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        try:
            connection, _address = listener.accept()
            with connection:
                connection.recv(65536)
                for block in blocks():
                    connection.sendall(block)
        except OSError:
            return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.close()
        thread.join(5)


def test_slow_huge_and_strange_bodies_have_an_end() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"

    def dripping() -> Iterator[bytes]:
        yield head
        for _count in range(200):
            yield b" "
            time.sleep(0.02)

    def huge() -> Iterator[bytes]:
        yield head
        for _count in range(reading.MOST_BYTES // 65536 + 10):
            yield b" " * 65536

    cases: list[tuple[Callable[[], Iterator[bytes]], str]] = [
        (dripping, "timeout"),
        (huge, "too_large"),
        (lambda: iter([head, b"<html>Connexion</html>"]), "not_json"),
        (lambda: iter([head, b"[" * 100_000]), "not_json"),
        (lambda: iter([b"\x00\xff nonsense\r\n\r\n"]), "unreachable"),
    ]
    for blocks, code in cases:
        with talking(blocks) as url, pytest.raises(ProviderError) as raised:
            reading.ask_json("GET", f"{url}/x", seconds=0.5)
        assert raised.value.code == code


def test_the_commercial_source_is_mapped_and_doubted(settings: Settings) -> None:
    answer = {
        "siren": SNCF, "nom_entreprise": "SNCF", "entreprise_cessee": False, "date_creation": "1955-01-01",
        "forme_juridique": "SA", "code_naf": "49.10Z", "numero_tva_intracommunautaire": "FR82552049447",
        "siege": {"adresse_ligne_1": "2 place aux Étoiles", "code_postal": "93210", "ville": "Saint-Denis"},
        "finances": [
            {"date_de_cloture_exercice": "2025-12-31", "chiffre_affaires": 900001, "fonds_propres": "-12 000"},
            {"annee": 2024, "chiffre_affaires": True}, "x",
        ],
        "procedures_collectives": [
            {"type": "Redressement judiciaire", "date_debut": "2026-02-03", "date_fin": None}, {"type": 4},
        ],
    }  # fmt: skip
    with register(settings, lambda _call: (200, answer)) as peer:
        found = ask("commercial")
    assert found is not None
    assert [dict(one.figures) for one in found.years] == [{"sales": "900001", "equity": "-12000"}]
    assert [(one.kind, one.day) for one in found.events] == [("receivership", "2026-02-03")]
    assert set(found.problems) == {"accounts_sales_unreadable", "event_unreadable"}
    assert "t-2" not in peer.calls[0].path  # keys travel in headers


def covers(settings: Settings, url: str) -> InsurerCovers:
    settings.OTC_INSURER_URL = url
    found = insurer_covers()
    assert found is not None
    return found


def test_an_insurers_covers_are_read_page_by_page_or_not_at_all(settings: Settings) -> None:
    def answers(call: Call) -> tuple[int, object]:
        if call.method == "POST":
            return (200, {"access_token": "tok"}) if call.json == {"apiKey": "k"} else (401, {})
        page = int(call.path.partition("page=")[2].partition("&")[0])
        if page == 3:
            return third
        row = {
            "registrationNumber": SNCF,
            "coverStatus": "Granted",
            "amount": 1200.5,
            "currency": "EUR",
            "x": [],
        }
        return 200, {"data": [row] * (100 if page == 1 or is_broken else 7)}

    is_broken = False
    third: tuple[int, object] = (503, {})
    with listening(answers) as peer:
        client = covers(settings, peer.url)
        rows = client.covers("POL 1", "k")
        assert (len(rows), rows[0]["siren"], rows[0]["amount"]) == (107, SNCF, "1200.5")
        assert "policyId=POL+1" in peer.calls[1].path
        is_broken = True
        with pytest.raises(ProviderError, match="status"):
            client.covers("POL 1", "k")
        third = (200, {"data": "maintenance"})
        with pytest.raises(ProviderError, match="nonsense"):
            client.covers("POL 1", "k")
        with pytest.raises(ProviderError, match="not_allowed"):
            client.covers("POL 1", "wrong")


def test_everything_is_off_by_default_and_a_key_belongs_to_one_tenant(
    settings: Settings,
) -> None:
    settings.OTC_INFORMATION = {"register": ("", ""), "commercial": ("", "")}
    settings.OTC_INSURER_URL = ""
    assert (information_from("register"), information_from("bodacc"), insurer_covers()) == (
        None,
        None,
        None,
    )
    settings.OTC_INSURER_KEYS = {"atelier/POL-1": "k"}
    assert (insurer_key("atelier", "POL-1"), insurer_key("voisin", "POL-1")) == ("k", "")
