"""Made-up messages that a template is tried on when it is saved: one with everything, one with little."""

from datetime import date, timedelta
from decimal import Decimal

from dunning.rules.content import (
    Address,
    ContentLine,
    Creditor,
    Debtor,
    LineKind,
    Penalties,
    Recipient,
    Register,
    ReminderContent,
    Section,
    Sender,
    StepInfo,
    Totals,
)

_DAY = date(2026, 11, 19)


def sample_contents() -> tuple[ReminderContent, ReminderContent]:
    """Return a rich message and a bare one; people, firms and account are fictional."""
    return _rich(), _bare()


def sample_line(
    number: str,
    due_date: date,
    amount: str,
    *,
    original: str | None = None,
    disputed: str = "0",
    kind: LineKind = LineKind.INVOICE,
    section: Section = Section.LATE,
) -> ContentLine:
    """Return one line as of 19 November 2026, issued 50 days before it falls due."""
    return ContentLine(
        document_number=number,
        order_number="",
        issue_date=due_date - timedelta(days=50),
        due_date=due_date,
        days_late=(_DAY - due_date).days,
        original_amount=Decimal(original or amount),
        open_amount=Decimal(amount),
        disputed_amount=Decimal(disputed),
        kind=kind,
        section=section,
    )


def _rich() -> ReminderContent:
    return ReminderContent(
        reminder_id="01900000-0000-7000-8000-000000000001",
        language="fr",
        creditor=Creditor(
            tenant_name="Orvanne Industries",
            entity_code="ORV",
            entity_name="Orvanne Industries",
            address=Address(("12 quai des Exemples", "00000 Exempleville"), "FR"),
            legal_ids=(
                ("SIREN", "000 000 100"),
                ("TVA", "FR00 000000100"),
            ),
            iban="FR7630006000011234567890189",
            bic="",
        ),
        sender=Sender("Sacha Témoin", "sacha.temoin@orvanne.example", "02 00 00 01 00"),
        recipient=Recipient("", "comptabilite@bati-loire.example"),
        customer=Debtor(
            "C-10482",
            "Bâti-Loire SAS",
            Address(("4 rue du Modèle", "00000 Exempleville"), "FR"),
        ),
        currency="EUR",
        as_of_date=_DAY,
        lines=(
            sample_line("FA-2606-0218", date(2026, 7, 31), "31300.00"),
            sample_line("FA-2608-0620", date(2026, 9, 30), "46708.40"),
            sample_line("FA-2607-1204", date(2026, 9, 30), "24800.00", original="27300.00"),
            sample_line("FA-2609-0388", date(2026, 10, 31), "39400.00"),
            sample_line("FA-2609-0951", date(2026, 10, 31), "58212.35"),
            sample_line(
                "AV-2610-0031",
                date(2026, 10, 14),
                "-8950.00",
                kind=LineKind.CREDIT_NOTE,
                section=Section.CREDIT,
            ),
            sample_line(
                "FA-2607-0455",
                date(2026, 8, 31),
                "32450.00",
                disputed="32450.00",
                section=Section.DISPUTED,
            ),
            sample_line("FA-2610-0733", date(2026, 11, 30), "43800.00", section=Section.NOT_DUE),
            sample_line("FA-2610-1187", date(2026, 12, 31), "61020.00", section=Section.NOT_DUE),
            sample_line("FA-2611-0412", date(2026, 12, 31), "84120.00", section=Section.NOT_DUE),
        ),
        totals=Totals(
            due=Decimal("200420.75"),
            not_due=Decimal("188940.00"),
            disputed=Decimal("32450.00"),
            credits=Decimal("-8950.00"),
            net=Decimal("191470.75"),
        ),
        step=StepInfo(
            scenario_name="Standard",
            scenario_version=1,
            step_number=3,
            offset_days=10,
            level=2,
            register=Register.FIRM,
            has_statement=True,
            previous_message_date=date(2026, 10, 22),
        ),
        penalties=Penalties(
            is_claimed=True,
            interest=Decimal("2272.96"),
            fixed_indemnity=Decimal("200.00"),
            rates=((date(2026, 7, 1), Decimal("0.1240")),),
        ),
        portal_url="https://payer.orvanne.example/r/8F3K2Q",
        portal_valid_until=date(2026, 12, 19),
        payment_reference="C-10482 RELEVE 19/11/2026",
    )


def _bare() -> ReminderContent:
    return ReminderContent(
        reminder_id="01900000-0000-7000-8000-000000000002",
        language="en",
        creditor=Creditor("Orvanne", "ORV", "Orvanne", Address(), (), "", ""),
        sender=Sender("Sacha Témoin", "sacha.temoin@orvanne.example", ""),
        recipient=Recipient("", "ap@customer.example"),
        customer=Debtor("C-1", "Customer Ltd", Address()),
        currency="GBP",
        as_of_date=_DAY,
        lines=(sample_line("INV-1", date(2026, 11, 16), "120.00"),),
        totals=Totals(
            due=Decimal("120.00"),
            not_due=Decimal(0),
            disputed=Decimal(0),
            credits=Decimal(0),
            net=Decimal("120.00"),
        ),
        step=StepInfo("Standard", 1, 2, 3, 1, Register.COURTEOUS, has_statement=False),
        penalties=None,
        portal_url="",
        portal_valid_until=None,
        payment_reference="INV-1",
    )
