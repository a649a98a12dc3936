"""A committee of three for tests: a director of sales, an analyst and an executive sit, another director arbitrates."""

import time
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.test import Client

from accounts.models import Scope
from credit.models import AgendaFile, Committee, CommitteeSession, CommitteeVote, CreditRequest
from credit.rules.committee import Ballot, Conditions, Position
from credit.services import committee_sessions as sessions
from credit.services import committee_settings as settings
from credit.services.committee_closing import Closing, close_session
from credit.services.committee_votes import vote
from kernel.permissions import Actor
from tests.cast import House
from tests.credit.asking import NOW, TODAY, Cast, asked, cast_of, end, euros, member, person

LATER = NOW + timedelta(hours=3)
CLOSES = NOW + timedelta(days=2)
YES = Ballot(Position.YES)
NO = Ballot(Position.NO)
NINETY = Ballot(
    Position.CONDITIONS,
    Decimal(90_000),
    Conditions(deposit=Decimal("0.3"), needs_guarantee=True, review_months=6),
)


@dataclass(frozen=True)
class Table:
    """The cast, and who sits around the table."""

    cast: Cast
    sales: Actor
    finance: Actor
    chair: Actor  # of the third seat
    stand_in: Actor  # for the sales seat
    director: Actor
    deputy: Actor

    @property
    def members(self) -> tuple[Actor, Actor, Actor]:
        return self.sales, self.finance, self.chair

    def scope(self) -> Any:  # noqa: ANN401
        return self.cast.house.scope()


def table_of(house: House) -> Table:
    """Return the people, made outside any scope."""
    return Table(
        cast_of(house),
        sales=house.actor("sales_director"),
        finance=person(house, "credit_analyst", "finance@atelier.example"),
        chair=person(house, "executive", "chair@atelier.example"),
        stand_in=person(house, "sales_director", "stand.in@atelier.example"),
        director=house.actor("executive"),
        deputy=person(house, "executive", "deputy@atelier.example"),
    )


def wanted(table: Table, **changes: Any) -> settings.Wanted:
    """Return the committee as it is proposed; inside the house's scope."""
    values: dict[str, Any] = {
        "seats": [
            settings.WantedSeat(member(table.sales), member(table.stand_in)),
            settings.WantedSeat(member(table.finance)),
            settings.WantedSeat(member(table.chair)),
        ],
        "quorum": 2,
        "arbiter": member(table.director),
        "deputy_arbiter": member(table.deputy),
    }
    return settings.Wanted(**{**values, **changes})


def seated(table: Table) -> Committee:
    """Return a committee in force for the whole house."""
    version = settings.new_committee(
        name="Credit committee",
        scope=Scope.objects.get(path="/"),
        wanted=wanted(table),
        actor=table.cast.manager,
        now=NOW,
    )
    settings.put_in_force(version=version, actor=table.cast.other_manager, now=NOW)
    committee: Committee = version.committee
    return committee


def at_committee(table: Table, **changes: Any) -> CreditRequest:
    """Return a request of 120,000 that only the committee still has to decide."""
    cast = table.cast
    request = asked(cast, **{"asked_amount": Decimal(120_000), **changes})
    request = end(request, cast.analyst, "complete", words="All there")
    request = end(request, cast.analyst, "favourable", amount=euros("120000"), words="Sound")
    return end(request, cast.other_manager, "as_asked", words="For the committee to say")


def called(table: Table) -> CommitteeSession:
    """Return a session that was called, with every file that waited."""
    session = sessions.new_session(
        committee=Committee.objects.first() or seated(table),
        meets_at=NOW + timedelta(days=1),
        place="Room 3",
        closes_at=CLOSES,
        actor=table.cast.analyst,
        now=NOW,
    )
    return sessions.call(session=session, actor=table.cast.analyst, now=NOW)


def file_of(session: CommitteeSession) -> AgendaFile:
    return session.files.order_by("position")[0]


def cast_vote(
    file: AgendaFile, actor: Actor, ballot: Ballot = YES, **options: Any
) -> CommitteeVote:
    return vote(
        file=file,
        ballot=ballot,
        reason="Because",
        actor=actor,
        **{"now": LATER, "today": TODAY, **options},
    )


def all_vote(table: Table, file: AgendaFile, *ballots: Ballot) -> None:
    for actor, ballot in zip(table.members, ballots, strict=True):
        cast_vote(file, actor, ballot)


def close(table: Table, session: CommitteeSession, **options: Any) -> Closing:
    values = {"actor": table.cast.manager, "now": LATER, "today": TODAY}
    return close_session(session=session, **{**values, **options})


def browser_of(table: Table, actor: Actor) -> Client:
    """Return a browser in which somebody of the cast is signed in."""
    house = table.cast.house
    with house.scope():
        user = member(actor).user
    assert user is not None
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    session["tenant"] = str(house.tenant_id)
    session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return client
