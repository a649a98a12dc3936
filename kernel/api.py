"""What every endpoint of the API shares: tenant scope, permissions, problem details, cursor pagination."""

from collections.abc import Mapping
from datetime import date, datetime
from http import HTTPStatus
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from kernel.errors import Refused
from kernel.permissions import Actor, Verb
from kernel.tenancy import tenant_scope

READING = frozenset({"GET", "HEAD", "OPTIONS"})
WRITING_VERBS = (Verb.DO, Verb.APPROVE)
NO_PERMISSION = (
    "api.nothing"  # held by nobody: the answer for a method that an endpoint does not declare
)


class StableCursorPagination(CursorPagination):
    """Pages by identifier: ids are time-ordered, so a page never shifts under the reader."""

    ordering = "id"
    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = 1000


def problem(status: int, code: str, detail: str, **members: Any) -> Response:
    """Return an `application/problem+json` answer; `code` is stable for programs."""
    body = {
        "type": f"urn:otc:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
    }
    return Response({**body, **members}, status=status, content_type="application/problem+json")


def problem_details(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the problem document for an error that is an answer; None lets a fault of ours rise."""
    del context
    if isinstance(error, Refused):
        answer = problem(error.status, error.code, error.message, details=error.details)
        vars(answer)["refused"] = error
        return answer
    if isinstance(error, Http404):
        return problem(
            404, "not_found", "There is nothing at this address that this token may see."
        )
    if isinstance(error, PermissionDenied):
        return problem(
            403, "permission_denied", "This token does not hold the permission for this call."
        )
    if isinstance(error, ValidationError):
        return problem(
            400, "invalid_request", "Some fields cannot be taken as they are.", errors=error.detail
        )
    if isinstance(error, APIException):
        answer = problem(error.status_code, str(error.default_code), str(error.detail))
        if error.status_code == HTTPStatus.UNAUTHORIZED:
            answer["WWW-Authenticate"] = "Bearer"
        return answer
    return None


class TenantViewSet(GenericViewSet[Any]):
    """An endpoint inside the tenant of its token; `permissions_by_action` says what each action needs.

    The whole call runs in one tenant scope, rendering included; an answer of 400 or above leaves nothing written.
    """

    pagination_class = StableCursorPagination
    permission: ClassVar[str] = (
        "api"  # tells the guard of unlisted addresses that this one declares its own
    )
    permissions_by_action: ClassVar[Mapping[str, str]] = {}
    actor: Actor
    now: datetime
    today: date

    def needed(self, method: str | None) -> tuple[str, tuple[Verb, ...]]:
        """Return the permission and the verbs that this call needs."""
        verbs = () if method in READING else WRITING_VERBS
        return self.permissions_by_action.get(self.action or "", NO_PERMISSION), verbs

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Find the tenant by the token, then answer inside its scope."""
        actor, tenant = self._actor_and_tenant(request)
        if actor is None:
            return super().dispatch(request, *args, **kwargs)
        with tenant_scope(actor.tenant_id):
            self.actor = actor
            self.now = timezone.now()
            self.today = self.now.astimezone(ZoneInfo(tenant.time_zone)).date()
            response = super().dispatch(request, *args, **kwargs)
            if isinstance(response, Response) and not response.is_rendered:
                response.render()
            if response.status_code >= HTTPStatus.BAD_REQUEST:
                transaction.set_rollback(True)
        if refused := vars(response).get("refused"):
            with tenant_scope(actor.tenant_id):
                refused.keep_trace()
        return response

    def _actor_and_tenant(self, request: HttpRequest) -> tuple[Actor | None, Any]:
        """Return who calls; None where the token is missing or not good, which DRF then answers with its 401."""
        for authenticator in self.get_authenticators():
            try:
                found = authenticator.authenticate(Request(request))
            except APIException:
                return None, None
            if found:
                request.api_caller = found  # type: ignore[attr-defined]  # kept, so that it is looked up once
                return found
        return None, None
