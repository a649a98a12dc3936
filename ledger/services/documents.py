"""A single invoice, credit note or payment, entered by a person or through the API; files come in by `imports`."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar

from babel.numbers import is_currency
from django.utils.translation import gettext as _

from accounts.services import audit
from kernel.errors import Refused
from kernel.money import Money
from kernel.permissions import Actor
from ledger.models import (
    Customer,
    Document,
    DocumentKind,
    DueLine,
    Entity,
    Perimeter,
    TaxShare,
    TimelineKind,
)
from ledger.rules.terms import DEFAULT_TERMS, due_date
from ledger.services.history import note
from ledger.services.locks import lock_customer
from ledger.services.terms import terms_as_rule


class DocumentRefused(Refused):
    """The document cannot be recorded so."""

    code: ClassVar[str] = "document_refused"


@dataclass(frozen=True, slots=True)
class NewLine:
    """One instalment: its due date and its amount, above zero, tax included."""

    due_date: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class NewDocument:
    """What is said of a document; `amount` is gross and signed: an invoice +, a credit note or payment −.

    A payment may be positive: a refund or a payment that bounced. Without `lines` an invoice falls due once, by the
    customer's terms, marked as estimated. `tax` gives (rate as a fraction, amount without tax, tax) per rate.
    """

    entity: Entity
    customer: Customer
    kind: DocumentKind
    number: str
    issue_date: date
    amount: Money
    lines: tuple[NewLine, ...] = ()
    amount_excl_tax: Decimal | None = None
    tax: tuple[tuple[Decimal, Decimal, Decimal], ...] = ()
    linked_document: Document | None = None
    order_number: str = ""
    label: str = ""
    perimeter: Perimeter = Perimeter.OPERATIONAL


def record_document(new: NewDocument, *, actor: Actor, today: date) -> Document:
    """Record a document with its due lines, all of it open; raises DocumentRefused."""
    lock_customer(new.customer.pk)
    _refuse(new)
    document = Document.objects.create(
        entity=new.entity,
        customer=new.customer,
        kind=new.kind,
        number=new.number.strip(),
        issue_date=new.issue_date,
        currency=new.amount.currency,
        amount=new.amount.amount,
        amount_excl_tax=new.amount_excl_tax,
        perimeter=new.perimeter,
        linked_document=new.linked_document,
        order_number=new.order_number,
        label=new.label,
    )
    for rate, excl_tax, tax in new.tax:
        TaxShare.objects.create(document=document, rate=rate, amount_excl_tax=excl_tax, tax=tax)
    lines = _record_lines(document, new)
    audit.record(
        actor=actor,
        action="ledger.record_document",
        object_kind="document",
        object_id=document.pk,
        kind=str(new.kind),
        amount=str(new.amount.amount),
        currency=new.amount.currency,
        decided=today.isoformat(),
    )
    _tell(document, lines[0].due_date, actor)
    return document


def _record_lines(document: Document, new: NewDocument) -> list[DueLine]:
    is_estimated = new.kind == DocumentKind.INVOICE and not new.lines
    lines = new.lines or (NewLine(_default_due_date(new), new.amount.amount),)
    return [
        DueLine.objects.create(
            document=document,
            number=number,
            due_date=line.due_date,
            contractual_due_date=line.due_date,
            is_estimated=is_estimated,
            amount=line.amount,
            open_amount=line.amount,
            entity=document.entity,
            customer=document.customer,
            kind=document.kind,
            issue_date=document.issue_date,
            currency=document.currency,
            perimeter=document.perimeter,
        )
        for number, line in enumerate(sorted(lines, key=lambda line: line.due_date), start=1)
    ]


def _default_due_date(new: NewDocument) -> date:
    if new.kind != DocumentKind.INVOICE:
        return new.issue_date
    terms = new.customer.terms
    return due_date(new.issue_date, terms_as_rule(terms) if terms else DEFAULT_TERMS)


def _refuse(new: NewDocument) -> None:
    facts = {"number": new.number, "amount": new.amount, "customer": new.customer.name}
    if not new.number.strip():
        raise DocumentRefused(_("A document needs its number."))
    if not is_currency(new.amount.currency):
        raise DocumentRefused(
            _("“%(currency)s” is no currency. Write its three letters (ISO 4217), such as EUR.")
            % {"currency": new.amount.currency}
        )
    _refuse_amount(new, facts)
    known = Document.objects.filter(
        entity=new.entity, customer=new.customer, kind=new.kind, number=new.number.strip()
    )
    if known.exists():
        raise DocumentRefused(
            _("%(number)s of %(customer)s is already recorded.") % facts, number=new.number
        )
    _refuse_lines(new, facts)


def _refuse_amount(new: NewDocument, facts: dict[str, object]) -> None:
    amount = new.amount.amount
    wrong_sign = {
        DocumentKind.INVOICE: amount < 0,
        DocumentKind.CREDIT_NOTE: amount > 0,
        DocumentKind.PAYMENT: False,
    }[DocumentKind(new.kind)]
    if not amount or new.amount != new.amount.rounded() or wrong_sign:
        raise DocumentRefused(
            _(
                "%(number)s cannot amount to %(amount)s: an invoice is above zero, a credit note below, "
                "and nothing has parts of a cent."
            )
            % facts
        )


def _refuse_lines(new: NewDocument, facts: dict[str, object]) -> None:
    if not new.lines:
        return
    if sum((line.amount for line in new.lines), start=Decimal(0)) != new.amount.amount:
        raise DocumentRefused(
            _("The instalments of %(number)s do not add up to its amount of %(amount)s.") % facts
        )
    if any(line.due_date < new.issue_date for line in new.lines):
        raise DocumentRefused(
            _("An instalment of %(number)s falls due before the document's own date.") % facts
        )
    if any((line.amount > 0) != (new.amount.amount > 0) for line in new.lines):
        raise DocumentRefused(
            _("Every instalment of %(number)s goes the same way as its amount.") % facts
        )


def _tell(document: Document, due: date, actor: Actor) -> None:
    text_code = {
        DocumentKind.INVOICE: "ledger.invoice_recorded",
        DocumentKind.CREDIT_NOTE: "ledger.credit_note_recorded",
        DocumentKind.PAYMENT: "ledger.payment_received",
    }[DocumentKind(document.kind)]
    is_payment = document.kind == DocumentKind.PAYMENT
    note(
        customer=document.customer_id,
        kind=TimelineKind.PAYMENT if is_payment else TimelineKind.DOCUMENT,
        text_code=text_code,
        actor=actor,
        object_id=document.pk,
        facts={
            "document": document.number,
            "amount": Money(abs(document.amount), document.currency).as_json(),
            "due": due.isoformat(),
        },
    )
