"""Reminders over HTTP: what was planned, what left, and what became of it."""

from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework import mixins, serializers

from dunning.models import Reminder, ReminderLine
from kernel.api import TenantViewSet
from ledger.models import Customer
from ledger.permissions import SEE_CUSTOMERS


class ReminderLineSerializer(serializers.ModelSerializer[ReminderLine]):
    """A due line that a reminder names, as it stood then."""

    document_number = serializers.CharField(source="due_line.document.number", read_only=True)
    open_amount = serializers.DecimalField(max_digits=19, decimal_places=2)
    claimed_amount = serializers.DecimalField(max_digits=19, decimal_places=2)

    class Meta:
        model = ReminderLine
        fields = (
            "document_number",
            "due_date",
            "open_amount",
            "claimed_amount",
            "days_late",
            "level",
        )


class ReminderSerializer(serializers.ModelSerializer[Reminder]):
    """A step taken, or about to be, for one customer, entity and currency."""

    customer = serializers.SlugRelatedField[Any](slug_field="code", read_only=True)
    entity = serializers.SlugRelatedField[Any](slug_field="code", read_only=True)
    contact = serializers.CharField(source="contact.email", read_only=True, default=None)
    amount = serializers.DecimalField(max_digits=19, decimal_places=2)
    lines = ReminderLineSerializer(many=True, read_only=True)

    class Meta:
        model = Reminder
        fields = (
            "id", "customer", "entity", "contact", "currency", "amount", "channel", "level", "stage", "mode", "state",
            "confirm_reasons", "held_reason", "cancel_reason", "problem", "planned_date", "leaves_at", "sent_at",
            "message_id", "outcome", "lines",
        )  # fmt: skip


class ReminderFilter(django_filters.FilterSet):
    """How a list of reminders can be narrowed."""

    customer = django_filters.CharFilter(field_name="customer__code")
    planned_from = django_filters.DateFilter(field_name="planned_date", lookup_expr="gte")
    planned_until = django_filters.DateFilter(field_name="planned_date", lookup_expr="lte")

    class Meta:
        model = Reminder
        fields = ("state", "channel", "level")


class ReminderViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet):
    """Reminders to visible customers. A machine reads them: letting one leave is a person's act (row 17, S12)."""

    serializer_class = ReminderSerializer
    filter_backends = [DjangoFilterBackend]
    filterset_class = ReminderFilter
    permissions_by_action: ClassVar = {"list": SEE_CUSTOMERS, "retrieve": SEE_CUSTOMERS}

    def get_queryset(self) -> QuerySet[Reminder]:
        """Return the reminders to visible customers, in a fixed number of queries."""
        return (
            Reminder.objects.filter(customer__in=Customer.objects.visible_to(self.actor))
            .select_related("customer", "entity", "contact")
            .prefetch_related("lines__due_line__document")
        )
