"""The ledger over HTTP: customers, documents, payments, allocations. Same services and queries as the pages."""

from decimal import Decimal
from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.idempotency import idempotent
from kernel.api import TenantViewSet
from kernel.money import Money
from ledger import permissions, services
from ledger.models import Allocation, Contact, Customer, Document, DocumentKind, DueLine, Entity
from ledger.queries.visible import documents_visible_to, lines_visible_to
from ledger.services.linked import settle_linked


class AmountField(serializers.DecimalField):
    """An amount as a string with two decimals, tax included."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=19, decimal_places=4, coerce_to_string=True, **options)

    def to_representation(self, value: Decimal) -> str:
        """Return the amount rounded to the cent, as the contract writes it."""
        return f"{value:.2f}"


class ContactSerializer(serializers.ModelSerializer[Contact]):
    """A person at the customer."""

    class Meta:
        model = Contact
        fields = ("id", "name", "email", "phone", "role", "language", "is_primary")
        read_only_fields = ("id",)


class CustomerSerializer(serializers.ModelSerializer[Customer]):
    """A customer with its owners by e-mail address."""

    group = serializers.SlugRelatedField[Any](slug_field="code", read_only=True)
    terms = serializers.SlugRelatedField[Any](slug_field="code", read_only=True)
    scope = serializers.CharField(source="portfolio.path", read_only=True)
    sales_rep = serializers.CharField(source="sales_rep.key", read_only=True, default=None)
    collector = serializers.CharField(source="collector.key", read_only=True, default=None)
    risk_owner = serializers.CharField(source="risk_owner.key", read_only=True, default=None)
    contacts = ContactSerializer(many=True, read_only=True)

    class Meta:
        model = Customer
        fields = (
            "id", "code", "name", "siren", "vat_number", "country", "language", "address", "group", "terms", "scope",
            "sales_rep", "collector", "risk_owner", "contacts", "created_at",
        )  # fmt: skip


class NewCustomerSerializer(serializers.Serializer[Any]):
    """What is needed to open a customer."""

    code = serializers.CharField(max_length=60)
    name = serializers.CharField(max_length=250)
    entity = serializers.CharField(max_length=40, help_text="code of the entity it is opened in")
    siren = serializers.CharField(max_length=20, required=False, default="", allow_blank=True)
    vat_number = serializers.CharField(max_length=20, required=False, default="", allow_blank=True)
    country = serializers.CharField(max_length=2, required=False, default="FR")
    language = serializers.ChoiceField(choices=["fr", "en"], required=False, default="fr")
    address = serializers.CharField(required=False, default="", allow_blank=True)


class DueLineSerializer(serializers.ModelSerializer[DueLine]):
    """An instalment: what it was, what it still owes."""

    amount = AmountField()
    open_amount = AmountField()

    class Meta:
        model = DueLine
        fields = (
            "id", "number", "due_date", "contractual_due_date", "is_estimated", "amount", "open_amount", "is_open",
            "cleared_date",
        )  # fmt: skip


class DocumentSerializer(serializers.ModelSerializer[Document]):
    """A document with its due lines; amounts are signed: what they add to the customer's debt."""

    entity = serializers.SlugRelatedField[Any](slug_field="code", read_only=True)
    customer = serializers.SlugRelatedField[Any](slug_field="code", read_only=True)
    amount = AmountField()
    amount_excl_tax = AmountField(allow_null=True)
    linked_document = serializers.CharField(
        source="linked_document.number", read_only=True, default=None
    )
    due_lines = DueLineSerializer(many=True, read_only=True)

    class Meta:
        model = Document
        fields = (
            "id", "entity", "customer", "kind", "number", "issue_date", "currency", "amount", "amount_excl_tax",
            "perimeter", "linked_document", "order_number", "due_lines",
        )  # fmt: skip


class NewLineSerializer(serializers.Serializer[Any]):
    """An instalment to be recorded."""

    due_date = serializers.DateField()
    amount = AmountField()


class NewDocumentSerializer(serializers.Serializer[Any]):
    """An invoice, a credit note or a payment to be recorded; `amount` without sign, the kind gives it."""

    entity = serializers.CharField(max_length=40)
    customer = serializers.CharField(max_length=60)
    kind = serializers.ChoiceField(choices=DocumentKind.choices)
    number = serializers.CharField(max_length=80)
    issue_date = serializers.DateField()
    amount = AmountField(min_value=Decimal("0.01"))
    amount_excl_tax = AmountField(required=False, allow_null=True, default=None)
    currency = serializers.CharField(max_length=3, required=False, default="")
    linked_document = serializers.CharField(
        max_length=80, required=False, default="", allow_blank=True
    )
    order_number = serializers.CharField(
        max_length=80, required=False, default="", allow_blank=True
    )
    due_lines = NewLineSerializer(many=True, required=False, default=list)


class AllocationSerializer(serializers.ModelSerializer[Allocation]):
    """What settled what, from which day; a negative amount reverses an earlier allocation."""

    debit = serializers.CharField(source="debit_line.document.number", read_only=True)
    credit = serializers.CharField(source="credit_line.document.number", read_only=True)
    customer = serializers.CharField(source="debit_line.customer.code", read_only=True)
    amount = AmountField()

    class Meta:
        model = Allocation
        fields = (
            "id",
            "customer",
            "debit",
            "credit",
            "debit_line",
            "credit_line",
            "amount",
            "effective_date",
            "reverses",
        )


class CustomerViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet):
    """Customers the token's owner may see."""

    serializer_class = CustomerSerializer
    lookup_field = "code"
    lookup_value_regex = "[^/]+"
    filter_backends = [DjangoFilterBackend]
    filterset_fields: ClassVar = {"country": ["exact"], "siren": ["exact"]}
    permissions_by_action: ClassVar = {
        "list": permissions.SEE_CUSTOMERS,
        "retrieve": permissions.SEE_CUSTOMERS,
        "create": permissions.EDIT_CUSTOMER,
    }

    def get_queryset(self) -> QuerySet[Customer]:
        """Return the visible customers with what the answer shows, in a fixed number of queries."""
        return (
            Customer.objects.visible_to(self.actor)
            .select_related("group", "terms", "portfolio", "sales_rep", "collector", "risk_owner")
            .prefetch_related("contacts")
        )

    @extend_schema(request=NewCustomerSerializer, responses={201: CustomerSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Open a customer."""
        given = NewCustomerSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        facts = dict(given.validated_data)
        entity = get_object_or_404(Entity, code=facts.pop("entity"))
        customer = services.open_customer(
            portfolio=entity.scope, actor=self.actor, today=self.today, **facts
        )
        return Response(CustomerSerializer(customer).data, status=201)


class DocumentFilter(django_filters.FilterSet):
    """How a list of documents can be narrowed."""

    customer = django_filters.CharFilter(field_name="customer__code")
    entity = django_filters.CharFilter(field_name="entity__code")
    issued_from = django_filters.DateFilter(field_name="issue_date", lookup_expr="gte")
    issued_until = django_filters.DateFilter(field_name="issue_date", lookup_expr="lte")
    is_open = django_filters.BooleanFilter(method="only_open")

    class Meta:
        model = Document
        fields = ("kind", "number", "currency")

    def only_open(
        self,
        documents: QuerySet[Document],
        name: str,
        value: bool,  # noqa: FBT001
    ) -> QuerySet[Document]:
        """Keep documents with an open line, or those without."""
        del name
        with_open = DueLine.objects.filter(is_open=True).values("document")
        return documents.filter(pk__in=with_open) if value else documents.exclude(pk__in=with_open)


class DocumentViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet):
    """Invoices, credit notes and payments of visible customers."""

    serializer_class = DocumentSerializer
    filter_backends = [DjangoFilterBackend]
    filterset_class = DocumentFilter
    permissions_by_action: ClassVar = {
        "list": permissions.SEE_CUSTOMERS,
        "retrieve": permissions.SEE_CUSTOMERS,
        "create": permissions.IMPORT_LEDGER,
    }

    def get_queryset(self) -> QuerySet[Document]:
        """Return the documents of visible customers."""
        return (
            documents_visible_to(self.actor)
            .select_related("entity", "customer", "linked_document")
            .prefetch_related("due_lines")
        )

    @extend_schema(request=NewDocumentSerializer, responses={201: DocumentSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Record a document; without due lines one is made from the customer's terms and marked estimated."""
        given = NewDocumentSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        document = services.record_document(
            self._facts(given.validated_data), actor=self.actor, today=self.today
        )
        settle_linked(document=document, actor=self.actor, today=self.today)
        return Response(
            DocumentSerializer(self.get_queryset().get(pk=document.pk)).data, status=201
        )

    def _facts(self, given: dict[str, Any]) -> services.NewDocument:
        """Return the document as the service takes it: rows are loaded here, never pointed to by an id alone."""
        facts = dict(given)
        entity = get_object_or_404(Entity, code=facts.pop("entity"))
        customer = get_object_or_404(
            Customer.objects.visible_to(self.actor), code=facts.pop("customer")
        )
        sign = 1 if facts["kind"] == DocumentKind.INVOICE else -1
        lines = tuple(
            services.NewLine(line["due_date"], sign * line["amount"])
            for line in facts.pop("due_lines")
        )
        linked = facts.pop("linked_document")
        linked_document = (
            get_object_or_404(
                Document, entity=entity, customer=customer, kind=DocumentKind.INVOICE, number=linked
            )
            if linked
            else None
        )
        amount = Money(sign * facts.pop("amount"), facts.pop("currency") or entity.currency)
        if facts["amount_excl_tax"] is not None:
            facts["amount_excl_tax"] *= sign
        return services.NewDocument(
            entity=entity,
            customer=customer,
            amount=amount,
            lines=lines,
            linked_document=linked_document,
            **facts,
        )


class PaymentViewSet(DocumentViewSet):
    """The payments among the documents."""

    def get_queryset(self) -> QuerySet[Document]:
        """Return the payments of visible customers."""
        return super().get_queryset().filter(kind=DocumentKind.PAYMENT)


class AllocationFilter(django_filters.FilterSet):
    """How a list of allocations can be narrowed."""

    customer = django_filters.CharFilter(field_name="debit_line__customer__code")
    effective_from = django_filters.DateFilter(field_name="effective_date", lookup_expr="gte")
    effective_until = django_filters.DateFilter(field_name="effective_date", lookup_expr="lte")

    class Meta:
        model = Allocation
        fields = ("debit_line", "credit_line")


class AllocationViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet):
    """What settled what. A machine reads it; applying cash is a person's act (row 23 of the matrix, S12)."""

    serializer_class = AllocationSerializer
    filter_backends = [DjangoFilterBackend]
    filterset_class = AllocationFilter
    permissions_by_action: ClassVar = {
        "list": permissions.SEE_CUSTOMERS,
        "retrieve": permissions.SEE_CUSTOMERS,
    }

    def get_queryset(self) -> QuerySet[Allocation]:
        """Return the allocations of visible customers."""
        return Allocation.objects.filter(
            debit_line__in=lines_visible_to(self.actor).order_by()
        ).select_related("debit_line__document", "debit_line__customer", "credit_line__document")
