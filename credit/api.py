"""Requests for credit over HTTP: a program asks and reads; deciding is a person's act (matrix row 11, S12)."""

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
from accounts.models import Scope
from credit.models import CreditRequest, RequestKind, RequestStep
from credit.permissions import PROPOSE_LIMIT, SEE_OPINIONS
from credit.queries.scores import grade_on
from credit.services import requests as services
from kernel.api import READING, TenantViewSet
from kernel.http import ASKING
from kernel.permissions import Verb
from ledger.models import Customer, Entity, PaymentTerms


class AmountField(serializers.DecimalField):
    """An amount as a string with two decimals, tax included."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=19, decimal_places=2, coerce_to_string=True, **options)


class CreditStepSerializer(serializers.ModelSerializer[RequestStep]):
    """A step of a request: who has it, and when it was ended. What was advised is an opinion, and not here."""

    person = serializers.CharField(source="person.key", read_only=True, default=None)
    done_by = serializers.CharField(source="done_by.key", read_only=True, default=None)

    class Meta:
        model = RequestStep
        fields = ("number", "kind", "role", "person", "state", "outcome", "due_at", "done_at", "done_by")  # fmt: skip


class CreditRequestSerializer(serializers.ModelSerializer[CreditRequest]):
    """A request for credit, its steps and its decision."""

    customer = serializers.SlugRelatedField[Any](slug_field="code", read_only=True)
    entity = serializers.SlugRelatedField[Any](slug_field="code", read_only=True)
    asked_terms = serializers.SlugRelatedField[Any](slug_field="code", read_only=True)
    granted_terms = serializers.SlugRelatedField[Any](slug_field="code", read_only=True)
    requested_by = serializers.CharField(source="requested_by.key", read_only=True, default=None)
    decided_by = serializers.CharField(source="decided_by.key", read_only=True, default=None)
    follows = serializers.SlugRelatedField[Any](slug_field="number", read_only=True)
    asked_amount = AmountField()
    granted_amount = AmountField(allow_null=True)
    steps = CreditStepSerializer(many=True, read_only=True)

    class Meta:
        model = CreditRequest
        fields = (
            "number", "kind", "state", "customer", "name", "siren", "vat_number", "country", "entity", "currency",
            "asked_amount", "asked_terms", "asked_until", "requested_by", "submitted_at", "decide_before", "decision",
            "decided_by", "decided_at", "granted_amount", "granted_terms", "granted_until", "review_date", "conditions",
            "reason", "follows", "steps",
        )  # fmt: skip


class NewCreditRequestSerializer(serializers.Serializer[Any]):
    """What a program asks for; a customer by his code, else the company's identity and a portfolio."""

    kind = serializers.ChoiceField(
        choices=[one for one in RequestKind.choices if one[0] != RequestKind.REVIEW]
    )
    customer = serializers.CharField(required=False, default="")
    name = serializers.CharField(required=False, default="", max_length=250)
    siren = serializers.CharField(required=False, default="", allow_blank=True, max_length=20)
    vat_number = serializers.CharField(required=False, default="", allow_blank=True, max_length=24)
    country = serializers.RegexField(r"^[A-Z]{2}$", required=False, default="FR")
    address = serializers.CharField(required=False, default="", allow_blank=True, max_length=500)
    scope = serializers.CharField(required=False, default="", max_length=250)
    entity = serializers.CharField(required=False, default="", max_length=40)
    amount = AmountField(min_value=0)
    currency = serializers.RegexField(r"^[A-Z]{3}$", required=False, default="EUR")
    terms = serializers.CharField(required=False, default="", allow_blank=True, max_length=40)
    until = serializers.DateField(required=False, default=None, allow_null=True)
    expected_sales = AmountField(required=False, default=None, allow_null=True, min_value=0)
    words = serializers.CharField(max_length=4000)
    accepts_known = serializers.BooleanField(required=False, default=False)


class CreditRequestFilter(django_filters.FilterSet):
    """How a list of requests can be narrowed."""

    customer = django_filters.CharFilter(field_name="customer__code")

    class Meta:
        model = CreditRequest
        fields = ("state", "kind", "siren")


class CreditRequestViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet):
    """Requests for credit that the token's owner sees."""

    serializer_class = CreditRequestSerializer
    lookup_field = "number"
    filter_backends = [DjangoFilterBackend]
    filterset_class = CreditRequestFilter
    permissions_by_action: ClassVar = {
        "list": PROPOSE_LIMIT,
        "retrieve": PROPOSE_LIMIT,
        "create": PROPOSE_LIMIT,
    }

    def needed(self, method: str | None) -> tuple[str, tuple[Verb, ...]]:
        """Let a program propose: what it asks for takes effect by a person's decision alone."""
        permission, verbs = super().needed(method)
        return permission, verbs if method in READING else ASKING

    def get_queryset(self) -> QuerySet[CreditRequest]:
        """Return the requests that the owner sees, in a fixed number of queries."""
        return (
            CreditRequest.objects.visible_to(self.actor, PROPOSE_LIMIT, SEE_OPINIONS)
            .select_related(
                "customer", "entity", "asked_terms", "granted_terms", "requested_by", "decided_by", "follows"
            )
            .prefetch_related("steps__person", "steps__done_by")
        )  # fmt: skip

    @extend_schema(request=NewCreditRequestSerializer, responses={201: CreditRequestSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Ask for credit and send the request into its circuit."""
        given = NewCreditRequestSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        typed = given.validated_data
        made = services.draft(
            self._ask(typed),
            actor=self.actor,
            now=self.now,
            today=self.today,
            origin="api",
            accepts_known=typed["accepts_known"],
        )
        services.submit(request=made, actor=self.actor, now=self.now, today=self.today)
        found = self.get_queryset().get(pk=made.pk)
        return Response(CreditRequestSerializer(found).data, status=201)

    def _ask(self, typed: dict[str, Any]) -> services.Ask:
        """Return what is asked for: rows are loaded here, never pointed to by an id alone."""
        customer = None
        if typed["customer"]:
            seen = Customer.objects.visible_to(self.actor, PROPOSE_LIMIT)
            customer = get_object_or_404(
                seen.select_related("portfolio", "group"), code=typed["customer"]
            )
        entities = Entity.objects.select_related("scope")
        entity = (
            get_object_or_404(entities, code=typed["entity"])
            if typed["entity"]
            else services.entity_of(customer.portfolio)
            if customer
            else get_object_or_404(entities)
        )
        scope = customer.portfolio if customer else entity.scope
        if typed["scope"] and customer is None:
            scope = get_object_or_404(Scope, path=typed["scope"])
        return services.Ask(
            kind=typed["kind"],
            customer=customer,
            entity=entity,
            portfolio=scope,
            name=typed["name"],
            siren=typed["siren"],
            vat_number=typed["vat_number"],
            country=typed["country"],
            address=typed["address"],
            asked_amount=typed["amount"],
            currency=typed["currency"],
            asked_terms=get_object_or_404(PaymentTerms, code=typed["terms"])
            if typed["terms"]
            else None,
            asked_until=typed["until"],
            expected_sales=typed["expected_sales"],
            words=typed["words"],
            grade=(grade_on(customer, self.today) or "") if customer else "",
        )
