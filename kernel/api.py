"""What every endpoint of the API shares: RFC 9457 problem details and cursor pagination."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.response import Response

from kernel.errors import Refused


class StableCursorPagination(CursorPagination):
    """Pages by identifier: ids are time-ordered, so a page never shifts under the reader."""

    ordering = "id"
    page_size_query_param = "page_size"
    max_page_size = 1000


def problem(status: int, code: str, detail: str, **members: Any) -> Response:
    """Return an `application/problem+json` answer; `code` is stable for programs."""
    body = {
        "type": f"urn:otc:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
    }
    body["detail"] = detail
    return Response({**body, **members}, status=status, content_type="application/problem+json")


def problem_details(error: Exception, context: dict[str, Any]) -> Response | None:  # noqa: ARG001
    """Return the problem document for an error that is an answer; None lets a fault of ours rise."""
    if isinstance(error, Refused):
        return problem(error.status, error.code, error.message, details=error.details)
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
