"""Orders over HTTP: the sales system says how each stands, as often as it likes."""

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
from ledger import permissions
from ledger.models import Customer, Entity, Order, OrderStage
from ledger.rules.orders import Stage, Standing
from ledger.services.orders import NewOrder, take_in_order


class OrderAmountField(serializers.DecimalField):
    """An amount as a string with two decimals, tax included."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=19, decimal_places=2, coerce_to_string=True, **options)


class OrderSerializer(serializers.ModelSerializer[Order]):
    """An order as it stands, with what of it is still to come and what waits for its invoice."""

    entity = serializers.SlugRelatedField[Any](slug_field="code", read_only=True)
    customer = serializers.SlugRelatedField[Any](slug_field="code", read_only=True)
    ordered_amount = OrderAmountField()
    delivered_amount = OrderAmountField()
    invoiced_amount = OrderAmountField()
    on_order = serializers.SerializerMethodField()
    delivered_not_invoiced = serializers.SerializerMethodField()

    class Meta:
        model = Order
        fields = (
            "number", "entity", "customer", "order_date", "currency", "ordered_amount", "delivered_amount",
            "invoiced_amount", "stage", "expected_delivery_date", "expected_invoice_date", "as_of_date", "on_order",
            "delivered_not_invoiced",
        )  # fmt: skip

    def get_on_order(self, order: Order) -> str:
        """Return what is neither delivered nor invoiced yet."""
        return f"{standing_of(order).on_order:.2f}"

    def get_delivered_not_invoiced(self, order: Order) -> str:
        """Return what was delivered and waits for its invoice."""
        return f"{standing_of(order).delivered_not_invoiced:.2f}"


def standing_of(order: Order) -> Standing:
    """Return how an order stands, as the value the rules work on."""
    return Standing(
        Stage(order.stage), order.ordered_amount, order.delivered_amount, order.invoiced_amount
    )


class NewOrderSerializer(serializers.Serializer[Any]):
    """How an order stands; without delivered and invoiced amounts the stage says them."""

    number = serializers.CharField(max_length=80)
    entity = serializers.CharField(max_length=40)
    customer = serializers.CharField(max_length=60)
    order_date = serializers.DateField()
    currency = serializers.CharField(max_length=3, required=False, default="")
    ordered_amount = OrderAmountField(min_value=Decimal(0))
    delivered_amount = OrderAmountField(
        required=False, default=None, allow_null=True, min_value=Decimal(0)
    )
    invoiced_amount = OrderAmountField(
        required=False, default=None, allow_null=True, min_value=Decimal(0)
    )
    stage = serializers.ChoiceField(choices=OrderStage.choices)
    expected_delivery_date = serializers.DateField(required=False, default=None, allow_null=True)
    expected_invoice_date = serializers.DateField(required=False, default=None, allow_null=True)
    as_of_date = serializers.DateField(
        required=False, default=None, allow_null=True, help_text="today when left out"
    )


class OrderFilter(django_filters.FilterSet):
    """How a list of orders can be narrowed."""

    customer = django_filters.CharFilter(field_name="customer__code")
    entity = django_filters.CharFilter(field_name="entity__code")

    class Meta:
        model = Order
        fields = ("number", "stage", "currency")


class OrderViewSet(mixins.ListModelMixin, TenantViewSet):
    """Orders of visible customers."""

    serializer_class = OrderSerializer
    filter_backends = [DjangoFilterBackend]
    filterset_class = OrderFilter
    permissions_by_action: ClassVar = {
        "list": permissions.SEE_CUSTOMERS,
        "create": permissions.IMPORT_LEDGER,
    }

    def get_queryset(self) -> QuerySet[Order]:
        """Return the orders of visible customers."""
        return Order.objects.filter(
            customer__in=Customer.objects.visible_to(self.actor)
        ).select_related("entity", "customer")

    @extend_schema(
        request=NewOrderSerializer, responses={200: OrderSerializer, 201: OrderSerializer}
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """Say how an order stands: a number that is known is brought up to date."""
        given = NewOrderSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        facts = given.validated_data
        entity = get_object_or_404(Entity, code=facts["entity"])
        customer = get_object_or_404(
            Customer.objects.visible_to(self.actor), code=facts["customer"]
        )
        is_known = Order.objects.filter(entity=entity, number=facts["number"].strip()).exists()
        order, _is_changed = take_in_order(
            NewOrder(
                entity=entity,
                customer=customer,
                number=facts["number"],
                order_date=facts["order_date"],
                ordered=Money(facts["ordered_amount"], facts["currency"] or entity.currency),
                delivered=facts["delivered_amount"],
                invoiced=facts["invoiced_amount"],
                stage=OrderStage(facts["stage"]),
                as_of=facts["as_of_date"] or self.today,
                expected_delivery_date=facts["expected_delivery_date"],
                expected_invoice_date=facts["expected_invoice_date"],
            ),
            actor=self.actor,
            now=self.now,
            today=self.today,
        )
        return Response(OrderSerializer(order).data, status=200 if is_known else 201)
