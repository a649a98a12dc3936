"""Look-ups: check digits, budget, cache, retries and circuit; replayed public files; nothing lost, everything kept."""

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from pytest_django import Settings

from accounts.models import AuditEvent
from credit.models import FinancialStatement, InformationSource, LegalEvent, LookUp, Source
from credit.ports import ProviderError
from credit.queries.information import dossier, events_of, source_views
from credit.queries.score_facts import known_of
from credit.rules.company_facts import Company, Event, Year
from credit.rules.public_files import LegalUnit, Proceeding, legal_units, proceedings
from credit.rules.scorecard import Criterion
from credit.services.information import (
    LookUpRefused,
    SourceRefused,
    ask_look_up,
    claim_look_ups,
    keep_events,
    make_look_up,
    record_look_up,
    set_source,
)
from credit.services.public_files import PublicFileRefused, take_in_file
from kernel.permissions import Actor
from tests.cast import CustomerMaker, House
from tests.credit.insuring import RATP, SNCF

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)


@dataclass
class Client:
    """A provider that answers as told."""

    answer: Callable[[str], Company | None]
    asked: list[str] = field(default_factory=list)

    def look_up(self, siren: str) -> Company | None:
        self.asked.append(siren)
        return self.answer(siren)


@dataclass
class Desk:
    manager: Actor
    rep: Actor

    def ask(self, siren: str = SNCF, *, now: datetime = NOW, fresh: bool = False) -> LookUp:
        return ask_look_up(
            source=Source.COMMERCIAL,
            siren=siren,
            actor=self.rep,
            now=now,
            today=TODAY,
            is_fresh=fresh,
        ).row

    def work(self, client: Client, now: datetime = NOW) -> list[LookUp]:
        """Do what the task does: claim, ask, record."""
        return [
            record_look_up(row, make_look_up(row, client), now=now)
            for row in claim_look_ups(now=now)
        ]


@pytest.fixture
def desk(house: House, settings: Settings) -> Iterator[Desk]:
    settings.OTC_INFORMATION = {"commercial": ("http://127.0.0.1:9", "token"), "register": ("", "")}
    people = Desk(house.actor("credit_manager"), house.actor("sales_rep"))
    with house.scope():
        set_source(
            source=Source.COMMERCIAL, is_on=True, price=Decimal("0.60"), monthly_budget=Decimal(1),
            currency="EUR", kept_days=30, actor=people.manager,
        )  # fmt: skip
        yield people


def known(siren: str) -> Company:
    return Company(
        siren,
        name="Alpha",
        is_active=True,
        years=(Year("2025-12-31", "pappers", {"sales": "900001", "equity": "-20"}),),
        events=(Event("receivership", "2026-10-01", "n-1", "Redressement"),),
    )


def test_nobody_is_asked_about_a_number_that_cannot_be(desk: Desk) -> None:
    for wrong in ("552049448", "12345", "FR00552049447", "<script>", ""):
        with pytest.raises(LookUpRefused, match="check digits"):
            desk.ask(wrong)
    assert not LookUp.objects.exists()
    assert desk.ask("FR35552049447").siren == SNCF  # a VAT number holds its SIREN


def test_an_answer_is_kept_used_again_and_its_price_counted(desk: Desk) -> None:
    client = Client(known)
    desk.ask()
    assert desk.ask().pk == LookUp.objects.get().pk  # under way: never twice
    (row,) = desk.work(client)
    assert (row.state, row.price, client.asked) == ("found", Decimal("0.6000"), [SNCF])
    again = ask_look_up(source=Source.COMMERCIAL, siren=SNCF, actor=desk.rep, now=NOW, today=TODAY)
    assert again.is_known
    found = dossier(SNCF)
    assert (found.company.name, found.events[0].kind) == ("Alpha", "receivership")
    assert events_of([SNCF])[SNCF][0].event_date == date(2026, 10, 1)
    view = next(one for one in source_views(today=TODAY) if one.row.source == Source.COMMERCIAL)
    assert (view.spent.amount, view.calls, view.spending.calls_left) == (Decimal("0.6"), 1, 0)
    assert view.by_person[0][0] == "Sales Rep"
    with pytest.raises(LookUpRefused, match=r"0\.60 .*1\.00"):  # the figures
        desk.ask(RATP)
    assert LookUp.objects.count() == 1
    assert (
        AuditEvent.objects.filter(
            action__in=["credit.ask_look_up", "credit.record_look_up"]
        ).count()
        == 2
    )


def test_a_failed_look_up_is_tried_three_times_then_costs_nothing(desk: Desk) -> None:
    def fail(_siren: str) -> Company | None:
        raise ProviderError("timeout")

    client, now = Client(fail), NOW
    desk.ask()
    for _count in range(6):
        desk.work(client, now)
        now += timedelta(minutes=11)
    row = LookUp.objects.get()
    assert (len(client.asked), row.state, row.price, row.problems) == (3, "failed", 0, ["timeout"])
    assert desk.ask().pk != row.pk  # the money is back, and it may be asked again


def test_a_source_that_fails_in_a_row_is_left_alone_for_a_while(desk: Desk) -> None:
    def nonsense(_siren: str) -> Company | None:
        raise RuntimeError("a mapping met something nobody thought of")

    client = Client(nonsense)
    for _count in range(5):
        desk.ask(fresh=True)
        assert desk.work(client)[0].problems == ["nonsense"]
    source = InformationSource.objects.get()
    assert (source.failures, source.closed_until) == (5, NOW + timedelta(minutes=15))
    desk.ask(fresh=True)
    assert desk.work(client, NOW + timedelta(minutes=14)) == []
    assert desk.work(Client(known), NOW + timedelta(minutes=16))[0].state == "found"
    source.refresh_from_db()
    assert (source.failures, source.closed_until) == (0, None)


def test_a_claim_of_a_dead_worker_is_taken_over_and_its_late_answer_changes_nothing(
    desk: Desk,
) -> None:
    desk.ask()
    (dead,) = claim_look_ups(now=NOW)
    assert claim_look_ups(now=NOW + timedelta(minutes=1)) == []
    later = NOW + timedelta(minutes=11)
    (taken,) = desk.work(Client(lambda _siren: None), later)
    assert taken.state == "not_found"
    assert record_look_up(dead, known(SNCF), now=later).state == "not_found"


def test_sources_are_switched_and_priced_by_people(desk: Desk, settings: Settings) -> None:
    values = {"price": Decimal(1), "monthly_budget": Decimal(1), "currency": "EUR", "kept_days": 1}
    for source, wrong in ((Source.COMMERCIAL, {"currency": "EUX"}), (Source.URSSAF, {})):
        with pytest.raises(SourceRefused):
            set_source(source=source, is_on=True, **{**values, **wrong}, actor=desk.manager)  # type: ignore[arg-type]
    set_source(source=Source.COMMERCIAL, is_on=False, **values, actor=desk.manager)  # type: ignore[arg-type]
    with pytest.raises(LookUpRefused, match="switched off"):
        desk.ask()
    settings.OTC_INFORMATION = {"commercial": ("", ""), "register": ("", "")}
    with pytest.raises(LookUpRefused, match="not connected"):
        desk.ask()


def test_public_files_are_read_as_the_early_warning_project_reads_them(shared_data: Path) -> None:
    folder = shared_data / "company_data" / "signaux_faibles"
    expected = json.loads((folder / "expectedProcol.json").read_text())["tuples"]
    with (folder / "procolTestData.csv").open() as lines:
        rows = list(proceedings(lines))
    assert [
        {
            "date_effet": f"{one.effective}T00:00:00Z",
            "action_procol": one.action,
            "stade_procol": one.stage,
        }
        for one in rows
        if isinstance(one, Proceeding)
    ] == expected
    expected = json.loads((folder / "expectedSireneUL.json").read_text())["tuples"]
    with (folder / "sireneULTestData.csv").open() as lines:
        units = list(legal_units(lines))
    assert len(units) == 3  # one row of four is of an older nomenclature
    for unit, told in zip(units, expected, strict=True):
        assert isinstance(unit, LegalUnit)
        assert (unit.siren, unit.name, unit.legal_category) == (
            told["siren"], told["raison_sociale"], told["categorie_juridique"],
        )  # fmt: skip
        assert (unit.activity, unit.activity_new, unit.is_active) == (
            told["ape"],
            told["ape_naf25"],
            told["est_actif"],
        )
        assert (unit.created.isoformat() if unit.created else "") == told.get("date_creation", "")[
            :10
        ]


def test_a_public_file_keeps_what_is_about_customers_and_nothing_else(
    desk: Desk, house: House, make_customer: CustomerMaker, shared_data: Path
) -> None:
    folder = shared_data / "company_data" / "signaux_faibles"
    make_customer(house, "C-1", "Un", siren="111111111")
    make_customer(house, "C-2", "Deux", siren="112233445")
    for _twice in range(2):
        content = io.BytesIO(
            (folder / "procolTestData.csv").read_bytes() + b"x;y;99ZZZ2014;1;Autre\n"
        )
        taken = take_in_file(content=content, name="procol.csv", actor=desk.manager, now=NOW)
    assert (taken.rows, taken.customers, taken.new, taken.unreadable) == (4, 1, 0, 1)
    event = LegalEvent.objects.get()
    assert (event.siren, event.kind, event.source) == ("111111111", "ended", "urssaf")
    units = io.BytesIO((folder / "sireneULTestData.csv").read_bytes())
    assert (
        take_in_file(content=units, name="sirene.csv", actor=desk.manager, now=NOW).customers == 1
    )
    assert dossier("112233445").company.name == "companyname"
    for wrong in (
        b"",
        b"a;b\n1;2\n",
        b"\xff\xfe\x00",
        b"Siren;Lib_actx_stdx\n" + b'"' + b"x" * 200_000,
    ):
        with pytest.raises(PublicFileRefused):
            take_in_file(content=io.BytesIO(wrong), name="x.csv", actor=desk.manager, now=NOW)


def test_accounts_and_procedures_of_sources_reach_the_score(
    desk: Desk, house: House, make_customer: CustomerMaker
) -> None:
    customer = make_customer(house, "C-1", "Alpha", siren=SNCF)
    figures = {"sales": "900001", "equity": "-20", "profit": "-5000", "cash": "100"}
    few = Year("2023-12-31", "pappers", {"sales": "1"})
    answer = replace(known(SNCF), years=(Year("2025-12-31", "pappers", figures), few))
    for _twice in range(2):
        desk.ask(fresh=True)
        desk.work(Client(lambda _siren: answer))
        InformationSource.objects.update(monthly_budget=9)
    row = FinancialStatement.objects.get()
    assert (row.customer_id, row.net_profit, row.equity, row.source) == (
        customer.pk,
        -5000,
        -20,
        "pappers",
    )
    FinancialStatement.objects.update(entered_by=desk.manager.membership_id, equity=7)
    desk.ask(fresh=True)
    desk.work(Client(lambda _siren: answer))
    assert FinancialStatement.objects.get().equity == 7  # what a colleague entered stays
    facts = known_of([customer.pk], today=TODAY)[customer.pk].facts
    assert facts[Criterion.LEGAL_EVENT].value == "receivership"
    keep_events([Event("ended", "2026-11-01", "n-2")], siren=SNCF, source=Source.URSSAF, now=NOW)
    facts = known_of([customer.pk], today=TODAY)[customer.pk].facts
    assert facts[Criterion.LEGAL_EVENT].value == "none"
