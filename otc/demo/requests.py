"""The requests for credit of a demo company: three that wait for a decision, at different steps of their circuits."""

import struct
import zlib
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from accounts.models import Scope, Tenant
from accounts.queries import actor_of
from credit.models import CreditRequest, RequestKind, RequestStep
from credit.queries.limits import limits_on
from credit.queries.scores import grade_of_class
from credit.queries.settings import office_hours
from credit.services import requests
from credit.services.charter import CharterRefused
from credit.services.circuit_drafts import install_ready
from credit.services.circuits import complete_step
from credit.services.pieces import add_file, expected_pieces
from credit.services.proposals import days_overdue
from kernel.money import Money
from kernel.permissions import Actor
from ledger.models import Customer, PaymentTerms, TermsMethod
from otc.demo.storage import Made

_WORDS = {
    "fr": {
        "opening": "Devis signé, premier chantier à Brest. Deux autres agences suivront au printemps.",
        "complete": "Les six pièces sont là.",
        "analysis": (
            "Structure saine et désendettement régulier ; trésorerie tendue en fin d’année, dépendance à deux "
            "donneurs d’ordre. Favorable à 90 k€, 30 jours."
        ),
        "raise": "Marché cadre gagné pour trois ans : les enlèvements doublent dès janvier.",
        "raised": "Paie à l’heure depuis deux ans ; le marché est au carnet.",
        "temporary": "Pointe de fin d’année sur un chantier déjà réglé à moitié.",
        "name": "Menuiserie Kerlann",
    },
    "en": {
        "opening": "Signed quote, first site in the spring. Two more branches will follow.",
        "complete": "All six papers are there.",
        "analysis": (
            "Sound structure, steadily less debt; cash is tight at the end of the year and two customers make most of "
            "the sales. In favour of 90 k, 30 days."
        ),
        "raise": "Three-year framework contract won: orders double from January.",
        "raised": "Has paid on time for two years; the contract is in the order book.",
        "temporary": "A peak at the end of the year on a site half paid already.",
        "name": "Kerlann Joinery",
    },
}
_LONGEST = 45  # days: what the charter of the house takes
_SIREN = "000000935"  # checks, and was never given out
_TERMS = ("30N", "N30", "30NET")  # the charter of the house takes no longer ones


def ask_for_credit(made: Made) -> None:
    """Make three requests as people would have: an opening, a raise and a temporary raise, the first nearly decided."""
    tenant = Tenant.objects.get()
    words = _WORDS[made.company.language]
    asked_at = _days_ago(made, tenant, 3, hour=16)
    install_ready(tenant=tenant, now=asked_at)
    rep, analyst = _actor(made, "sales_rep"), _actor(made, "credit_analyst")
    opening = _send(_opening(made, rep, words), rep, asked_at)
    if opening is not None:
        _analyse(opening, analyst, words, made=made, tenant=tenant)
    served = _served(made, rep)
    if served:
        raised = _send(
            _of_customer(made, served[0], RequestKind.LIMIT, Decimal(50_000), words["raise"]),
            rep,
            _days_ago(made, tenant, 2, hour=11),
        )
        if raised is not None:
            _favour(raised, analyst, words["raised"], _days_ago(made, tenant, 1, hour=11))
    if len(served) > 1:
        ask = _of_customer(
            made, served[1], RequestKind.TEMPORARY, Decimal(18_400), words["temporary"]
        )
        until = made.today + timedelta(days=45)
        _send(replace(ask, asked_until=until), rep, _days_ago(made, tenant, 2, hour=15))


def _actor(made: Made, role: str) -> Actor:
    actor = actor_of(made.staff.by_role[role].pk)
    if actor is None:
        raise LookupError(role)
    return actor


def _days_ago(made: Made, tenant: Tenant, days: int, *, hour: int) -> datetime:
    """Return an hour of a working day so many days back, in the tenant's time."""
    calendar = office_hours().calendar
    day = calendar.previous_working_day(made.today - timedelta(days=days))
    return datetime(day.year, day.month, day.day, hour, 20, tzinfo=ZoneInfo(tenant.time_zone))


def _terms() -> PaymentTerms | None:
    return (
        PaymentTerms.objects.filter(code__in=_TERMS).order_by("code").first()
        or PaymentTerms.objects.filter(method=TermsMethod.NET, days__lte=_LONGEST)
        .order_by("-days")
        .first()
    )


def _opening(made: Made, rep: Actor, words: dict[str, str]) -> requests.Ask:
    own = Customer.objects.filter(sales_rep=rep.membership_id).select_related("portfolio").first()
    portfolio = own.portfolio if own else Scope.objects.filter(kind="portfolio").earliest("path")
    is_french = made.company.country == "FR"
    return requests.Ask(
        kind=RequestKind.OPENING,
        entity=requests.entity_of(portfolio),
        portfolio=portfolio,
        name=words["name"],
        siren=_SIREN if is_french else "",
        country=made.company.country,
        address="",
        asked_amount=Decimal(120_000),
        currency=made.company.currency,
        asked_terms=_terms(),
        expected_sales=Decimal(310_000),
        margin_rate=Decimal("0.24"),
        peak_factor=Decimal("1.4"),
        quote_amount=Decimal(41_200),
        first_delivery_date=made.today + timedelta(days=7),
        deposit_share=Decimal("0.3"),
        guarantee_amount=Decimal(0),
        words=words["opening"],
        grade="C",
    )


def _served(made: Made, rep: Actor) -> list[Customer]:
    """Return customers of the representative who have a limit, the best first: the charter lets theirs rise."""
    found = list(
        Customer.objects.filter(sales_rep=rep.membership_id)
        .exclude(risk_class__in=["C", "D"])
        .select_related("portfolio", "terms", "group")
        .order_by("code")[:200]
    )
    limits = limits_on([one.pk for one in found], made.today)
    return [
        one
        for one in found
        if one.pk in limits
        and one.terms is not None
        and one.terms.days <= _LONGEST
        and one.terms.method == TermsMethod.NET
        and not days_overdue(one, made.today)
    ]


def _of_customer(
    made: Made, customer: Customer, kind: RequestKind, more: Decimal, words: str
) -> requests.Ask:
    limit = limits_on([customer.pk], made.today)[customer.pk].amount
    return requests.Ask(
        kind=kind,
        entity=requests.entity_of(customer.portfolio),
        portfolio=customer.portfolio,
        customer=customer,
        asked_amount=limit.amount + more,
        currency=limit.currency,
        asked_terms=customer.terms,
        words=words,
        margin_rate=Decimal("0.2"),
        grade=grade_of_class(customer.risk_class) or "",
    )


def _send(ask: requests.Ask, rep: Actor, at: datetime) -> CreditRequest | None:
    """Send a request; what the charter of the house refuses stays a draft, as it would for anybody."""
    request = requests.draft(ask, actor=rep, now=at, today=at.date())
    try:
        return requests.submit(request=request, actor=rep, now=at, today=at.date())
    except CharterRefused as refused:
        refused.keep_trace()
        return None


def _favour(request: CreditRequest, analyst: Actor, words: str, at: datetime) -> None:
    """Let the analyst be in favour of what is asked."""
    step = RequestStep.objects.get(request=request, state="open")
    complete_step(
        step=step, outcome="favourable", words=words, actor=analyst, now=at, today=at.date()
    )


def _picture(shade: int) -> bytes:
    """Return a picture of one grey dot, as small a paper as there is; each shade is another file."""
    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in (
            (b"IHDR", header),
            (b"IDAT", zlib.compress(bytes((0, shade)))),
            (b"IEND", b""),
        )
    )


def _analyse(
    request: CreditRequest, analyst: Actor, words: dict[str, str], *, made: Made, tenant: Tenant
) -> None:
    terms = _terms()
    for place, piece in enumerate(expected_pieces(request)):
        add_file(
            request=request,
            piece=piece,
            name=f"{piece.code}.png",
            content=_picture(place),
            actor=_actor(made, "sales_rep"),
            now=_days_ago(made, tenant, 3, hour=17),
        )
    for days, hour, outcome, said in (
        (2, 9, "complete", words["complete"]),
        (1, 15, "favourable", words["analysis"]),
    ):
        step = RequestStep.objects.filter(request=request, state="open").order_by("number").first()
        if step is None:
            return
        at = _days_ago(made, tenant, days, hour=hour)
        if outcome == "favourable":
            requests.note_cover(
                request,
                step=step,
                amount=Decimal(80_000),
                quota=Decimal("0.9"),
                day=at.date(),
                actor=analyst,
                today=at.date(),
                seen=None,
            )
        complete_step(
            step=step,
            outcome=outcome,
            amount=Money(Decimal(90_000), request.currency) if outcome == "favourable" else None,
            terms=terms if outcome == "favourable" else None,
            words=said,
            actor=analyst,
            now=at,
            today=at.date(),
        )
