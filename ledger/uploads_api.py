"""What endpoints that take a file in share: it is counted while it comes, and refused before it is read to its end."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from kernel.api import TenantViewSet
from ledger.uploads import CountedFileHandler, announced_too_large, upload_problem


class UploadViewSet(TenantViewSet):
    """An endpoint that takes a file in, as multipart/form-data."""

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Request:  # noqa: ANN401  Django's or DRF's
        """Have the file counted while it comes in."""
        if request.method == "POST" and not hasattr(request, "_files"):
            request.upload_handlers = [CountedFileHandler(request)]
        return super().initialize_request(request, *args, **kwargs)

    def refuse_announced(self, request: Request) -> None:
        """Raise the refusal of a body that announces more than a file may hold, before any of it is read."""
        announced = announced_too_large(request)
        if announced is not None:
            raise announced

    def facts_sent(
        self, serializer: type[serializers.Serializer[Any]], request: Request
    ) -> dict[str, Any]:
        """Return what was sent in with a file, validated; raises the refusal of a file that grew too large."""
        given = serializer(data=request.data)
        stopped = upload_problem(request._request)  # noqa: SLF001  DRF hands Django's request on under this name
        if stopped is not None:
            raise stopped
        given.is_valid(raise_exception=True)
        facts: dict[str, Any] = given.validated_data
        return facts
