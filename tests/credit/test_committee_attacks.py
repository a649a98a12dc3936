"""No way around a committee: who asked, who sells, who came late, who came twice, who came at the same instant."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Membership, MembershipState
from credit.models import (
    AgendaFile,
    CommitteeMinutes,
    CommitteeSession,
    CommitteeVote,
    CreditLimit,
    CreditRequest,
    VoteLink,
)
from credit.services import delegations, requests
from credit.services.committee_closing import NotClosable, SessionClosed
from credit.services.committee_votes import AlreadyVoted, VoteClosed, VoteRefused
from credit.services.step_checks import StepRefused
from kernel.errors import Refused
from kernel.permissions import Actor
from kernel.tenancy import tenant_scope
from ledger.models import Customer
from tests.cast import CustomerMaker, House
from tests.credit.asking import NOW, TODAY, end, euros, ident, member
from tests.credit.sitting import (
    CLOSES,
    LATER,
    NO,
    YES,
    Table,
    all_vote,
    at_committee,
    called,
    cast_vote,
    close,
    file_of,
    table_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def table(house: House) -> Table:
    return table_of(house)


def test_no_vote_after_the_closing_time_nor_after_the_closing(table: Table) -> None:
    with table.scope():
        at_committee(table)
        session = called(table)
        file = file_of(session)
        with pytest.raises(VoteClosed, match="closed on"):
            cast_vote(file, table.chair, now=CLOSES)
        all_vote(table, file, YES, YES, YES)
        close(table, session)
        for actor in (*table.members, table.stand_in):
            with pytest.raises(VoteClosed):
                cast_vote(file, actor)
        seat = session.seats.earliest("position")
        late = {"file": file, "voter": member(table.deputy), "position": "yes", "at": LATER}
        with pytest.raises(IntegrityError, match="no vote is open"), transaction.atomic():
            CommitteeVote.objects.create(seat=seat, **late)
        with pytest.raises(SessionClosed):
            close(table, session)


def test_who_asked_does_not_vote_by_any_account_delegate_or_key(table: Table) -> None:
    with table.scope():
        request = at_committee(table)
        CreditRequest.objects.filter(pk=request.pk).update(requested_by=member(table.finance))
        session = called(table)
        file = file_of(session)

        def refused(actor: Actor, rule: str, **options: Any) -> None:
            with pytest.raises(VoteRefused, match=rule):
                cast_vote(file, actor, **options)

        refused(table.finance, "S1")
        refused(replace(table.chair, kind="api"), "S12")
        refused(table.cast.manager, "no seat")
        # The chair turns out to share the requester's telephone.
        Membership.objects.filter(pk=ident(table.finance)).update(phone="06 12 34 56 78")
        Membership.objects.filter(pk=ident(table.chair)).update(phone="+33 6 12 34 56 78")
        refused(table.chair, "S1")
        Membership.objects.filter(pk=ident(table.chair)).update(phone="")
        # A delegate of the requester's seat, and the link that was mailed to the requester.
        delegations.delegate(
            delegator=member(table.finance), delegate=member(table.deputy), starts_on=TODAY, ends_on=TODAY,
            reason="Away", actor=table.finance, now=NOW, today=TODAY,
        )  # fmt: skip
        refused(table.deputy, "S13")
        link = VoteLink.objects.get(person=ident(table.finance))
        refused(table.finance, "S1", link=link)
        refused(table.chair, "no seat", link=link)  # another person's link
        refused(table.deputy, "S13", link=link)
        assert not CommitteeVote.objects.exists()
        seat = session.seats.get(member=ident(table.finance))
        row = {"file": file, "seat": seat, "position": "yes", "at": LATER}
        with pytest.raises(IntegrityError, match="s1"), transaction.atomic():
            CommitteeVote.objects.create(
                voter=member(table.finance), requested_by=member(table.finance), **row
            )


def test_whoever_sells_to_the_customer_does_not_vote_and_his_substitute_may(
    table: Table, make_customer: CustomerMaker
) -> None:
    with table.scope():
        customer = make_customer(table.cast.house)
        Customer.objects.filter(pk=customer.pk).update(sales_rep=member(table.cast.rep))
        Membership.objects.filter(pk=ident(table.cast.rep)).update(manager=ident(table.sales))
        request = at_committee(table)
        CreditRequest.objects.filter(pk=request.pk).update(customer=customer)
        file = file_of(called(table))
        with pytest.raises(VoteRefused, match="S7"):
            cast_vote(file, table.sales)
        cast_vote(file, table.stand_in)


def test_one_person_votes_once_whatever_seat_or_account(table: Table) -> None:
    with table.scope():
        at_committee(table)
        file = file_of(called(table))
        cast_vote(file, table.sales)
        for actor in (table.sales, table.stand_in):
            with pytest.raises(AlreadyVoted):
                cast_vote(file, actor, NO)
        # The analyst's second account sits in another seat.
        Membership.objects.filter(pk=ident(table.finance)).update(email="s.director+x@a.example")
        Membership.objects.filter(pk=ident(table.chair)).update(email="s.director@a.example")
        cast_vote(file, table.finance)
        with pytest.raises(AlreadyVoted):
            cast_vote(file, table.chair)
        Membership.objects.filter(pk=ident(table.chair)).update(state=MembershipState.LEFT)
        with pytest.raises(VoteRefused):
            cast_vote(file, table.chair)


def test_votes_and_links_of_a_refused_request_do_not_serve_its_successor(table: Table) -> None:
    with table.scope():
        first = at_committee(table)
        session = called(table)
        links = list(VoteLink.objects.all())
        all_vote(table, file_of(session), NO, NO, NO)
        close(table, session)
        again = requests.continue_as(
            CreditRequest.objects.get(pk=first.pk),
            "opening",
            actor=table.finance,
            now=NOW,
            today=TODAY,
        )
        requests.submit(request=again, actor=table.finance, now=NOW, today=TODAY)
        end(again, table.cast.analyst, "complete", words="x")
        end(again, table.cast.analyst, "favourable", amount=euros("120000"), words="x")
        end(again, table.cast.other_manager, "as_asked", words="x")
        file = file_of(called(table))
        assert (file.reference, file.votes.count()) == (again.number, 0)
        for link in links:
            with pytest.raises(VoteRefused, match="no seat"):
                cast_vote(file, table.chair, link=link)
        # He asked this time; who asked the first time is kept away too.
        with pytest.raises(VoteRefused, match="S1"):
            cast_vote(file, table.finance)
        cast_vote(file, table.chair)


def test_whoever_asked_does_not_close_and_no_machine_does(table: Table) -> None:
    with table.scope():
        request = at_committee(table)
        CreditRequest.objects.filter(pk=request.pk).update(
            first_requester=member(table.cast.manager)
        )
        session = called(table)
        all_vote(table, file_of(session), YES, YES, YES)
        machine = replace(table.cast.other_manager, kind="api")
        for actor, rule in ((table.cast.manager, "S1"), (machine, "S12"), (table.chair, "role")):
            with pytest.raises(NotClosable, match=rule):
                close(table, session, actor=actor)
        assert not CreditLimit.objects.exists()
        # Nor by the circuit's own door, past the votes.
        with pytest.raises(StepRefused, match="votes"):
            end(request, table.cast.other_manager, "as_asked", words="Without the votes")
        close(table, session, actor=table.cast.other_manager)


def at_once(count: int, act: Callable[[int], bool]) -> int:
    """Do the same from `count` threads at one instant; return how many had an effect."""
    barrier = Barrier(count, timeout=60)

    def run(number: int) -> bool:
        try:
            barrier.wait()
            return act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return sum(pool.map(run, range(count)))


@pytest.mark.timeout(300)
@pytest.mark.django_db(transaction=True)
def test_eight_votes_of_a_seat_and_eight_closings_at_once_have_one_effect_each(
    house: House,
) -> None:
    table = table_of(house)
    with table.scope():
        for number in range(3):
            at_committee(table, name=f"Kerlann {number}", siren="")
        session = called(table)
        files = list(session.files.all())
        for file in files:
            cast_vote(file, table.finance)
            cast_vote(file, table.chair)

    def tried(act: Callable[[], object]) -> bool:
        with tenant_scope(house.tenant_id):
            try:
                act()
            except Refused:
                return False
        return True

    voted = [
        at_once(8, lambda n: tried(lambda: cast_vote(file, (table.sales, table.stand_in)[n % 2])))  # noqa: B023
        for file in files
    ]
    assert voted == [1, 1, 1]
    managers = (table.cast.manager, table.cast.other_manager)
    assert at_once(8, lambda n: tried(lambda: close(table, session, actor=managers[n % 2]))) == 1
    with table.scope():
        assert CreditLimit.objects.count() == len(files)
        assert CommitteeMinutes.objects.count() == 1
        assert AgendaFile.objects.filter(state="closed").count() == len(files)
        assert CommitteeSession.objects.get().state == "closed"
        assert CommitteeVote.objects.count() == 3 * len(files)
