"""Tells the last months of each customer's history, entry by entry, as the services would have told them."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from disputes.models import Dispute
from kernel.identifiers import uuid7
from kernel.money import Money
from ledger.models import DocumentKind, TimelineEntry, TimelineKind
from otc.demo.insert import insert
from otc.demo.opinions import in_order
from otc.demo.papers import Contest, Paper
from otc.demo.storage import Made, StoredLine

_TOLD_DAYS = 120  # how far back each customer's history is told paper by paper
_CODES = {
    DocumentKind.INVOICE: "ledger.invoice_recorded",
    DocumentKind.CREDIT_NOTE: "ledger.credit_note_recorded",
    DocumentKind.PAYMENT: "ledger.payment_received",
}
_NOTED = 0.12  # share of payments that followed a call

NOTES = {
    "fr": (
        "Comptabilité jointe : le virement part avec l’échéance du 25.",
        "Nouveau logiciel comptable chez le client, les factures de septembre sont à renvoyer.",
        "Validation en attente du conducteur de travaux.",
        "Demande un relevé de compte complet avant de payer.",
    ),
    "en": (
        "Accounts payable reached: the transfer leaves with the run of the 25th.",
        "New accounting system there; the September invoices have to be sent again.",
        "Waiting for the site manager to approve.",
        "Wants a full statement before paying.",
    ),
}


class Teller:
    """Tells the history of one company's customers."""

    def __init__(self, made: Made) -> None:
        self.made = made
        self.zone = ZoneInfo(made.company.time_zone)
        self.since = made.today - timedelta(days=_TOLD_DAYS)
        self.dice = made.dice("history")
        self.rows: list[dict[str, Any]] = []

    def tell(self, disputes: list[Dispute]) -> None:
        """Store the entries of papers, calls and disputes."""
        for paper in self.made.book.papers:
            if paper.day >= self.since:
                self._paper(paper)
        for contest, dispute in zip(in_order(self.made.book), disputes, strict=True):
            self._dispute(contest, dispute)
        insert(TimelineEntry, self.rows)

    def _at(self, day: date, hour: int) -> datetime:
        return datetime.combine(day, time(hour, self.dice.randint(0, 59)), tzinfo=self.zone)

    def _paper(self, paper: Paper) -> None:
        line = self.made.line(paper)
        is_payment = paper.kind == DocumentKind.PAYMENT
        text_code = _CODES[paper.kind]
        if is_payment and paper.lines[0].rest:
            text_code = "ledger.payment_unallocated"
        self._add(
            line.customer_id,
            TimelineKind.PAYMENT if is_payment else TimelineKind.DOCUMENT,
            text_code,
            self._at(paper.day, 6),
            object_id=line.document_id,
            facts={
                "document": paper.number,
                "amount": Money(abs(paper.amount), paper.client.currency).as_json(),
                "due": paper.lines[0].due.isoformat(),
            },
        )
        if is_payment and self.dice.random() < _NOTED:
            self._note(line, paper.day - timedelta(days=self.dice.randint(1, 6)))

    def _note(self, line: StoredLine, day: date) -> None:
        self._add(
            line.customer_id,
            TimelineKind.NOTE,
            "ledger.note_added",
            self._at(day, 10),
            author_id=self.made.staff.by_role["collector"].pk,
            words=self.dice.choice(NOTES[self.made.company.language]),
        )

    def _dispute(self, contest: Contest, dispute: Dispute) -> None:
        facts = {
            "number": dispute.number,
            "amount": Money(contest.amount, dispute.currency).as_json(),
            "document": contest.paper.number,
        }
        self._add(
            dispute.customer_id,
            TimelineKind.DISPUTE,
            "disputes.opened",
            self._at(contest.opened, 11),
            author_id=dispute.opened_by_id,
            words=dispute.reason,
            facts=facts,
            object_id=dispute.pk,
        )
        if contest.closed is not None:
            self._add(
                dispute.customer_id,
                TimelineKind.DISPUTE,
                f"disputes.closed_{contest.outcome}",
                self._at(contest.closed, 15),
                author_id=dispute.closed_by_id,
                facts=facts,
                object_id=dispute.pk,
            )

    def _add(
        self, customer_id: UUID, kind: TimelineKind, text_code: str, at: datetime, **more: Any
    ) -> None:
        row = {
            "id": uuid7(),
            "customer_id": customer_id,
            "kind": kind.value,
            "text_code": text_code,
            "at": at,
            "author_id": None,
            "words": "",
            "facts": {},
            "object_id": None,
        }
        self.rows.append({**row, **more})
