"""What customers of the demo gave their word for, said on the telephone and wrote back."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from email.message import EmailMessage
from email.utils import format_datetime
from random import Random
from types import MappingProxyType
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.queries.tenants import actor_with_address
from dunning.rules.causes import Cause
from dunning.rules.promises import PromiseSource, Rhythm, equal_instalments
from dunning.services.contact_reports import report_contact
from dunning.services.payment_plans import PlanNotPossible, propose_plan, rule_plan
from dunning.services.promises import PromiseNotPossible, record_promise
from dunning.services.replies import receive_mail
from kernel import formats
from kernel.permissions import Actor
from kernel.tenancy import tenant_scope
from ledger.models import Contact, Customer, DocumentKind, DueLine
from otc.demo.shape import Company

_LATE_ENOUGH = timedelta(days=8)
_CALLS, _CALLED_DAYS = 40, 60
_CAUSES = (
    (Cause.PAYMENT_RUN, 9),
    (Cause.APPROVAL_PENDING, 8),
    (Cause.NOT_RECEIVED, 6),
    (Cause.CASH_SHORTAGE, 5),
    (Cause.FORGOTTEN, 5),
    (Cause.PRICE, 3),
    (Cause.DELIVERY, 3),
    (Cause.UNKNOWN, 2),
)
_PROMISES = ((-20, -12), (-18, -9), (-15, -8), (-4, 3), (-3, 5), (-2, 6), (-1, 4), (0, 12))
"""Made and promised, in days from today; the first three were not kept."""

_REASONS = (
    "Short of cash until the autumn orders are paid",
    "Trésorerie tendue jusqu’au règlement des commandes d’automne",
)

REPLIES = MappingProxyType(
    {
        "fr": (
            "Bonjour,\n\nLe règlement de la facture {number} partira le {day}.\n\nCordialement",
            "Bonjour, nous n'avons pas reçu la facture {number}. Pouvez-vous nous en adresser une copie ?",
            "Bonjour,\n\nIl manquait deux palettes à la livraison, nous contestons la facture {number}.",
            "La facture {number} a été réglée par virement la semaine dernière.",
        ),
        "en": (
            "Hello,\n\nInvoice {number} will be paid on {day}.\n\nKind regards",
            "We never received invoice {number}. Could you send us a copy?",
            "Two pallets were missing from the delivery, so we dispute invoice {number}.",
            "Invoice {number} was paid by bank transfer last week.",
        ),
    }
)


def tell_words(tenant_id: UUID, company: Company, *, now: datetime, today: date) -> None:
    """Take down promises, a payment plan, calls and replies, as the services would have; no scope may be open."""
    dice = Random(f"{company.seed}/words")  # noqa: S311  invented data, no secret
    people = {person.role: person.email for person in company.people if person.role}
    with tenant_scope(tenant_id):
        collector = actor_with_address(people["collector"])
        manager = actor_with_address(people["credit_manager"])
        late = _late_customers(today)
        dice.shuffle(late)
        given = late[: len(_PROMISES)]
        for customer, (made, promised) in zip(given, _PROMISES, strict=False):
            _promise(customer, made, promised, actor=collector, now=now, today=today)
        for customer in late[len(_PROMISES) : len(_PROMISES) + 2]:
            _plan(customer, collector, manager, now=now, today=today)
        _calls(late, dice, actor=collector, now=now, today=today)
        letters = [
            _letter(company, customer, text, now=now, today=today)
            for customer, text in zip(
                late[len(_PROMISES) + 2 :], REPLIES[company.language], strict=False
            )
        ]
    for raw in letters:
        receive_mail(raw, source="demo", now=now, envelope_sender=None)


def _late_customers(today: date) -> list[Customer]:
    late = DueLine.objects.filter(
        kind=DocumentKind.INVOICE, open_amount__gt=0, due_date__lt=today - _LATE_ENOUGH
    )
    unpaid = Customer.objects.filter(pk__in=late.values("customer"), is_vip=False)
    return list(unpaid.order_by("code"))


def _owed(customer: Customer, today: date) -> list[DueLine]:
    """Return what a customer owes late in one currency, to one entity."""
    lines = list(
        DueLine.objects.filter(
            customer=customer, kind=DocumentKind.INVOICE, open_amount__gt=0, due_date__lt=today
        )
        .select_related("document")
        .order_by("due_date", "pk")
    )
    return [
        line
        for line in lines
        if (line.entity_id, line.currency) == (lines[0].entity_id, lines[0].currency)
    ]


def _promise(
    customer: Customer, made: int, promised: int, *, actor: Actor, now: datetime, today: date
) -> None:
    day = today + timedelta(days=made)
    with suppress(PromiseNotPossible):  # contested wholly, say
        record_promise(
            customer=customer,
            due_lines=[line.pk for line in _owed(customer, day)],
            promised_date=today + timedelta(days=promised),
            amount=None,
            actor=actor,
            today=day,
            now=now + timedelta(days=made),
            source=PromiseSource.CALL,
        )


def _plan(
    customer: Customer, collector: Actor, manager: Actor, *, now: datetime, today: date
) -> None:
    lines = _owed(customer, today)
    total = sum((line.open_amount for line in lines), Decimal(0))
    with suppress(PlanNotPossible):
        plan = propose_plan(
            customer=customer,
            due_lines=[line.pk for line in lines],
            instalments=equal_instalments(
                total, number=3, first_date=today + timedelta(days=10), rhythm=Rhythm.MONTH
            ),
            reason=_REASONS[customer.language == "fr"],
            actor=collector,
            today=today,
            now=now,
        )
        if plan.number == 1:  # the second one still waits for somebody
            rule_plan(plan=plan, actor=manager, is_agreed=True, today=today, now=now)


def _calls(
    customers: Sequence[Customer], dice: Random, *, actor: Actor, now: datetime, today: date
) -> None:
    causes = [cause for cause, weight in _CAUSES for _ in range(weight)]
    for _ in range(min(_CALLS, 4 * len(customers))):
        day = today - timedelta(days=dice.randint(1, _CALLED_DAYS))
        report_contact(
            customer=dice.choice(customers),
            actor=actor,
            channel="call",
            outcome=dice.choice(["call_back", "done", "unreachable"]),
            cause=dice.choice(causes),
            words="",
            today=day,
            now=now - (today - day),
        )


def _letter(
    company: Company, customer: Customer, text: str, *, now: datetime, today: date
) -> bytes:
    """Return a message from a customer's contact about his oldest late invoice."""
    contact = Contact.objects.filter(customer=customer).exclude(email="").first()
    line = _owed(customer, today)[0]
    language = company.language
    day = formats.day(today + timedelta(days=5), language)
    message = EmailMessage()
    message["From"] = f"{contact.name} <{contact.email}>" if contact else "nobody@invalid.example"
    message["To"] = f"compta@{company.slug}.example"
    message["Subject"] = f"Re: {line.document.number}"
    message["Date"] = format_datetime(_morning(now, company))
    message["Message-ID"] = f"<{line.pk}@{customer.code.lower()}.example>"
    message.set_content(text.format(number=line.document.number, day=day))
    return message.as_bytes()


def _morning(now: datetime, company: Company) -> datetime:
    local = now.astimezone(ZoneInfo(company.time_zone))
    return datetime.combine(local.date(), time(8, 15), tzinfo=local.tzinfo)
