"""The menu of each role (DESIGN 2), and what else the shell of every page shows."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts import permissions as accounts
from credit import permissions as credit
from credit.queries.charter import OUTSIDE, to_sign
from credit.queries.committee import count_for
from credit.queries.holds import count_to_release
from credit.queries.lessons import to_learn
from credit.queries.requests import count_waiting
from dunning import permissions as dunning
from dunning.queries.agenda import to_confirm
from dunning.queries.legal import count_urgent
from dunning.queries.questions import questions_for
from dunning.queries.replies import replies_to_decide
from dunning.queries.sales import notices_for
from kernel.permissions import ANY_MEMBER, Actor
from kernel.tenancy import has_tenant_scope, tenant_scope
from kpis import permissions as kpis
from ledger import permissions as ledger
from ledger.models import BatchState, ImportBatch
from ledger.queries import last_self_audit
from otc import health, roles
from otc.home import LANDING
from otc.menu_counts import counts_of

STALE_AFTER = timedelta(
    days=3
)  # two working days and the night between: automatic reminders wait (DOMAIN 5.2)


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of the menu."""

    url: str
    label: str
    icon: str
    key: str = ""
    counter: int | None = None
    is_hot: bool = False
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """A heading of the menu with its entries."""

    label: str
    items: list[Item]


@dataclass(frozen=True, slots=True)
class Shell:
    """What the frame around every page shows; the shape is told in templates/base.html."""

    tenant_name: str
    tenants: list[tuple[str, str]]
    groups: list[Group]
    user_name: str
    user_role: str
    theme: str
    has_shortcuts: bool
    fresh_at: datetime | None
    is_stale: bool
    books_problem: Callable[[], str]
    troubles: Callable[[], tuple[str, ...]]
    charter_to_sign: Callable[[], Any]
    landing_pages: tuple[str, ...] = tuple(dict.fromkeys(LANDING.values()))
    switch_url: str = "/switch"
    home_url: str = "/"
    profile_url: str = "/me"
    logout_url: str = "/logout"
    theme_url: str = "/me/theme"
    palette_url: str = "/palette"
    notifications: int | None = None
    notifications_url: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as declared: who may see it, and where its counter comes from."""

    url: str
    label: Any
    icon: str
    permission: str
    key: str = ""
    counter: Callable[[Actor], int] | None = None
    only: frozenset[str] = frozenset()  # for holders of one of these roles; empty for everybody
    is_inside: bool = False  # for colleagues, not for those who work for us from outside


@dataclass(frozen=True, slots=True)
class Section:
    """A heading as declared."""

    label: Any
    entries: list[Entry] = field(default_factory=list)


def count_to_confirm(actor: Actor) -> int:
    """Return how many reminders wait for this person's confirmation."""
    return to_confirm(actor).count()


def count_replies(actor: Actor) -> int:
    """Return how many replies of customers wait for this person's decision."""
    return replies_to_decide(actor).count()


def count_questions(actor: Actor) -> int:
    """Return how many questions about customers wait for this person's answer."""
    return questions_for(actor, now=timezone.now()).count()


def count_departures(actor: Actor) -> int:
    """Return how many messages to protected customers wait for this person's word."""
    return notices_for(actor).count()


def count_deadlines(actor: Actor) -> int:
    """Return how many legal deadlines ask for this person."""
    return count_urgent(actor, today=timezone.localdate())


def count_charter_to_sign(actor: Actor) -> int:
    """Return 1 while this person has the charter in force still to sign."""
    return int(to_sign(actor, timezone.localdate()) is not None)


def count_lessons(actor: Actor) -> int:
    """Return how many lessons this person has still to learn."""
    return to_learn(actor).count()


def count_credit_requests(actor: Actor) -> int:
    """Return how many requests for credit wait for this person, questions to him included."""
    return count_waiting(actor, today=timezone.localdate())


def count_committees(actor: Actor) -> int:
    """Return how many votes, arbitrations and tasks of committees wait for this person."""
    return count_for(actor, now=timezone.now(), today=timezone.localdate())


SALES = frozenset({roles.SALES_REP, roles.SALES_DIRECTOR})

MENU = [
    Section(
        "",
        [
            Entry("/home", gettext_lazy("Home"), "home", ledger.SEE_CUSTOMERS, "h"),
            Entry(
                "/agenda",
                gettext_lazy("Agenda"),
                "agenda",
                dunning.SEND_REMINDER,
                "a",
                count_to_confirm,
            ),
            Entry(
                "/agenda/replies",
                gettext_lazy("Replies of customers"),
                "comment",
                dunning.SEND_REMINDER,
                counter=count_replies,
            ),
        ],
    ),
    Section(
        gettext_lazy("Steer"),
        [Entry("/kpi/dso", gettext_lazy("Indicators"), "chart", kpis.SEE_TENANT_FIGURES, "i")],
    ),
    Section(
        pgettext_lazy("menu", "Credit"),
        [
            Entry(
                "/credit/requests",
                gettext_lazy("Credit requests"),
                "shield",
                credit.PROPOSE_LIMIT,
                counter=count_credit_requests,
            ),
            Entry(
                "/committees",
                gettext_lazy("Committees"),
                "gavel",
                ledger.SEE_CUSTOMERS,
                counter=count_committees,
                is_inside=True,
            ),
            Entry("/credit/ahead", gettext_lazy("Ahead"), "clock", credit.SEE_OPINIONS),
            Entry(
                "/credit/limits", gettext_lazy("Exposure and limits"), "chart", credit.SEE_OPINIONS
            ),
            Entry("/scores", gettext_lazy("Scores"), "target", credit.PROPOSE_LIMIT),
            Entry("/watch", pgettext_lazy("customers", "Watch"), "bell", credit.SEE_OPINIONS),
            Entry(
                "/credit/holds",
                pgettext_lazy("menu", "Holds"),
                "pause",
                credit.RELEASE_ORDER,
                counter=count_to_release,
            ),
            Entry(
                "/charter",
                gettext_lazy("Credit charter"),
                "shield",
                ANY_MEMBER,
                counter=count_charter_to_sign,
                is_inside=True,
            ),
            Entry("/charter/compliance", gettext_lazy("Compliance"), "check", credit.SEE_OPINIONS),
            Entry("/insurance", gettext_lazy("Credit insurance"), "shield", credit.SEE_OPINIONS),
            Entry(
                "/connectors",
                pgettext_lazy("menu", "Connectors"),
                "refresh",
                credit.SEE_OPINIONS,
            ),
            Entry(
                "/training",
                gettext_lazy("My lessons"),
                "help",
                ANY_MEMBER,
                counter=count_lessons,
                is_inside=True,
            ),
            Entry("/training/progress", gettext_lazy("Training"), "star", credit.WRITE_CIRCUITS),
        ],
    ),
    Section(
        pgettext_lazy("menu", "Receivables"),
        [
            Entry("/customers", gettext_lazy("Customers"), "users", ledger.SEE_CUSTOMERS, "c"),
            Entry("/items", gettext_lazy("Items"), "list", ledger.SEE_CUSTOMERS, "l"),
            Entry(
                "/legal", gettext_lazy("Legal"), "scale", credit.HAND_OVER, counter=count_deadlines
            ),
            Entry("/write-offs", gettext_lazy("Write-offs"), "minus", ledger.PROPOSE_WRITE_OFF),
            Entry(
                "/questions",
                gettext_lazy("Questions to you"),
                "comment",
                ledger.SEE_CUSTOMERS,
                counter=count_questions,
                only=SALES,
            ),
            Entry(
                "/late",
                gettext_lazy("My customers late"),
                "clock",
                ledger.SEE_CUSTOMERS,
                only=SALES,
            ),
            Entry(
                "/departures",
                gettext_lazy("Messages to your customers"),
                "mail",
                ledger.SEE_CUSTOMERS,
                counter=count_departures,
                only=SALES,
            ),
            Entry(
                "/agency",
                gettext_lazy("Entrusted files"),
                "scale",
                dunning.SEND_REMINDER,
                only=frozenset({roles.AGENCY}),
            ),
        ],
    ),
    Section(
        gettext_lazy("Settings"),
        [
            Entry("/scenarios", gettext_lazy("Scenarios"), "flow", dunning.WRITE_POLICY),
            Entry("/credit/circuits", gettext_lazy("Circuits"), "flow", credit.WRITE_CIRCUITS),
            Entry("/scorecards", gettext_lazy("Scorecard"), "target", credit.WRITE_CHARTER),
            Entry(
                "/credit/order-checks", gettext_lazy("Order checks"), "pause", credit.WRITE_CIRCUITS
            ),
            Entry(
                "/credit/authority",
                gettext_lazy("Ceilings and delegations"),
                "users",
                accounts.MANAGE_USERS,
            ),
            Entry("/templates", pgettext_lazy("menu", "Texts"), "mail", dunning.WRITE_POLICY),
            Entry("/imports", gettext_lazy("Imports"), "upload", ledger.IMPORT_LEDGER, "d"),
            Entry("/admin", gettext_lazy("Administration"), "gear", accounts.MANAGE_USERS),
            Entry("/audit", gettext_lazy("Audit trail"), "shield", accounts.READ_AUDIT),
        ],
    ),
]


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the context of the frame; worked out only by a page that shows it."""
    return {"shell": SimpleLazyObject(lambda: _shell_of(request))}


def _shell_of(request: HttpRequest) -> Shell | None:
    actor: Actor | None = getattr(request, "actor", None)
    if actor is None:
        return None
    if has_tenant_scope():
        return _build(request, actor)
    with tenant_scope(actor.tenant_id):
        return _build(request, actor)


def _build(request: HttpRequest, actor: Actor) -> Shell:
    user: Any = request.user
    tenant: Any = request.tenant  # type: ignore[attr-defined]
    fresh_at = (
        ImportBatch.objects.filter(state=BatchState.APPLIED, undoes=None)
        .order_by("-applied_at")
        .values_list("applied_at", flat=True)
        .first()
    )
    return Shell(
        tenant_name=tenant.name,
        tenants=[
            (seat.slug, seat.name)
            for seat in request.seats  # type: ignore[attr-defined]
            if seat.tenant_id != actor.tenant_id
        ],
        groups=groups_for(
            actor, request.path, is_counted=not getattr(request, "is_refused", False)
        ),
        user_name=actor.name,
        user_role=str(roles.LABELS[actor.roles[0]]) if actor.roles else _("No role yet"),
        theme="" if user.theme == "system" else user.theme,
        has_shortcuts=user.has_shortcuts,
        fresh_at=fresh_at,
        is_stale=fresh_at is not None and timezone.now() - fresh_at > STALE_AFTER,
        books_problem=books_problem,
        troubles=health.troubles,
        charter_to_sign=lambda: to_sign(actor, timezone.localdate()),
    )


def books_problem() -> str:
    """Return what the last self-audit found in this tenant's books; empty when they agree. Asked by the page."""
    found = last_self_audit()
    return health.books_sentence(found) if found and found.differences else ""


def groups_for(actor: Actor, current_path: str, *, is_counted: bool) -> list[Group]:
    """Return the menu of an actor: only what he may open, with the page he is on marked.

    `is_counted` says what waits behind each entry.
    """
    current = _current(current_path)
    seen = {
        str(section.label): [entry for entry in section.entries if _is_seen(entry, actor)]
        for section in MENU
    }
    counters = {
        entry.url: entry.counter
        for entries in seen.values()
        for entry in entries
        if entry.counter and is_counted
    }
    counts = counts_of(actor, counters, current=current) if counters else {}
    return [
        Group(
            label,
            [
                Item(
                    url=entry.url,
                    label=str(entry.label),
                    icon=entry.icon,
                    key=entry.key,
                    counter=counts.get(entry.url),
                    is_current=entry.url == current,
                )
                for entry in entries
            ],
        )
        for label, entries in seen.items()
        if entries
    ]


def _is_seen(entry: Entry, actor: Actor) -> bool:
    return (
        actor.can(entry.permission)
        and (not entry.only or bool(entry.only & set(actor.roles)))
        and (not entry.is_inside or bool(set(actor.roles) - {OUTSIDE}))
    )


def _current(path: str) -> str:
    """Return the entry a page lies under: the longest that leads to it, else one that shares its first part."""
    urls = [entry.url for section in MENU for entry in section.entries]
    above = [url for url in urls if path == url or path.startswith(f"{url}/")]
    if above:
        return max(above, key=len)
    return next((url for url in urls if path.startswith(_stem(url))), "")


def _stem(url: str) -> str:
    """Return the start that the pages below an entry share: `/kpi/` for `/kpi/dso`."""
    return f"/{url.split('/')[1]}/"
