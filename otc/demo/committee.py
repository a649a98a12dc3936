"""The credit committee of a demo company: one session closed with its minutes, one that votes on two files."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from accounts.models import Membership, Scope, Tenant
from accounts.queries import actor_of
from credit.models import AgendaFile, Committee, CommitteeSession
from credit.rules.committee import Ballot, Conditions, Position
from credit.services import committee_files as files
from credit.services import committee_sessions as sessions
from credit.services import committee_settings as settings
from credit.services.committee_closing import close_session
from credit.services.committee_votes import vote
from kernel.permissions import Actor
from ledger.models import Customer
from otc.demo.storage import Made

_WORDS = {
    "fr": {
        "name": "Comité crédit",
        "place": "Salle Loire, 3e étage",
        "late": "Trois échéances décalées depuis l’été, sans explication écrite.",
        "broken": "Deux promesses rompues : faut-il continuer à livrer ?",
        "plan": "Plan d’apurement signé avant la fin du mois",
        "agreed": "Le client reste bon, mais il faut un engagement écrit.",
        "careful": "Trésorerie tendue : 90 k€ pour commencer, revue à six mois.",
        "shared": "Plan d’apurement demandé, livraisons maintenues.",
    },
    "en": {
        "name": "Credit committee",
        "place": "Avon room, third floor",
        "late": "Three due dates moved since the summer, without a word in writing.",
        "broken": "Two promises broken: do we go on delivering?",
        "plan": "Payment plan signed before the end of the month",
        "agreed": "The customer is sound, and has to commit in writing.",
        "careful": "Cash is tight: 90 k to begin with, review in six months.",
        "shared": "A payment plan is asked for, deliveries go on.",
    },
}


def hold_committee(made: Made) -> None:
    """Seat a committee, and let it sit last week about one customer; called before anybody asks for credit."""
    words = _WORDS[made.company.language]
    analyst, manager = _actor(made, "credit_analyst"), _actor(made, "credit_manager")
    customers = _discussed()
    if len(customers) < 2:  # noqa: PLR2004  nothing to discuss
        return
    committee = _seated(made, words["name"], analyst, manager)
    past = _at(made, days_back=7)
    _flag(customers[0], "discuss", words["late"], analyst, past)
    session = _called(committee, words["place"], analyst, past)
    file = session.files.get()
    plan = Ballot(Position.CONDITIONS, None, Conditions(words=(words["plan"],)))
    _vote(made, file, "collector", plan, words["agreed"], past + timedelta(hours=2))
    _vote(made, file, "cash_accountant", Ballot(Position.YES), "", past + timedelta(hours=3))
    close_session(
        session=session,
        actor=manager,
        now=past + timedelta(hours=7),
        today=past.date(),
        words={file.pk: words["shared"]},
    )


def call_committee(made: Made) -> None:
    """Call a session for the opening that waits and another customer, with a first vote."""
    words = _WORDS[made.company.language]
    analyst, committee = _actor(made, "credit_analyst"), Committee.objects.first()
    if committee is None:
        return
    now = _at(made, days_back=1)
    _flag(_discussed()[1], "hold", words["broken"], analyst, now)
    running = _called(committee, words["place"], analyst, now)
    careful = Ballot(
        Position.CONDITIONS, Decimal(90_000), Conditions(deposit=Decimal("0.3"), review_months=6)
    )
    for file in running.files.filter(request__isnull=False):
        _vote(made, file, "cash_accountant", careful, words["careful"], now + timedelta(hours=2))


def _discussed() -> list[Customer]:
    """Return two customers who are sold to by somebody, other ones than those who ask for credit."""
    return list(
        Customer.objects.filter(sales_rep__isnull=False, group=None)
        .select_related("portfolio")
        .order_by("-code")[:2]
    )


def _at(made: Made, *, days_back: int) -> datetime:
    """Return nine in the morning so many days back, in the tenant's time."""
    zone = ZoneInfo(Tenant.objects.values_list("time_zone", flat=True).get())
    return datetime.combine(made.today - timedelta(days=days_back), time(9), tzinfo=zone)


def _actor(made: Made, role: str) -> Actor:
    actor = actor_of(made.staff.by_role[role].pk)
    if actor is None:
        raise LookupError(role)
    return actor


def _seated(made: Made, name: str, analyst: Actor, manager: Actor) -> Committee:
    """Seat sales beside finance; the analyst proposes, the credit manager agrees."""
    people = {role: Membership.objects.get(pk=one.pk) for role, one in made.staff.by_role.items()}
    at = _at(made, days_back=60)
    version = settings.new_committee(
        name=name,
        scope=Scope.objects.get(path="/"),
        wanted=settings.Wanted(
            [
                settings.WantedSeat(people["sales_director"], people["collector"]),
                settings.WantedSeat(people["credit_analyst"]),
                settings.WantedSeat(people["cash_accountant"]),
            ],
            quorum=2,
            arbiter=people["executive"],
        ),
        actor=analyst,
        now=at,
    )
    settings.put_in_force(version=version, actor=manager, now=at)
    committee: Committee = version.committee
    return committee


def _flag(customer: Customer, measure: str, reason: str, actor: Actor, now: datetime) -> None:
    files.flag_customer(
        customer=customer, measure=measure, amount=None, reason=reason, actor=actor, now=now,
        today=now.date(),
    )  # fmt: skip


def _called(committee: Committee, place: str, actor: Actor, now: datetime) -> CommitteeSession:
    session = sessions.new_session(
        committee=committee,
        meets_at=now + timedelta(hours=5),
        place=place,
        closes_at=now + timedelta(days=3, hours=8),
        actor=actor,
        now=now,
    )
    return sessions.call(session=session, actor=actor, now=now)


def _vote(  # noqa: PLR0917
    made: Made, file: AgendaFile, role: str, ballot: Ballot, reason: str, now: datetime
) -> None:
    vote(
        file=file, ballot=ballot, reason=reason, actor=_actor(made, role), now=now, today=now.date()
    )
