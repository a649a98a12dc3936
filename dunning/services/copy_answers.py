"""Answer a customer who asked for copies of invoices: the files we keep leave in one mail, and the task is done."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from django.utils import translation
from django.utils.html import linebreaks
from django.utils.translation import gettext as _

from dunning.models import MailTask, SideMailKind, TaskKind
from dunning.rules.content import InvoiceCopy
from dunning.rules.invoice_copies import copies_may_travel
from dunning.services.delivery_events import finish_task
from dunning.services.side_mails import is_reachable, tell_contact
from kernel.errors import Refused
from kernel.permissions import Actor
from ledger.models import Contact, Document, DocumentFile, DocumentFileKind
from ledger.queries.document_files import files_of


class CopiesNotSent(Refused):
    """The copies that were asked for cannot leave so."""

    code: ClassVar[str] = "copies_not_sent"


def send_copies(*, task: MailTask, actor: Actor, now: datetime) -> int:
    """Send the copies a task asks for to the contact who asked, close the task, and return how many files leave.

    The mail is no reminder: neither gap nor cap counts it. Raises CopiesNotSent when nobody can be written to, no
    invoice is named, an invoice has no copy, or the files are too many for one message.
    """
    locked = (
        MailTask.objects.select_for_update(of=("self",))
        .select_related("customer", "contact")
        .get(pk=task.pk)
    )
    if locked.kind != TaskKind.COPY or locked.done_at is not None:
        raise CopiesNotSent(_("This task is done already, or asks for something else."))
    contact = _reader(locked)
    files = _files(locked)
    with translation.override(_language(contact)):
        subject, text = _words(locked, contact, files)
    tell_contact(
        contact=contact,
        kind=SideMailKind.COPIES,
        key=f"copies:{locked.pk}",
        object_id=locked.pk,
        subject=subject,
        text=text,
        html=f"<!doctype html><html><body>{linebreaks(text, autoescape=True)}</body></html>",
        reply_to=locked.customer.collector.email if locked.customer.collector else "",
        leaves_at=now,
        files=[file.pk for file in files],
    )
    finish_task(task=locked, actor=actor, now=now)
    return len(files)


def _reader(task: MailTask) -> Contact:
    contact = (
        task.contact or Contact.objects.filter(customer=task.customer, is_primary=True).first()
    )
    if contact is None or not is_reachable(contact):
        raise CopiesNotSent(
            _(
                "Nobody at %(customer)s can be written to. Enter a contact with an address that works."
            )
            % {"customer": task.customer}
        )
    return contact


def _files(task: MailTask) -> list[DocumentFile]:
    numbers = [number for number in task.detail.split(", ") if number]
    documents = list(
        Document.objects.filter(customer=task.customer, number__in=numbers).exclude(kind="payment")
    )
    if not documents:
        raise CopiesNotSent(
            _("The task names no invoice. Tick the invoices when you confirm what a reply means.")
        )
    kept = files_of([document.pk for document in documents])
    copies = {
        document: [file for file in kept.get(document.pk, []) if file.kind == DocumentFileKind.COPY]
        for document in documents
    }
    lacking = [document.number for document, files in copies.items() if not files]
    if lacking:
        raise CopiesNotSent(
            _("No copy is kept of %(numbers)s. Add it on the document’s page, then send.")
            % {"numbers": ", ".join(lacking)}
        )
    files = [file for each in copies.values() for file in each]
    weighed = [InvoiceCopy(str(file.pk), file.name, file.size, file.digest) for file in files]
    if not copies_may_travel(weighed, has_statement=False):
        raise CopiesNotSent(
            _(
                "%(count)s files are too much for one message: 10 files and 8 MB are the most. The customer finds them "
                "all on his page; send him its link."
            )
            % {"count": len(files)}
        )
    return files


def _language(contact: Contact) -> str:
    """Return the language of the mail: French or English; it has no text in the others."""
    spoken = contact.language or contact.customer.language
    return "fr" if spoken == "fr" else "en"


def _words(task: MailTask, contact: Contact, files: Sequence[DocumentFile]) -> tuple[str, str]:
    facts = {"numbers": task.detail, "name": contact.name, "count": len(files)}
    subject = _("Copies of your invoices: %(numbers)s") % facts
    text = _(
        "Hello,\n\nHere are the copies you asked for: %(numbers)s.\n\nAnswer this message if one is missing."
    )
    return subject, text % facts
