"""A committee decides together: consensus by the one door, else a named director; minutes never change (R4)."""

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from django.db import DatabaseError, transaction
from django.test import override_settings

from accounts.models import AuditEvent, Tenant
from credit.models import (
    AgendaFile,
    Committee,
    CommitteeMinutes,
    CommitteeSession,
    CommitteeTask,
    CommitteeVersion,
    CreditLimit,
    FileState,
    Hold,
    InternalNotice,
    MinutesFile,
    RequestState,
)
from credit.services import committee_files as files
from credit.services import committee_sessions as sessions
from credit.services import committee_settings as settings
from credit.services.committee_closing import NotClosable, after_step, arbitrate
from credit.services.committee_minutes import MinutesAltered, digest_of, paper, verify
from credit.services.notices import send_notices
from credit.services.undo import can_undo
from kernel.permissions import Actor
from ledger.models import Customer
from tests.cast import CustomerMaker, House
from tests.credit.asking import NOW, TODAY, asked, end, euros, member, open_step
from tests.credit.sitting import (
    CLOSES,
    LATER,
    NINETY,
    NO,
    YES,
    Table,
    all_vote,
    at_committee,
    called,
    cast_vote,
    close,
    file_of,
    seated,
    table_of,
    wanted,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def table(house: House) -> Table:
    return table_of(house)


def plain_press(html: str) -> bytes:
    """Stand in for the PDF engine: the words alone."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).encode()


def test_a_consensus_with_conditions_grants_holds_and_gives_tasks(table: Table) -> None:
    with table.scope():
        request = at_committee(table)
        session = called(table)
        file = file_of(session)
        all_vote(table, file, YES, NINETY, NINETY)
        done = close(table, session, words={file.pk: "Ninety to begin with."})
        assert [one.reference for one in done.closed] == [request.number]
        request.refresh_from_db()
        assert request.state == RequestState.GRANTED
        assert request.granted_amount == Decimal(90_000)
        assert str(request.review_date) == "2027-05-17"  # six months on
        limit = CreditLimit.objects.get(undone_at=None)
        assert (limit.amount, limit.approved_by_id) == (90_000, member(table.cast.manager).pk)
        hold = Hold.objects.get()
        assert (hold.customer_id, hold.state) == (limit.customer_id, "in_force")
        kinds = dict(CommitteeTask.objects.values_list("kind", "assignee"))
        assert kinds == dict.fromkeys(["deposit", "guarantee"], request.requested_by_id)
        minutes = CommitteeMinutes.objects.get()
        assert minutes.number == "CC-2026-0001"
        assert minutes.snapshot["files"][0]["granted_amount"] == "90000.0000"


def test_two_for_and_one_against_go_to_the_director_and_minutes_wait_for_him(table: Table) -> None:
    with table.scope():
        request = at_committee(table)
        session = called(table)
        all_vote(table, file_of(session), YES, YES, NO)
        close(table, session)
        request.refresh_from_db()
        assert request.state == RequestState.ARBITRATION
        assert open_step(request).person_id == member(table.director).pk
        assert not CreditLimit.objects.exists()
        assert not CommitteeMinutes.objects.exists()
        request = end(
            request, table.director, "conditions", amount=euros("50000"), words="Half of it",
            conditions="Pledge on stock",
        )  # fmt: skip
        after_step(actor=table.director, now=LATER, today=TODAY)
        assert CreditLimit.objects.get().amount == Decimal(50_000)
        frozen = CommitteeMinutes.objects.get().snapshot["files"][0]
        assert (frozen["is_upheld"], frozen["arbitrated_amount"]) == (True, "50000.0000")
        assert frozen["tasks"][0]["words"] == "Pledge on stock"
        assert not can_undo(request, table.director, now=LATER)  # the minutes stand
        after_step(actor=table.director, now=LATER, today=TODAY)
        assert CommitteeMinutes.objects.count() == CommitteeTask.objects.count() == 1


def test_without_a_quorum_at_the_closing_time_the_director_arbitrates(table: Table) -> None:
    with table.scope():
        request = at_committee(table)
        session = called(table)
        cast_vote(file_of(session), table.finance)
        with pytest.raises(NotClosable, match="waits for the vote of"):
            close(table, session)
        close(table, session, now=CLOSES)
        request.refresh_from_db()
        assert request.state == RequestState.ARBITRATION


def test_an_arbiter_who_asked_gives_way_to_his_deputy(table: Table) -> None:
    with table.scope():
        request = at_committee(table)
        type(request).objects.filter(pk=request.pk).update(first_requester=member(table.director))
        session = called(table)
        all_vote(table, file_of(session), YES, NO, NO)
        close(table, session)
        assert open_step(request).person_id == member(table.deputy).pk


def test_all_against_refuses_and_the_reasons_are_shared_without_names(table: Table) -> None:
    with table.scope():
        request = at_committee(table)
        session = called(table)
        all_vote(table, file_of(session), NO, NO, NO)
        close(table, session)
        request.refresh_from_db()
        assert (request.state, request.reason) == (
            RequestState.REFUSED,
            "For the committee to say\nBecause",
        )
        assert not CreditLimit.objects.exists()


def test_a_customer_flagged_by_hand_is_held_by_consensus_or_by_arbitration(
    table: Table, make_customer: CustomerMaker
) -> None:
    with table.scope():
        seated(table)
        customers = [make_customer(table.cast.house, code) for code in ("C1", "C2", "C3")]
        for customer, measure in zip(customers, ("hold", "hold", "discuss"), strict=True):
            files.flag_customer(
                customer=customer, measure=measure, amount=None, reason="Broken promises",
                actor=table.cast.analyst, now=NOW, today=TODAY,
            )  # fmt: skip
        session = called(table)
        first, second, third = session.files.order_by("position")
        all_vote(table, first, YES, YES, YES)
        all_vote(table, second, YES, NO, YES)
        all_vote(table, third, YES, YES, NO)
        close(table, session)
        assert list(Hold.objects.values_list("customer__code", flat=True)) == ["C1"]
        for actor in (table.cast.manager, table.sales, table.cast.analyst):
            with pytest.raises(NotClosable, match="director"):
                _arbitrate(second, actor)
        _arbitrate(second, table.director)
        assert set(Hold.objects.values_list("customer__code", flat=True)) == {"C1", "C2"}
        assert not CommitteeMinutes.objects.exists()
        _arbitrate(third, table.deputy, is_upheld=False)
        assert CommitteeMinutes.objects.get().snapshot["files"][2]["is_upheld"] is False


def _arbitrate(file: AgendaFile, actor: Actor, *, is_upheld: bool = True) -> None:
    arbitrate(file=file, is_upheld=is_upheld, words="Enough", actor=actor, now=LATER, today=TODAY)


def test_a_limit_is_lowered_and_never_raised_by_hand(
    table: Table, make_customer: CustomerMaker
) -> None:
    with table.scope():
        seated(table)
        customer: Customer = make_customer(table.cast.house)
        CreditLimit.objects.create(
            customer=customer, amount=50, currency="EUR", valid_from=NOW.date() - timedelta(days=9)
        )
        flag: dict[str, Any] = {
            "customer": customer, "measure": "lower", "reason": "Late", "actor": table.cast.analyst,
            "now": NOW, "today": TODAY,
        }  # fmt: skip
        for amount in (None, Decimal(50), Decimal(51), Decimal(-1)):
            with pytest.raises(files.FlagRefused, match="make a request"):
                files.flag_customer(amount=amount, **flag)
        files.flag_customer(amount=Decimal(20), **flag)
        with pytest.raises(files.FlagRefused, match="already"):
            files.flag_customer(amount=Decimal(20), **flag)
        session = called(table)
        all_vote(table, file_of(session), YES, YES, YES)
        close(table, session)
        assert CreditLimit.objects.get(valid_from=TODAY).amount == Decimal(20)


def test_a_request_flagged_by_hand_takes_a_committee_step_beside_its_decision(table: Table) -> None:
    with table.scope():
        seated(table)
        request = asked(table.cast)
        with pytest.raises(files.FlagRefused, match="analyst or manager"):
            files.flag_request(
                request=request, reason="x", actor=table.cast.rep, now=NOW, today=TODAY
            )
        file = files.flag_request(
            request=request, reason="New sector", actor=table.cast.analyst, now=NOW, today=TODAY
        )
        assert sessions.fill(called_draft(table), now=NOW) == 0  # its circuit is not there yet
        request = end(request, table.cast.analyst, "complete", words="x")
        request = end(request, table.cast.analyst, "favourable", words="x")
        request = end(request, table.cast.manager, "as_asked", words="x")
        assert request.state == RequestState.IN_CIRCUIT
        session = called(table)
        file.refresh_from_db()
        assert (file.session_id, file.source) == (session.pk, "hand")


def called_draft(table: Table) -> CommitteeSession:
    return sessions.new_session(
        committee=Committee.objects.get(),
        meets_at=NOW,
        place="",
        closes_at=CLOSES,
        actor=table.cast.analyst,
        now=NOW,
    )


def test_a_postponed_file_waits_for_the_next_session_and_an_empty_one_is_cancelled(
    table: Table,
) -> None:
    with table.scope():
        at_committee(table)
        at_committee(table, name="Second", siren="")
        session = called(table)
        first, second = session.files.order_by("position")
        cast_vote(second, table.finance)
        with pytest.raises(sessions.SessionRefused, match="Votes were cast"):
            sessions.cancel(session=session, actor=table.cast.analyst, now=LATER)
        again = sessions.postpone(
            file=second, reason="Accounts are missing", actor=table.cast.analyst, now=LATER
        )
        assert (again.state, again.votes.count()) == (FileState.WAITING, 0)
        all_vote(table, first, YES, YES, YES)
        close(table, session)
        session.refresh_from_db()
        assert session.state == "closed"
        following = called(table)
        assert file_of(following).pk == again.pk
        sessions.cancel(session=following, actor=table.cast.analyst, now=LATER)
        again.refresh_from_db()
        assert (again.state, again.session_id) == (FileState.WAITING, None)


def test_a_file_decided_otherwise_leaves_the_agenda(table: Table) -> None:
    with table.scope():
        request = at_committee(table)
        session = called(table)
        request.steps.filter(kind="committee").update(state="skipped")
        close(table, session)
        assert file_of(session).state == FileState.DROPPED


def test_who_sits_is_agreed_by_two_people_and_then_kept(table: Table) -> None:
    with table.scope():
        committee = seated(table)
        refused: list[tuple[dict[str, Any], str]] = [
            ({"quorum": 1}, "alone"),
            ({"quorum": 4}, "quorum of 4"),
            ({"seats": wanted(table).seats[:1]}, "2 to 9 seats"),
            ({"arbiter": member(table.chair)}, "has no seat"),
            ({"deputy_arbiter": member(table.stand_in)}, "has no seat"),
            (
                {"seats": [*wanted(table).seats, settings.WantedSeat(member(table.finance))]},
                "one person",
            ),
        ]
        for changes, words in refused:
            with pytest.raises(settings.CommitteeRefused, match=words):
                _propose(table, committee, **changes)
        draft = _propose(table, committee, quorum=3)
        with pytest.raises(settings.CommitteeSamePerson):
            settings.put_in_force(version=draft, actor=table.cast.manager, now=NOW)
        for outsider in (table.cast.analyst, table.cast.rep, table.director):
            with pytest.raises(settings.CommitteeRefused, match="perimeter"):
                settings.put_in_force(version=draft, actor=outsider, now=NOW)
        settings.put_in_force(version=draft, actor=table.cast.other_manager, now=NOW)
        with pytest.raises(DatabaseError, match="does not change"), transaction.atomic():
            CommitteeVersion.objects.filter(pk=draft.pk).update(quorum=2)


def _propose(table: Table, committee: Committee, **changes: Any) -> CommitteeVersion:
    return settings.propose(
        committee=committee, wanted=wanted(table, **changes), actor=table.cast.manager, now=NOW
    )


def test_members_get_the_agenda_with_links_of_their_own_and_a_reminder_before_it_closes(
    table: Table,
) -> None:
    with table.scope():
        request = at_committee(table)
        session = called(table)
        InternalNotice.objects.exclude(code="committee_invitation").delete()
        send_notices(now=NOW)
        assert len(mail.outbox) == 4  # three members and a substitute
        addresses = {re.search(r"/v/(\S+)", str(one.body))[1] for one in mail.outbox}  # type: ignore[index]
        assert len(addresses) == 4
        assert all(request.number in str(one.body) for one in mail.outbox)
        cast_vote(file_of(session), table.finance)
        assert sessions.remind(now=CLOSES - timedelta(days=2)) == 0
        assert sessions.remind(now=CLOSES - timedelta(hours=5)) == 3
        sessions.remind(now=CLOSES - timedelta(hours=4))
        assert InternalNotice.objects.filter(code="committee_reminder").count() == 3


@override_settings(OTC_PDF_PRESS="tests.credit.test_committee.plain_press")
def test_minutes_are_drawn_once_in_both_languages_and_never_change(table: Table) -> None:
    with table.scope():
        request = at_committee(table)
        session = called(table)
        all_vote(table, file_of(session), YES, YES, YES)
        close(table, session)
        minutes = CommitteeMinutes.objects.get()
        trail = AuditEvent.objects.get(action="credit.freeze_minutes")
        assert trail.details["sha256"] == minutes.digest == digest_of(minutes.snapshot)
        french, english = (paper(minutes, language, now=LATER) for language in ("fr", "en"))
        words = bytes(french.pdf).decode()
        assert "Procès-verbal" in words
        assert "CC-2026-0001" in words
        assert request.number in words
        assert "Minutes of the credit committee" in bytes(english.pdf).decode()
        Tenant.objects.update(name="Another name")
        assert paper(minutes, "fr", now=LATER).pk == french.pk
        alterations: list[Callable[[], object]] = [
            lambda: CommitteeMinutes.objects.update(snapshot={}),
            lambda: MinutesFile.objects.update(pdf=b"other"),
            lambda: MinutesFile.objects.all().delete(),
            lambda: AgendaFile.objects.update(words="other"),
            lambda: AgendaFile.objects.get().votes.update(position="no", reason="x"),
            lambda: AgendaFile.objects.get().votes.all().delete(),
            lambda: session.seats.all().update(position=9),
            lambda: type(session).objects.update(place="other"),
        ]
        for alter in alterations:
            with pytest.raises(DatabaseError, match="does not change"), transaction.atomic():
                alter()
        minutes.snapshot["files"][0]["votes"] = []
        with pytest.raises(MinutesAltered):
            verify(minutes)
        minutes.digest = digest_of(minutes.snapshot)  # even with its own digest made to fit
        with pytest.raises(MinutesAltered):
            verify(minutes)
