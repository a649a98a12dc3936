"""`POST /api/v1/credit-checks`: may this order go on? Yes, no or review, with the rule and the headroom left."""

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
from credit.models import CheckOrigin, CreditCheck
from credit.order_check_words import sentence
from credit.permissions import PUT_ON_HOLD, SEE_OPINIONS
from credit.services.order_checks import Asked, check_order
from kernel.api import READING, TenantViewSet
from kernel.http import ASKING
from kernel.money import Money
from kernel.permissions import Verb
from ledger.models import Customer, Entity, OrderStage


class CheckAmountField(serializers.DecimalField):
    """An amount as a string with two decimals, tax included."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=19, decimal_places=2, coerce_to_string=True, **options)


class NewCreditCheckSerializer(serializers.Serializer[Any]):
    """An order to be checked: the whole of it, tax included."""

    order_number = serializers.CharField(max_length=80)
    customer = serializers.CharField(max_length=60)
    entity = serializers.CharField(max_length=40)
    amount = CheckAmountField(min_value=Decimal(0))
    currency = serializers.CharField(max_length=3, required=False, default="")
    stage = serializers.ChoiceField(choices=OrderStage.choices)


class CreditCheckSerializer(serializers.ModelSerializer[CreditCheck]):
    """What an order was answered."""

    customer = serializers.SlugRelatedField[Any](slug_field="code", read_only=True)
    entity = serializers.SlugRelatedField[Any](slug_field="code", read_only=True)
    amount = CheckAmountField()
    exposure = CheckAmountField(allow_null=True)
    headroom = CheckAmountField(allow_null=True)
    limit = CheckAmountField(source="limit_amount", allow_null=True)
    reason = serializers.SerializerMethodField()
    articles = serializers.SerializerMethodField()
    not_judged = serializers.SerializerMethodField()
    policy = serializers.SerializerMethodField()

    class Meta:
        model = CreditCheck
        fields = (
            "id", "order_number", "customer", "entity", "stage", "amount", "currency", "answer", "rule", "reason",
            "articles", "not_judged", "exposure", "headroom", "limit", "limit_currency", "limit_origin", "policy",
            "checked_at",
        )  # fmt: skip

    def get_reason(self, check: CreditCheck) -> str:
        """Return the rule in words, with its figures and the way out."""
        return sentence(check)

    def get_articles(self, check: CreditCheck) -> list[int]:
        """Return the numbers of the charter's articles that decided."""
        return list(check.facts.get("articles", []))

    def get_not_judged(self, check: CreditCheck) -> list[int]:
        """Return the numbers of the articles for which a fact was missing."""
        return list(check.facts.get("not_judged", []))

    def get_policy(self, check: CreditCheck) -> dict[str, str]:
        """Return at which stage orders are checked, and where that was chosen: entity, tenant or default."""
        return dict(check.facts.get("policy", {}))


class CreditCheckFilter(django_filters.FilterSet):
    """How a list of checks can be narrowed."""

    customer = django_filters.CharFilter(field_name="customer__code")

    class Meta:
        model = CreditCheck
        fields = ("order_number", "answer")


class CreditCheckViewSet(mixins.ListModelMixin, TenantViewSet):
    """Checks of orders. A machine asks; it may cause a hold, and never ends one (S12)."""

    serializer_class = CreditCheckSerializer
    filter_backends = [DjangoFilterBackend]
    filterset_class = CreditCheckFilter
    permissions_by_action: ClassVar = {"list": SEE_OPINIONS, "create": PUT_ON_HOLD}

    def needed(self, method: str | None) -> tuple[str, tuple[Verb, ...]]:
        """Let a program ask: what it causes is a hold by the policy that two people decided."""
        permission, verbs = super().needed(method)
        return permission, verbs if method in READING else ASKING

    def get_queryset(self) -> QuerySet[CreditCheck]:
        """Return the checks about visible customers."""
        seen = Customer.objects.visible_to(self.actor, SEE_OPINIONS)
        return CreditCheck.objects.filter(customer__in=seen).select_related("customer", "entity")

    @extend_schema(request=NewCreditCheckSerializer, responses={201: CreditCheckSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Check an order at the stage it has reached."""
        given = NewCreditCheckSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        facts = given.validated_data
        entity = get_object_or_404(Entity, code=facts["entity"])
        customer = get_object_or_404(
            Customer.objects.visible_to(self.actor, PUT_ON_HOLD), code=facts["customer"]
        )
        check = check_order(
            Asked(
                entity,
                customer,
                facts["order_number"].strip(),
                Money(facts["amount"], facts["currency"] or entity.currency),
                OrderStage(facts["stage"]),
            ),
            origin=CheckOrigin.API,
            actor=self.actor,
            now=self.now,
            today=self.today,
        )
        return Response(CreditCheckSerializer(check).data, status=201)
