"""Imports over HTTP: send a file in, look what writing it would do, have it written, take it back."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.idempotency import idempotent
from ledger import permissions
from ledger.bells import ring_for
from ledger.imports.reader import READABLE
from ledger.imports.rows import FileKind
from ledger.imports.services import result_of
from ledger.imports.undo import undo_import
from ledger.models import ImportBatch
from ledger.queries.imports import batches_for, entities_for
from ledger.services import batches as services
from ledger.uploads_api import UploadViewSet


class ImportSerializer(serializers.Serializer[ImportBatch]):
    """The import object of the contract, with what was said about the file."""

    import_id = serializers.UUIDField()
    kind = serializers.CharField()
    state = serializers.CharField()
    rows = serializers.IntegerField()
    rows_done = serializers.IntegerField()
    accepted = serializers.IntegerField()
    rejected = serializers.IntegerField()
    created = serializers.DictField(child=serializers.IntegerField())
    updated = serializers.DictField(child=serializers.IntegerField())
    unchanged = serializers.DictField(child=serializers.IntegerField())
    control_totals = serializers.DictField()
    problems = serializers.ListField(child=serializers.DictField())
    file_name = serializers.CharField()
    file_date = serializers.DateField()
    is_full = serializers.BooleanField()
    entity = serializers.CharField(allow_null=True)
    undoes = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()
    applied_at = serializers.DateTimeField(allow_null=True)
    error = serializers.DictField(allow_null=True)

    def to_representation(self, instance: ImportBatch) -> dict[str, Any]:
        """Return the object of an import; `error` says why it is refused or waits for its columns."""
        facts: Mapping[str, Any] = {
            **result_of(instance).as_json(),
            "rows_done": instance.rows_done,
            "file_name": instance.file_name,
            "file_date": instance.file_date,
            "is_full": instance.is_full,
            "entity": instance.entity.code if instance.entity else None,
            "undoes": str(instance.undoes_id) if instance.undoes_id else None,
            "created_at": instance.created_at,
            "applied_at": instance.applied_at,
            "error": instance.refusal,
        }
        return dict(facts)


class NewImportSerializer(serializers.Serializer[Any]):
    """A file and what is said about it, as multipart/form-data."""

    file = serializers.FileField(allow_empty_file=True, max_length=250)
    kind = serializers.ChoiceField(
        choices=sorted(kind.value for kind in READABLE), required=False, default="auto"
    )
    entity = serializers.CharField(max_length=40, required=False, default="", allow_blank=True)
    file_date = serializers.DateField(required=False, default=None, allow_null=True)
    is_full = serializers.BooleanField(required=False, default=False)


class ImportViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, UploadViewSet):
    """Files that came in. Nothing is written before `apply`; a written one can be undone for 24 hours."""

    serializer_class = ImportSerializer
    parser_classes = (MultiPartParser, JSONParser)
    permissions_by_action: ClassVar = {
        "list": permissions.IMPORT_LEDGER,
        "retrieve": permissions.IMPORT_LEDGER,
        "create": permissions.IMPORT_LEDGER,
        "apply": permissions.IMPORT_LEDGER,
        "undo": permissions.IMPORT_LEDGER,
    }

    def get_queryset(self) -> QuerySet[ImportBatch]:
        """Return the imports that the token's owner may open."""
        return batches_for(self.actor)

    @extend_schema(
        request={"multipart/form-data": NewImportSerializer},
        responses={200: ImportSerializer, 202: ImportSerializer},
    )
    def create(self, request: Request) -> Response:
        """Send a file in, to be read by a worker; the same bytes again answer as `duplicate`."""
        self.refuse_announced(request)
        return self._take(request)

    @idempotent
    def _take(self, request: Request) -> Response:
        facts = self.facts_sent(NewImportSerializer, request)
        entity = (
            get_object_or_404(entities_for(self.actor), code=facts["entity"])
            if facts["entity"]
            else None
        )
        try:
            batch = services.take_upload(
                content=facts["file"],
                name=facts["file"].name,
                kind=FileKind(facts["kind"]),
                entity=entity,
                file_date=facts["file_date"],
                is_full=facts["is_full"],
                actor=self.actor,
                today=self.today,
            )
        except services.AlreadyImported as known:
            return Response({**ImportSerializer(known.first).data, "state": "duplicate"})
        ring_for(batch)
        return Response(ImportSerializer(batch).data, status=202)

    @extend_schema(request=None, responses={202: ImportSerializer})
    @action(detail=True, methods=["post"])
    @idempotent
    def apply(self, request: Request, pk: str) -> Response:  # noqa: ARG002
        """Have a checked file written."""
        batch = self.get_object()
        services.go_ahead(batch=batch)
        ring_for(batch)
        batch.refresh_from_db()
        return Response(ImportSerializer(batch).data, status=202)

    @extend_schema(request=None, responses={201: ImportSerializer})
    @action(detail=True, methods=["post"])
    @idempotent
    def undo(self, request: Request, pk: str) -> Response:  # noqa: ARG002
        """Take a written import back; the answer is the compensating import."""
        made = undo_import(
            batch=self.get_object(), actor=self.actor, today=self.today, now=self.now
        )
        return Response(ImportSerializer(made).data, status=201)
