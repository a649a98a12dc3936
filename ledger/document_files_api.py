"""Files of documents over HTTP: send one in for a document, list them, fetch the bytes, remove with a reason."""

from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.idempotency import idempotent
from kernel.downloads import download
from ledger import permissions
from ledger.models import Customer, Document, DocumentFile, DocumentFileKind
from ledger.queries.document_files import content_of, files_visible_to
from ledger.rules.document_files import MOST_BYTES
from ledger.services import document_files as services
from ledger.uploads_api import UploadViewSet


class DocumentFileSerializer(serializers.ModelSerializer[DocumentFile]):
    """A file of a document, without its bytes; `media_type` is what its bytes are, whatever its name says."""

    number = serializers.CharField(source="document.number", read_only=True)

    class Meta:
        model = DocumentFile
        fields = (
            "id",
            "document",
            "number",
            "kind",
            "name",
            "media_type",
            "size",
            "digest",
            "added_at",
        )


class NewDocumentFileSerializer(serializers.Serializer[Any]):
    """A file and the document it belongs to, as multipart/form-data."""

    document = serializers.UUIDField()
    file = serializers.FileField(allow_empty_file=True, max_length=250)
    kind = serializers.ChoiceField(
        choices=DocumentFileKind.choices, required=False, default=DocumentFileKind.COPY
    )


class RemovalSerializer(serializers.Serializer[Any]):
    """Why a file is removed."""

    reason = serializers.CharField(max_length=250)


class DocumentFileFilter(django_filters.FilterSet):
    """How a list of files can be narrowed."""

    document = django_filters.UUIDFilter(field_name="document_id")
    number = django_filters.CharFilter(field_name="document__number")
    customer = django_filters.CharFilter(field_name="document__customer__code")

    class Meta:
        model = DocumentFile
        fields = ("kind", "digest")


class DocumentFileViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, UploadViewSet):
    """The copies and proofs kept with invoices and credit notes."""

    serializer_class = DocumentFileSerializer
    parser_classes = (MultiPartParser, JSONParser)
    filter_backends = [DjangoFilterBackend]
    filterset_class = DocumentFileFilter
    permissions_by_action: ClassVar = {
        "list": permissions.SEE_CUSTOMERS,
        "retrieve": permissions.SEE_CUSTOMERS,
        "content": permissions.SEE_CUSTOMERS,
        "create": permissions.IMPORT_LEDGER,
        "remove": permissions.IMPORT_LEDGER,
    }

    def get_queryset(self) -> QuerySet[DocumentFile]:
        """Return the files of visible customers; to remove one, of those whose import the owner may do."""
        if self.action != "remove":
            return files_visible_to(self.actor)
        return DocumentFile.objects.filter(document__customer__in=self._mine()).select_related(
            "document"
        )

    def _mine(self) -> QuerySet[Customer]:
        return Customer.objects.visible_to(self.actor, permissions.IMPORT_LEDGER)

    @extend_schema(
        request={"multipart/form-data": NewDocumentFileSerializer},
        responses={201: DocumentFileSerializer},
    )
    def create(self, request: Request) -> Response:
        """Keep a file with a document; the same bytes again give the file there is."""
        self.refuse_announced(request)
        return self._take(request)

    @idempotent
    def _take(self, request: Request) -> Response:
        facts = self.facts_sent(NewDocumentFileSerializer, request)
        document = get_object_or_404(
            Document.objects.filter(customer__in=self._mine()), pk=facts["document"]
        )
        file = services.add_file(
            document=document,
            name=facts["file"].name,
            content=facts["file"].read(MOST_BYTES + 1),
            kind=DocumentFileKind(facts["kind"]),
            actor=self.actor,
            now=self.now,
        )
        return Response(DocumentFileSerializer(file).data, status=201)

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"])
    def content(self, request: Request, pk: str) -> HttpResponse:  # noqa: ARG002
        """Give the bytes, as a download."""
        file: DocumentFile = self.get_object()
        return download(content_of(file), file.name)

    @extend_schema(request=RemovalSerializer, responses={200: DocumentFileSerializer})
    @action(detail=True, methods=["post"])
    @idempotent
    def remove(self, request: Request, pk: str) -> Response:  # noqa: ARG002
        """Take a file away, with the reason; its bytes are gone then."""
        given = RemovalSerializer(data=request.data)
        file: DocumentFile = self.get_object()
        given.is_valid(raise_exception=True)
        removed = services.remove_file(
            file=file, reason=given.validated_data["reason"], actor=self.actor, now=self.now
        )
        return Response(DocumentFileSerializer(removed).data)
