"""Indicators over HTTP: the very document of the command `kpis`."""

from typing import ClassVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Tenant
from kernel.api import TenantViewSet
from kpis import permissions
from kpis.queries import FigureScope, Grouping, indicator_document
from ledger.models import Customer

# Cutting by portfolio serves our own pages, where its key is a path; programs ask for a scope.
PUBLIC_GROUPINGS = [grouping.value for grouping in Grouping if grouping is not Grouping.PORTFOLIO]


class IndicatorQuery(serializers.Serializer[object]):
    """What figures are asked for."""

    as_of = serializers.DateField(required=False)
    scope = serializers.CharField(required=False, default="/")
    by = serializers.ChoiceField(
        choices=PUBLIC_GROUPINGS, required=False, allow_null=True, default=None
    )


class IndicatorViewSet(TenantViewSet):
    """Every indicator of a scope on a day, whole or split into groups."""

    serializer_class = IndicatorQuery
    pagination_class = None  # type: ignore[assignment]  # one document, no pages
    permissions_by_action: ClassVar = {"list": permissions.SEE_TENANT_FIGURES}

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "as_of", OpenApiTypes.DATE, description="the day, its end included; default: today"
            ),
            OpenApiParameter(
                "scope",
                OpenApiTypes.STR,
                description="path of a node of the scope tree; default: /",
            ),
            OpenApiParameter(
                "by", OpenApiTypes.STR, enum=PUBLIC_GROUPINGS, description="adds `groups`"
            ),
        ],
        responses={200: OpenApiTypes.OBJECT},
    )
    def list(self, request: Request) -> Response:
        """Return the indicators as the command `kpis` prints them."""
        asked = IndicatorQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        query = asked.validated_data
        held = self.actor.held(permissions.SEE_TENANT_FIGURES)
        sees_all = any(way.scope_path == "/" and not way.reach.value for way in held)
        scope = FigureScope(
            as_of=query.get("as_of") or self.today,
            path=query["scope"],
            customers=None
            if sees_all
            else Customer.objects.visible_to(self.actor, permissions.SEE_TENANT_FIGURES),
        )
        slug = Tenant.objects.values_list("slug", flat=True).get()
        grouping = Grouping(query["by"]) if query["by"] else None
        return Response(indicator_document(scope, tenant_slug=slug, grouping=grouping))
