"""A part of a customer's statement as the content that documents are made from."""

from dunning.documents.view import MessageView, message_view
from dunning.queries.statement import CustomerStatement, PortalLine, StatementPart
from dunning.rules.content import (
    Address,
    ContentLine,
    Creditor,
    Debtor,
    Recipient,
    Register,
    ReminderContent,
    Sender,
    StepInfo,
    Totals,
)
from ledger.models import Entity


def statement_view(
    statement: CustomerStatement,
    part: StatementPart,
    *,
    language: str,
    tenant_name: str,
) -> MessageView:
    """Return one part of the statement, formatted for `language`, ready for a PDF or a sheet."""
    customer = statement.customer
    content = ReminderContent(
        reminder_id="",
        language=language,
        creditor=_creditor(part.entity, tenant_name),
        sender=_sender(statement, part.entity),
        recipient=Recipient("", ""),
        customer=Debtor(
            customer.code,
            customer.name,
            Address(_lines(customer.address), customer.country),
        ),
        currency=part.currency,
        as_of_date=statement.as_of_date,
        lines=tuple(_line(line) for line in part.lines),
        totals=Totals(
            due=part.total_due.amount,
            not_due=part.total_not_due.amount + part.total_unclaimed.amount,
            disputed=part.total_disputed.amount,
            credits=part.total_credits.amount,
            net=part.to_pay.amount,
        ),
        step=StepInfo("", 0, 0, 0, 0, Register.COURTEOUS, has_statement=True),
        penalties=None,
        # The secret stays out of a file that is passed on.
        portal_url="",
        portal_valid_until=None,
        payment_reference=part.reference,
    )
    return message_view(content)


def _creditor(entity: Entity, tenant_name: str) -> Creditor:
    ids = (("SIREN", entity.siren), ("TVA", entity.vat_number), ("", entity.legal_footer))
    return Creditor(
        tenant_name=tenant_name,
        entity_code=entity.code,
        entity_name=entity.name,
        address=Address(_lines(entity.address), entity.country),
        legal_ids=tuple((name, number) for name, number in ids if number),
        iban=entity.iban,
        bic=entity.bic,
        account_holder=entity.account_holder,
    )


def _sender(statement: CustomerStatement, entity: Entity) -> Sender:
    contact = statement.contact
    if contact is None:
        return Sender(entity.name, entity.email, entity.phone)
    return Sender(contact.name, contact.email, contact.phone or entity.phone)


def _lines(address: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in address.splitlines() if line.strip())


def _line(line: PortalLine) -> ContentLine:
    return ContentLine(
        document_number=line.number,
        order_number=line.order_number,
        issue_date=line.issue_date,
        due_date=line.due_date,
        days_late=line.days_late,
        original_amount=line.original.amount,
        open_amount=line.open.amount,
        disputed_amount=line.disputed.amount,
        kind=line.kind,
        section=line.section,
        is_due_date_estimated=line.is_estimated,
    )
