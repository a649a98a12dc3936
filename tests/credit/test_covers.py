"""Policies by two people, insurers' files taken in whole or not at all, and what follows when cover goes."""

import io
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEvent, Membership
from credit.models import Cover, CoverImport, Hold, ImportState, InsurerPolicy, InternalNotice
from credit.ports import ProviderError
from credit.queries.insurance import insured_on, policies_on, splits, stops
from credit.queries.insurance_page import cover_list, insurance_card, sync_cards
from credit.queries.limits import limit_on
from credit.services.cover_losses import warn_of_stops
from credit.services.cover_sync import ToSync, take_in
from credit.services.covers import (
    CoverImportRefused,
    apply_import,
    forget_old_rows,
    name_columns,
    preview,
    receive_file,
    undo_import,
)
from credit.services.limits import AskedLimit, grant_limit
from credit.services.policies import NewPolicy, PolicyRefused, confirm_policy, write_policy
from kernel.money import Money
from kernel.sandbox import SandboxRefused
from ledger.imports.messages import FileRefused
from ledger.models import Customer
from ledger.services import record_exchange_rate
from tests.cast import CustomerMaker, House
from tests.credit.asking import ident
from tests.credit.insuring import NOW, RATP, SNCF, TODAY, Insured, insured_house

GRANTED = f"{SNCF};Alpha;Accordé;50 000,00;EUR;01/03/2026;;CF-1"
REDUCED = f"{SNCF};Alpha;Réduit;20 000,00;EUR;01/11/2026;;CF-1"


def euros(amount: int) -> Money:
    return Money(Decimal(amount), "EUR")


@pytest.fixture
def desk(house: House) -> Iterator[Insured]:
    people = insured_house(house)
    with house.scope():
        yield people


@pytest.fixture
def alpha(desk: Insured, make_customer: CustomerMaker) -> Customer:
    return make_customer(
        desk.house, "C-1", "Alpha", siren=SNCF, risk_owner_id=desk.manager.membership_id
    )


def test_a_policy_counts_once_a_second_person_confirmed_it(desk: Insured) -> None:
    new = NewPolicy("POL-1", "Coface", "EUR", Decimal("0.9"), date(2026, 1, 1))
    row = write_policy(new, actor=desk.manager, now=NOW)
    assert policies_on(TODAY) == []
    with pytest.raises(PolicyRefused, match="S10"):
        confirm_policy(policy=row, actor=desk.manager, now=NOW)
    with pytest.raises(PolicyRefused, match="S10"):  # an analyst writes, a manager confirms
        confirm_policy(policy=row, actor=desk.analyst, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        InsurerPolicy.objects.filter(pk=row.pk).update(
            confirmed_by=row.written_by, confirmed_at=NOW
        )
    for wrong in (
        {"currency": "EUX"},
        {"insured_share": Decimal(2)},
        {"valid_until": date(2025, 1, 1)},
    ):
        with pytest.raises(PolicyRefused):
            write_policy(NewPolicy(**{"number": "P", "insurer": "C", "currency": "EUR",
                "insured_share": Decimal("0.9"), "valid_from": TODAY, **wrong}), actor=desk.manager, now=NOW)  # type: ignore[arg-type]  # fmt: skip
    assert desk.policy(number="POL-2") in policies_on(TODAY)


def test_an_insurers_file_is_judged_row_by_row_before_anything_counts(
    desk: Insured, alpha: Customer, make_customer: CustomerMaker
) -> None:
    beta = make_customer(desk.house, "C-2", "Beta", siren=RATP)
    for code in ("C-3", "C-4"):
        make_customer(desk.house, code, "Gamma", siren="732829320")
    policy = desk.policy()
    batch = desk.file(
        policy,
        GRANTED,
        f"{RATP};Autre Nom;Nouveau statut;9 000;EUR;01/03/2026;;",
        "404833048;Inconnue;Accordé;1;EUR;01/03/2026;;",
        "732829320;Gamma;Accordé;1;EUR;01/03/2026;;",
        f"{SNCF[:-1]}8;Alpha;Accordé;1;EUR;01/03/2026;;",
        f"{RATP};Beta;Accordé;-5;EUR;01/03/2026;;",
    )
    found = preview(batch, today=TODAY)
    assert [(one.change.value, one.problem) for one in found.verdicts] == [
        ("new", ""), ("pending", ""), ("refused", "unknown_customer"), ("refused", "several_customers"),
        ("refused", "unreadable_siren"), ("refused", "negative_amount"),
    ]  # fmt: skip
    assert found.verdicts[1].notes == ("state_unknown", "name_differs")
    assert not Cover.objects.exists()
    apply_import(batch=batch, actor=desk.analyst, now=NOW, today=TODAY)
    assert desk.covers() == [("C-1", "granted", "50000"), ("C-2", "unknown", "0")]
    assert insured_on([alpha.pk, beta.pk], TODAY)[beta.pk].amount.amount == 0
    with pytest.raises(CoverImportRefused):  # twice
        apply_import(batch=batch, actor=desk.analyst, now=NOW, today=TODAY)
    again = desk.file(policy, *[";".join(row[1]) for row in batch.rows])
    with pytest.raises(CoverImportRefused, match="already"):
        apply_import(batch=again, actor=desk.analyst, now=NOW, today=TODAY)
    told = AuditEvent.objects.filter(action="credit.apply_covers")
    assert told.get().details["refused"] == 4


def test_columns_named_once_are_remembered_for_the_insurer(desk: Insured, alpha: Customer) -> None:
    policy = desk.policy()
    head, row = "Tiers;Combien;SIREN", f"Alpha;12 000;{SNCF}"
    batch = desk.file(policy, row, head=head)
    assert preview(batch, today=TODAY).missing == ("amount",)
    with pytest.raises(CoverImportRefused, match="columns"):
        apply_import(batch=batch, actor=desk.analyst, now=NOW, today=TODAY)
    name_columns(batch=batch, columns={"amount": "Combien", "siren": "SIREN"}, actor=desk.analyst)
    batch.refresh_from_db()
    apply_import(batch=batch, actor=desk.analyst, now=NOW, today=TODAY)
    assert desk.covers() == [(alpha.code, "granted", "12000")]
    second = desk.file(policy, f"Alpha;9 000;{SNCF}", head=head)
    assert [one.change.value for one in preview(second, today=TODAY).verdicts] == ["lowered"]


def test_an_import_undone_restores_what_stood_before(desk: Insured, alpha: Customer) -> None:
    policy = desk.policy()
    desk.take(policy, GRANTED)
    second = desk.take(policy, REDUCED)
    assert insured_on([alpha.pk], TODAY)[alpha.pk].amount == euros(20_000)
    assert insured_on([alpha.pk], date(2026, 6, 1))[alpha.pk].amount == euros(
        50_000
    )  # history stays
    undo_import(batch=second, actor=desk.manager, now=NOW)
    assert insured_on([alpha.pk], TODAY)[alpha.pk].amount == euros(50_000)
    second.refresh_from_db()
    assert second.state == ImportState.UNDONE
    desk.take(policy, REDUCED)  # and may be taken in again
    assert insured_on([alpha.pk], TODAY)[alpha.pk].amount == euros(20_000)


def test_files_that_are_no_tables_are_refused_in_words(desk: Insured) -> None:
    policy = desk.policy()
    for name, content in (
        ("a.csv", b""), ("a.pdf", b"%PDF-1.4"), ("a.xlsx", b"PK\x03\x04broken"), ("a.csv", b"\x00\xff" * 50),
        ("a.csv", b"<html><body>Login</body></html>"), ("a.csv", b'SIREN;"Montant\n1;2'),
    ):  # fmt: skip
        with pytest.raises((FileRefused, SandboxRefused)):
            receive_file(
                policy=policy, content=io.BytesIO(content), name=name, actor=desk.analyst, now=NOW
            )
    assert not CoverImport.objects.exists()


def test_lost_cover_is_told_and_puts_forward_a_hold_where_more_is_owed(
    desk: Insured, alpha: Customer
) -> None:
    policy = desk.policy()
    desk.take(policy, GRANTED)
    desk.invoice(alpha, "F-1", "30000", date(2026, 11, 1))
    assert not Hold.objects.exists()
    desk.take(policy, REDUCED)
    notice = InternalNotice.objects.get(code="cover_lowered")
    assert notice.recipient_id == desk.manager.membership_id
    hold = Hold.objects.get()
    assert (hold.state, hold.customer_id, hold.placed_by_id) == ("proposed", alpha.pk, None)
    desk.take(policy, f"{SNCF};Alpha;Résilié;0;EUR;15/11/2026;;CF-1")
    assert InternalNotice.objects.filter(code="cover_lowered").count() == 2
    assert Hold.objects.count() == 1  # never two


def test_the_insurers_word_is_the_insured_part_of_the_limit_everywhere(
    desk: Insured, alpha: Customer
) -> None:
    asked = AskedLimit(alpha, euros(60_000), date(2026, 1, 1), insured=euros(10_000), reason="r")
    grant_limit(
        asked,
        requested_by=Membership.objects.get(pk=ident(desk.analyst)),
        actor=desk.manager,
        today=TODAY,
    )
    limit = limit_on(alpha.pk, TODAY)
    assert limit is not None
    assert (limit.insured, limit.insurer) == (euros(10_000), "")
    policy = desk.policy(other_currencies="USD")
    desk.take(policy, GRANTED)
    limit = limit_on(alpha.pk, TODAY)
    assert limit is not None
    assert (limit.amount, limit.insured, limit.own_risk) == (
        euros(60_000),
        euros(50_000),
        euros(10_000),
    )
    record_exchange_rate(
        currency="USD",
        valid_from=date(2026, 1, 1),
        rate=Decimal("0.5"),
        actor=desk.manager,
        today=TODAY,
    )
    desk.take(policy, f"{SNCF};Alpha;Accordé;200 000;USD;10/11/2026;;")
    limit = limit_on(alpha.pk, TODAY)
    assert limit is not None
    assert limit.insured == euros(60_000)  # never more than the limit


def test_blind_cover_counts_where_the_insurer_was_never_asked(
    desk: Insured, alpha: Customer, make_customer: CustomerMaker
) -> None:
    beta = make_customer(desk.house, "C-2", "Beta", siren=RATP)
    policy = desk.policy(blind_limit=Decimal(5_000))
    desk.take(policy, f"{SNCF};Alpha;Refusé;0;EUR;01/03/2026;;")
    found = insured_on([alpha.pk, beta.pk], TODAY)
    assert (found[alpha.pk].amount, found[beta.pk].amount) == (euros(0), euros(5_000))
    assert found[beta.pk].is_blind


def test_cover_stops_the_day_after_the_credit_period_and_keeps_what_was_delivered_before(
    desk: Insured, alpha: Customer
) -> None:
    policy = desk.policy()
    desk.take(policy, GRANTED)
    desk.invoice(alpha, "SMALL", "299", date(2026, 1, 2))  # under the threshold
    desk.invoice(alpha, "F-1", "10000", date(2026, 7, 1))
    desk.invoice(alpha, "F-2", "4000", date(2026, 11, 10))
    insured = insured_on([alpha.pk], date(2026, 10, 29))
    assert stops(insured, date(2026, 10, 29)) == {}
    stop = stops(insured, date(2026, 10, 30))[alpha.pk]
    assert (stop.number, stop.since, stop.times.declare_by) == (
        "F-1",
        date(2026, 10, 30),
        date(2026, 11, 28),
    )
    part = splits({alpha.pk: euros(14_299)}, TODAY)[alpha.pk]
    assert part.insured == Money(Decimal("9269.10"), "EUR")  # 90 % of 10,299; nothing of F-2
    for _count in range(2):
        assert warn_of_stops([alpha.pk], now=NOW, today=TODAY) == 1
    assert InternalNotice.objects.filter(code="cover_stopped").count() == 1
    card = insurance_card(alpha, TODAY)
    assert card is not None
    assert card.stop is not None
    assert [one.number for one in card.clocks] == ["F-1"]


def test_a_sync_is_kept_whether_it_came_or_failed(desk: Insured, alpha: Customer) -> None:
    policy = desk.policy()
    asked = ToSync(policy.pk, policy.number, "key")
    row = {
        "siren": SNCF,
        "state": "GRANTED",
        "amount": "50000",
        "currency": "EUR",
        "valid_from": "2026-03-01",
    }
    assert take_in(asked, [row], now=NOW, today=TODAY).state == ImportState.APPLIED
    lower = take_in(
        asked, [{**row, "amount": "1000", "valid_from": "2026-11-01"}], now=NOW, today=TODAY
    )
    assert lower.counts["lowered"] == 1
    failed = take_in(asked, ProviderError("timeout"), now=NOW + timedelta(hours=1), today=TODAY)
    assert (failed.state, failed.problem) == (ImportState.FAILED, "timeout")
    nothing = take_in(asked, [{"siren": "no"}], now=NOW + timedelta(hours=2), today=TODAY)
    assert nothing.state == ImportState.FAILED
    assert desk.covers()[-1] == (alpha.code, "reduced", "1000")
    card = sync_cards(desk.manager, TODAY)[0]
    assert (card.covers, card.lowered, card.failed) == (1, 1, nothing)
    assert AuditEvent.objects.filter(action="credit.fail_cover_sync").count() == 2


def test_the_list_of_covers_costs_the_same_for_one_and_for_many(
    desk: Insured, make_customer: CustomerMaker
) -> None:
    policy = desk.policy()
    counts = []
    for many in (1, 20):
        for number in range(many):
            code = f"P{many}-{number}"
            customer = make_customer(desk.house, code, "Client")
            desk.invoice(customer, f"F-{code}", "1000", date(2026, 2, 1))
        rows = [f"P{many}-{number};{1000 + number}" for number in range(many)]
        batch = desk.file(policy, *rows, head="Code client;Montant")
        apply_import(batch=batch, actor=desk.analyst, now=NOW, today=TODAY)
        with CaptureQueriesContext(connection) as asked:
            page = cover_list(desk.manager, TODAY)
        counts.append((len(asked), len(page.rows)))
    assert counts[0][0] == counts[1][0]
    assert counts[1][1] == 21


def test_what_came_in_is_forgotten_after_ninety_days_and_the_covers_stay(
    desk: Insured, alpha: Customer
) -> None:
    policy = desk.policy()
    taken = desk.take(policy, GRANTED)
    desk.file(policy, REDUCED)  # never taken in
    assert forget_old_rows(now=NOW + timedelta(days=89)) == 0
    assert forget_old_rows(now=NOW + timedelta(days=91)) == 2
    taken.refresh_from_db()
    assert (CoverImport.objects.get(), taken.rows) == (taken, [])
    assert insured_on([alpha.pk], TODAY)[alpha.pk].amount == euros(50_000)
