"""Tables of what is owed. Amounts say what they add to the customer's debt: an invoice +, a credit note or payment −.

The unit of everything is the **due line**: an invoice has one for each instalment, a credit note or payment has one.
`DueLine` repeats the few columns of its document and customer by which open items are found, so that the questions
of every day are answered from one index (PERFORMANCE: partial covering index on open items).
"""

from typing import ClassVar, Self
from uuid import UUID

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Membership, Scope
from kernel.permissions import Actor, Reach
from kernel.tenancy import TenantForeignKey, TenantModel, TenantUnique
from ledger import permissions


class Entity(TenantModel):
    """A legal entity of the tenant: it issues the invoices and its bank account receives the money."""

    scope = TenantForeignKey(Scope, related_name="entities")
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    siren = models.CharField(max_length=9, blank=True)
    vat_number = models.CharField(max_length=20, blank=True)
    country = models.CharField(max_length=2, default="FR")
    currency = models.CharField(max_length=3, default="EUR")
    address = models.TextField(blank=True)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=30, blank=True)
    iban = models.CharField(max_length=34, blank=True)
    bic = models.CharField(max_length=11, blank=True)
    account_holder = models.CharField(max_length=70, blank=True)
    legal_footer = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("code",)
        verbose_name_plural = "entities"
        constraints: ClassVar = [
            TenantUnique(fields=["code"], name="entity_code_unique"),
            TenantUnique(fields=["scope"], name="entity_once_per_scope"),
        ]

    def __str__(self) -> str:
        return self.name


class TermsMethod(models.TextChoices):
    """How a due date is counted from the issue date (DOMAIN 4.1)."""

    NET = "net", _("Net days from the invoice")
    THEN_END_OF_MONTH = "then_end_of_month", _("Days, then end of month")
    END_OF_MONTH_THEN = "end_of_month_then", _("End of month, then days")
    PERIODIC = "periodic", _("Days from a periodic invoice")
    END_OF_TEN_DAYS = "end_of_ten_days", _("Days from the end of the ten-day period")


class PaymentTerms(TenantModel):
    """Terms of payment as data. Terms beyond the legal cap are stored as agreed and flagged."""

    code = models.CharField(max_length=40)
    label = models.CharField(max_length=120)
    method = models.CharField(max_length=20, choices=TermsMethod.choices, default=TermsMethod.NET)
    days = models.PositiveSmallIntegerField()
    day_of_month = models.PositiveSmallIntegerField(null=True, blank=True)
    is_illegal = models.BooleanField(default=False)
    legal_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("days", "code")
        verbose_name_plural = "payment terms"
        constraints: ClassVar = [TenantUnique(fields=["code"], name="payment_terms_code_unique")]

    def __str__(self) -> str:
        return self.label


class CustomerGroup(TenantModel):
    """A group of customers under one control: concentration and limits are read at this level."""

    code = models.CharField(max_length=40)
    name = models.CharField(max_length=200)

    class Meta:
        ordering = ("name",)
        constraints: ClassVar = [TenantUnique(fields=["code"], name="customer_group_code_unique")]

    def __str__(self) -> str:
        return self.name


class CustomerQuerySet(models.QuerySet["Customer"]):
    """Chainable filters of customers."""

    def visible_to(self, actor: Actor, permission: str = permissions.SEE_CUSTOMERS) -> Self:
        """Return the customers over which `actor` holds `permission`, through any of his grants.

        One of whom only some lines are entrusted to him is not among them: those lines are `lines_visible_to`.
        """
        condition = Q(pk__in=[])
        for held in actor.held(permission):
            condition |= within(held.scope_path) & owned(held.reach, actor.membership_id)
        return self.filter(condition)


def within(scope_path: str) -> Q:
    """Return the filter of customers whose portfolio lies at or below `scope_path`."""
    if scope_path == "/":
        return Q(code__isnull=False)
    return Q(portfolio__path__startswith=scope_path)


def owned(reach: Reach, membership_id: UUID | None) -> Q:
    """Return the filter that a reach puts on the customers of a scope."""
    mine = Q(sales_rep=membership_id) | Q(collector=membership_id) | Q(risk_owner=membership_id)
    if reach is Reach.OWN:
        return mine
    if reach is Reach.TEAM:
        people = Membership.objects.filter(manager=membership_id).values("pk")
        return mine | Q(sales_rep__in=people) | Q(collector__in=people) | Q(risk_owner__in=people)
    if reach is Reach.ASSIGNED:
        return Q(assignments__membership=membership_id, assignments__is_whole=True)
    if reach is Reach.COMPANY:
        return Q(pk__in=[])
    return Q(code__isnull=False)


class RiskClass(models.TextChoices):
    """How far a customer can be trusted, as the risk owner judges it."""

    A = "A", _("A, very good")
    B = "B", _("B, good")
    C = "C", _("C, weak")
    D = "D", _("D, poor")


class ReaderLanguage(models.TextChoices):
    """The languages customers read; messages come in French and English, the others a tenant writes itself."""

    FRENCH = "fr", _("French")
    ENGLISH = "en", _("English")
    GERMAN = "de", _("German")
    SPANISH = "es", _("Spanish")
    ITALIAN = "it", _("Italian")
    DUTCH = "nl", _("Dutch")


class Customer(TenantModel):
    """A company that owes the tenant money."""

    code = models.CharField(max_length=60)
    name = models.CharField(max_length=250)
    sort_name = models.CharField(
        max_length=250
    )  # casefolded, accents stripped: the wheel's PostgreSQL has no ICU
    siren = models.CharField(max_length=9, blank=True)
    vat_number = models.CharField(max_length=20, blank=True)
    country = models.CharField(max_length=2, default="FR")
    language = models.CharField(
        max_length=2, choices=ReaderLanguage.choices, default=ReaderLanguage.FRENCH
    )
    address = models.TextField(blank=True)
    group = TenantForeignKey(CustomerGroup, null=True, blank=True, related_name="customers")
    terms = TenantForeignKey(PaymentTerms, null=True, blank=True, related_name="+")
    portfolio = TenantForeignKey(
        Scope, related_name="+"
    )  # the node it is followed in: a portfolio, else an entity
    sales_rep = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    collector = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    risk_owner = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    is_vip = models.BooleanField(default=False)
    is_public_buyer = models.BooleanField(default=False)
    risk_class = models.CharField(
        max_length=1, choices=RiskClass.choices, blank=True, db_default=""
    )
    pays_by_direct_debit = models.BooleanField(default=False)
    payment_reference = models.CharField(max_length=25, blank=True)  # ISO 11649 creditor reference
    created_at = models.DateTimeField(auto_now_add=True)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        ordering = ("sort_name",)
        constraints: ClassVar = [TenantUnique(fields=["code"], name="customer_code_unique")]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "sort_name"], name="customer_by_name"),
            models.Index(fields=["tenant_id", "portfolio"], name="customer_by_portfolio"),
            models.Index(fields=["tenant_id", "collector"], name="customer_by_collector"),
            models.Index(fields=["tenant_id", "sales_rep"], name="customer_by_sales_rep"),
            models.Index(fields=["tenant_id", "siren"], name="customer_by_siren"),
        ]

    def __str__(self) -> str:
        return self.name


class CustomerAssignment(TenantModel):
    """A customer entrusted to somebody who sees only what he is assigned: an agency, a resolver."""

    customer = TenantForeignKey(Customer, related_name="assignments")
    membership = TenantForeignKey(Membership, related_name="+")
    is_whole = models.BooleanField(
        default=True, db_default=True
    )  # False: of this customer only the lines assigned, see LineAssignment
    assigned_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            TenantUnique(fields=["customer", "membership"], name="customer_assignment_once")
        ]


class ContactRole(models.TextChoices):
    """What a person at the customer is for (DOMAIN 5.2)."""

    ACCOUNTS_PAYABLE = "ap", _("Accounts payable")
    ACCOUNTS_PAYABLE_MANAGER = "ap_manager", _("Accounts payable manager")
    BUYER = "buyer", _("Buyer")
    EXECUTIVE = "executive", _("Executive")


class Contact(TenantModel):
    """A person at the customer."""

    customer = TenantForeignKey(Customer, related_name="contacts")
    name = models.CharField(max_length=150, blank=True)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    role = models.CharField(
        max_length=12, choices=ContactRole.choices, default=ContactRole.ACCOUNTS_PAYABLE
    )
    language = models.CharField(
        max_length=2, choices=ReaderLanguage.choices, blank=True
    )  # empty: the customer's
    is_primary = models.BooleanField(default=False)
    is_opted_out = models.BooleanField(default=False)
    is_undeliverable = models.BooleanField(default=False)

    class Meta:
        ordering = ("-is_primary", "name")
        constraints: ClassVar = [
            TenantUnique(
                fields=["customer", "email"], name="contact_email_once", condition=~Q(email="")
            ),
            TenantUnique(
                fields=["customer"], name="contact_one_primary", condition=Q(is_primary=True)
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "customer"], name="contact_by_customer")
        ]

    def __str__(self) -> str:
        return self.name or self.email


class DocumentKind(models.TextChoices):
    """What a document does to the debt."""

    INVOICE = "invoice", _("Invoice")
    CREDIT_NOTE = "credit_note", _("Credit note")
    PAYMENT = "payment", _("Payment")


class Perimeter(models.TextChoices):
    """Which receivables a figure counts (DOMAIN 3.0)."""

    OPERATIONAL = "operational", _("Trade receivables and bills (411, 413)")
    DOUBTFUL = "doubtful", _("Doubtful (416)")
    ACCRUAL = "accrual", _("Not yet invoiced (418)")
    DEPOSIT = "deposit", _("Deposits (4191)")


class BatchState(models.TextChoices):
    """Where an import stands. Only `applied` has changed the ledger."""

    RECEIVED = "received", _("Received")
    READING = "reading", _("Being read")
    MAPPING_NEEDED = "mapping_needed", _("Columns to be named")
    STAGED = "staged", _("Checked, waiting for the go-ahead")
    APPLYING = "applying", _("Being written")
    APPLIED = "applied", _("Written")
    REFUSED = "refused", _("Refused")
    UNDONE = "undone", _("Undone")


class ImportBatch(TenantModel):
    """One file taken in, or a compensating batch that undoes another."""

    kind = models.CharField(max_length=20)
    state = models.CharField(max_length=14, choices=BatchState.choices, default=BatchState.RECEIVED)
    file_name = models.CharField(max_length=250)
    file_digest = models.CharField(max_length=64)  # SHA-256 of the bytes
    file_size = models.BigIntegerField(default=0)  # bytes
    file_date = (
        models.DateField()
    )  # the day the file describes: what it says is still owed is owed on that day
    is_full = models.BooleanField(default=False)
    entity = TenantForeignKey(Entity, null=True, blank=True, related_name="+")
    encoding = models.CharField(max_length=20, blank=True)
    separator = models.CharField(max_length=3, blank=True)
    mapping = models.JSONField(default=dict)
    rows = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)  # for the live bar
    accepted = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)  # created, updated, unchanged: each per object name
    control_totals = models.JSONField(default=dict)
    problems = models.JSONField(
        default=list
    )  # the first thousand; all of them are on the staged rows
    refusal = models.JSONField(null=True, blank=True)
    imported_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    undoes = TenantForeignKey("self", null=True, blank=True, related_name="undone_by")
    created_at = models.DateTimeField(auto_now_add=True)
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)
        constraints: ClassVar = [
            TenantUnique(
                fields=["file_digest"],
                name="import_batch_file_once",
                condition=Q(state__in=[BatchState.APPLIED, BatchState.APPLYING], undoes=None),
            ),
        ]

    def __str__(self) -> str:
        return self.file_name


class StagedRow(TenantModel):
    """A row of a file as it was read, with what is wrong with it; kept until the batch is written or dropped."""

    batch = TenantForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="staged_rows")
    row = models.PositiveIntegerField()
    raw = models.JSONField(default=dict)
    facts = models.JSONField(default=dict)
    problems = models.JSONField(default=list)
    is_accepted = models.BooleanField(default=True)

    class Meta:
        ordering = ("row",)
        constraints: ClassVar = [TenantUnique(fields=["batch", "row"], name="staged_row_once")]


class ColumnMapping(TenantModel):
    """What a tenant once said about the columns of a file, found again by the file's headers."""

    kind = models.CharField(max_length=20)
    header_digest = models.CharField(max_length=64)
    columns = models.JSONField(default=dict)
    date_order = models.CharField(
        max_length=3, blank=True
    )  # dmy, mdy or ymd; empty: recognised per file
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [
            TenantUnique(fields=["kind", "header_digest"], name="column_mapping_once")
        ]


class Document(TenantModel):
    """An invoice, a credit note or a payment, as issued. Never edited by us: what changes is allocated or reversed."""

    entity = TenantForeignKey(Entity, related_name="+")
    customer = TenantForeignKey(Customer, related_name="documents")
    kind = models.CharField(max_length=12, choices=DocumentKind.choices)
    number = models.CharField(max_length=80)
    issue_date = models.DateField()
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=19, decimal_places=4)  # gross, signed
    amount_excl_tax = models.DecimalField(null=True, blank=True, max_digits=19, decimal_places=4)
    original_amount = models.DecimalField(
        null=True, blank=True, max_digits=19, decimal_places=4
    )  # in the currency of the invoice itself,
    original_currency = models.CharField(
        max_length=3, blank=True
    )  # where books are kept in another (FEC)
    perimeter = models.CharField(
        max_length=12, choices=Perimeter.choices, default=Perimeter.OPERATIONAL
    )
    is_opening = models.BooleanField(default=False)  # brought forward: not a sale of the period
    linked_document = TenantForeignKey("self", null=True, blank=True, related_name="linked_by")
    linked_number = models.CharField(
        max_length=80, blank=True, default="", db_default=""
    )  # as a file named it: the invoice may come in later
    order_number = models.CharField(max_length=80, blank=True)
    label = models.CharField(max_length=250, blank=True)
    batch = TenantForeignKey(ImportBatch, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-issue_date", "number")
        constraints: ClassVar = [
            TenantUnique(
                fields=["entity", "customer", "kind", "number"], name="document_number_unique"
            ),
            models.CheckConstraint(
                condition=~Q(kind=DocumentKind.CREDIT_NOTE) | Q(amount__lte=0),
                name="document_credit_note_is_negative",
            ),
            models.CheckConstraint(
                condition=~Q(kind=DocumentKind.INVOICE) | Q(amount__gte=0),
                name="document_invoice_is_positive",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["tenant_id", "customer", "issue_date"], name="document_by_customer"
            ),
            models.Index(fields=["tenant_id", "number"], name="document_by_number"),
            models.Index(
                fields=["tenant_id", "issue_date"],
                name="document_sales",
                condition=Q(kind__in=["invoice", "credit_note"]),
                include=[
                    "amount",
                    "currency",
                    "kind",
                    "customer",
                    "entity",
                    "perimeter",
                    "is_opening",
                    "linked_document",
                ],
            ),
            models.Index(fields=["tenant_id", "batch"], name="document_by_batch"),
            models.Index(
                fields=["tenant_id", "linked_document"],
                name="document_by_link",
                condition=Q(linked_document__isnull=False),
            ),
            models.Index(
                fields=["tenant_id", "customer", "linked_number"],
                name="document_waiting_for_link",
                condition=Q(linked_document__isnull=True) & ~Q(linked_number=""),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class DocumentFileKind(models.TextChoices):
    """What a file of a document is."""

    COPY = "copy", pgettext_lazy("file", "Copy of the document")
    PROOF = "proof", pgettext_lazy("file", "Proof of delivery")
    OTHER = "other", pgettext_lazy("file", "Other")


class StoredContent(TenantModel):
    """Bytes, kept once however many documents they belong to, and away from the rows that lists read."""

    digest = models.CharField(max_length=64)  # SHA-256
    content = models.BinaryField()

    class Meta:
        constraints: ClassVar = [TenantUnique(fields=["digest"], name="stored_content_once")]


class DocumentFileQuerySet(models.QuerySet["DocumentFile"]):
    """Chainable filters of files."""

    def present(self) -> Self:
        """Return those that were not removed."""
        return self.filter(removed_at=None)


class DocumentFile(TenantModel):
    """A file of an invoice or a credit note. Once removed its bytes are gone; who, when and why stay."""

    document = TenantForeignKey(Document, related_name="files")
    kind = models.CharField(
        max_length=5, choices=DocumentFileKind.choices, default=DocumentFileKind.COPY
    )
    name = models.CharField(max_length=150)
    media_type = models.CharField(max_length=40)  # by its bytes, not by its name
    size = models.PositiveIntegerField()  # bytes
    digest = models.CharField(max_length=64)  # SHA-256
    stored = TenantForeignKey(StoredContent, null=True, blank=True, related_name="files")
    added_at = models.DateTimeField()
    added_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_by = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    removed_reason = models.CharField(max_length=250, blank=True)

    objects = DocumentFileQuerySet.as_manager()

    class Meta:
        ordering = ("kind", "added_at")
        constraints: ClassVar = [
            TenantUnique(
                fields=["document", "digest"],
                name="document_file_once",
                condition=Q(removed_at=None),
            ),
            models.CheckConstraint(
                condition=Q(removed_at=None, stored__isnull=False, removed_reason="")
                | (Q(removed_at__isnull=False, stored=None) & ~Q(removed_reason="")),
                name="document_file_removed_is_empty",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "document"], name="document_file_by_document"),
            models.Index(
                fields=["tenant_id", "stored"],
                name="document_file_by_content",
                condition=Q(removed_at=None),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class TaxShare(TenantModel):
    """The part of a document under one VAT rate: a receipt must later be split by rate (DOMAIN 4.6, status 212)."""

    document = TenantForeignKey(Document, on_delete=models.CASCADE, related_name="tax_shares")
    rate = models.DecimalField(max_digits=6, decimal_places=4)  # a fraction: 0.2000
    amount_excl_tax = models.DecimalField(max_digits=19, decimal_places=4)
    tax = models.DecimalField(max_digits=19, decimal_places=4)

    class Meta:
        constraints: ClassVar = [
            TenantUnique(fields=["document", "rate"], name="tax_share_once_per_rate")
        ]


class DueLine(TenantModel):
    """One instalment of an invoice, or the single line of a credit note or payment.

    `open_amount` is what is open today and follows from the allocations; any other day is computed from them.
    `due_date` is the date agreed now, `contractual_due_date` the one first agreed: a re-dated line keeps both.
    """

    document = TenantForeignKey(Document, related_name="due_lines")
    number = models.PositiveSmallIntegerField(default=1)
    due_date = models.DateField()
    contractual_due_date = models.DateField()
    is_estimated = models.BooleanField(default=False)
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    open_amount = models.DecimalField(max_digits=19, decimal_places=4)
    is_open = models.BooleanField(default=True)
    cleared_date = models.DateField(null=True, blank=True)  # the day it reached 0
    redated_reason = models.CharField(max_length=200, blank=True)
    entity = TenantForeignKey(Entity, related_name="+")
    customer = TenantForeignKey(Customer, related_name="due_lines")
    kind = models.CharField(max_length=12, choices=DocumentKind.choices)
    issue_date = models.DateField()
    currency = models.CharField(max_length=3)
    perimeter = models.CharField(
        max_length=12, choices=Perimeter.choices, default=Perimeter.OPERATIONAL
    )

    class Meta:
        ordering = ("due_date", "number")
        constraints: ClassVar = [
            TenantUnique(fields=["document", "number"], name="due_line_number_unique"),
            models.CheckConstraint(
                condition=Q(amount__gte=0, open_amount__gte=0, open_amount__lte=F("amount"))
                | Q(amount__lte=0, open_amount__lte=0, open_amount__gte=F("amount")),
                name="due_line_open_within_amount",
            ),
            models.CheckConstraint(
                condition=Q(is_open=True) ^ Q(open_amount=0), name="due_line_is_open_matches"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["tenant_id", "customer"],
                name="due_line_open_by_customer",
                condition=Q(is_open=True),
                include=[
                    "id",
                    "document",
                    "entity",
                    "kind",
                    "currency",
                    "perimeter",
                    "issue_date",
                    "due_date",
                    "amount",
                    "open_amount",
                ],
            ),
            models.Index(
                fields=["tenant_id", "due_date"],
                name="due_line_open_by_date",
                condition=Q(is_open=True),
            ),
            models.Index(fields=["tenant_id", "customer", "due_date"], name="due_line_by_customer"),
            models.Index(
                fields=["tenant_id", "cleared_date"],
                name="due_line_by_cleared_date",
                condition=Q(kind=DocumentKind.INVOICE),
            ),
        ]


class LineAssignment(TenantModel):
    """A line entrusted to somebody who sees no more of its customer: an agency."""

    due_line = TenantForeignKey(DueLine, related_name="assignments")
    membership = TenantForeignKey(Membership, related_name="+")

    class Meta:
        constraints: ClassVar = [
            TenantUnique(fields=["membership", "due_line"], name="line_assignment_once")
        ]


class Allocation(TenantModel):
    """Money or credit that settles part of a due line, on a day. A mistake is reversed by a row of its own.

    `amount` is positive for an allocation and negative for the reversal of one. The effective date is the later of
    the two documents' dates; a reversal has the day it was decided.
    """

    debit_line = TenantForeignKey(DueLine, related_name="credits")
    credit_line = TenantForeignKey(DueLine, related_name="debits")
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    effective_date = models.DateField()
    reverses = TenantForeignKey("self", null=True, blank=True, related_name="reversed_by")
    batch = TenantForeignKey(ImportBatch, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("effective_date", "created_at")
        constraints: ClassVar = [
            TenantUnique(
                fields=["reverses"],
                name="allocation_reversed_once",
                condition=Q(reverses__isnull=False),
            ),
            models.CheckConstraint(
                condition=Q(reverses=None, amount__gt=0) | Q(reverses__isnull=False, amount__lt=0),
                name="allocation_sign",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["tenant_id", "debit_line", "effective_date"],
                name="allocation_by_debit",
                include=["amount"],
            ),
            models.Index(
                fields=["tenant_id", "credit_line", "effective_date"],
                name="allocation_by_credit",
                include=["amount"],
            ),
            models.Index(
                fields=["tenant_id", "effective_date"],
                name="allocation_by_date",
                include=["debit_line", "credit_line", "amount"],
            ),
            models.Index(fields=["tenant_id", "batch"], name="allocation_by_batch"),
        ]


class ExchangeRate(TenantModel):
    """What one unit of a currency is worth in the tenant's currency from a day on, until the next rate."""

    currency = models.CharField(max_length=3)
    valid_from = models.DateField()
    rate = models.DecimalField(max_digits=18, decimal_places=8)
    source = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering = ("currency", "-valid_from")
        constraints: ClassVar = [
            TenantUnique(fields=["currency", "valid_from"], name="exchange_rate_once_per_day"),
            models.CheckConstraint(condition=Q(rate__gt=0), name="exchange_rate_positive"),
        ]


class TimelineKind(models.TextChoices):
    """What an entry of a customer's history tells."""

    DOCUMENT = "document", _("Document")
    PAYMENT = "payment", _("Payment")
    IMPORT = "import", _("Import")
    REMINDER = "reminder", _("Reminder")
    CALL = "call", _("Call")
    DISPUTE = "dispute", _("Dispute")
    NOTE = "note", _("Note")
    CHANGE = "change", pgettext_lazy("event", "Change")


class TimelineEntry(TenantModel):
    """Something that happened with a customer; entries are added, never edited (R64)."""

    customer = TenantForeignKey(Customer, related_name="timeline")
    kind = models.CharField(max_length=10, choices=TimelineKind.choices)
    at = models.DateTimeField()
    author = TenantForeignKey(Membership, null=True, blank=True, related_name="+")
    text_code = models.CharField(
        max_length=60
    )  # which sentence; its facts are filled in the reader's language
    facts = models.JSONField(default=dict)
    words = models.TextField(blank=True)  # quoted as they were said
    object_id = models.UUIDField(null=True, blank=True)

    class Meta:
        ordering = ("-at",)
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "customer", "-at"], name="timeline_by_customer")
        ]

    @property
    def open_words(self) -> str:
        """Return the words, unless they are a sensitive comment: those are read on their own page, and audited."""
        return "" if self.facts.get("is_sensitive") else self.words


class OrderStage(models.TextChoices):
    """How far an order has come."""

    QUOTE = "quote", pgettext_lazy("order", "Quote")
    ORDER = "order", pgettext_lazy("order", "Ordered")
    DELIVERED = "delivered", pgettext_lazy("order", "Delivered")
    INVOICED = "invoiced", pgettext_lazy("order", "Invoiced")
    CANCELLED = "cancelled", pgettext_lazy("order", "Cancelled")


class Order(TenantModel):
    """An order as the sales system tells it, as it is now. Amounts are tax included, zero or above."""

    entity = TenantForeignKey(Entity, related_name="+")
    customer = TenantForeignKey(Customer, related_name="orders")
    number = models.CharField(max_length=80)
    order_date = models.DateField()
    currency = models.CharField(max_length=3)
    ordered_amount = models.DecimalField(max_digits=19, decimal_places=4)
    delivered_amount = models.DecimalField(default=0, max_digits=19, decimal_places=4)
    invoiced_amount = models.DecimalField(default=0, max_digits=19, decimal_places=4)
    stage = models.CharField(max_length=9, choices=OrderStage.choices)
    expected_delivery_date = models.DateField(null=True, blank=True)
    expected_invoice_date = models.DateField(null=True, blank=True)
    as_of_date = models.DateField()  # the day since which it is so
    changed_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-order_date", "number")
        constraints: ClassVar = [
            TenantUnique(fields=["entity", "number"], name="order_number_unique"),
            models.CheckConstraint(
                condition=Q(ordered_amount__gte=0, delivered_amount__gte=0, invoiced_amount__gte=0),
                name="order_amounts_positive",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "customer"], name="order_by_customer"),
            models.Index(fields=["tenant_id", "changed_at"], name="order_by_change"),
        ]

    def __str__(self) -> str:
        return self.number


class OrderState(TenantModel):
    """How an order stood from a day on: what makes the exposure of any day. One row for each day it changed."""

    order = TenantForeignKey(Order, on_delete=models.CASCADE, related_name="states")
    customer = TenantForeignKey(Customer, related_name="+")
    entity = TenantForeignKey(Entity, related_name="+")
    from_date = models.DateField()
    currency = models.CharField(max_length=3)
    ordered_amount = models.DecimalField(max_digits=19, decimal_places=4)
    delivered_amount = models.DecimalField(max_digits=19, decimal_places=4)
    invoiced_amount = models.DecimalField(max_digits=19, decimal_places=4)
    stage = models.CharField(max_length=9, choices=OrderStage.choices)

    class Meta:
        ordering = ("order", "from_date")
        constraints: ClassVar = [
            TenantUnique(fields=["order", "from_date"], name="order_state_once_a_day")
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["tenant_id", "customer", "order", "-from_date"],
                name="order_state_by_customer",
            )
        ]

    def __str__(self) -> str:
        return f"{self.from_date} {self.stage}"
