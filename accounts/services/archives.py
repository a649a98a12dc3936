"""A tenant as one file: every row of its walled tables, to be kept or opened again under another name.

The archive is a zip: `manifest.json` names each table with its columns, its number of rows and the SHA-256 of its
lines; `tables/<table>.jsonl` holds one JSON object a row, as PostgreSQL writes it, so that every value comes back
exactly. `users.jsonl` holds the people without passwords or second factors: those never leave the house.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

from django.apps import apps
from django.db import connection
from django.db.models import GeneratedField, Model
from django.utils.translation import gettext as _

from accounts.models import AuditEvent, Membership, Tenant, User
from accounts.services import audit
from accounts.services.tenants import refuse_taken_slug
from kernel.errors import Refused
from kernel.identifiers import uuid7
from kernel.permissions import system_actor
from kernel.tenancy import TenantForeignKey, TenantModel, tenant_scope

FORMAT = 1
ROWS_AT_ONCE = 5_000
MANIFEST = "manifest.json"
USERS = "users.jsonl"
TENANT_FIELDS = ("name", "country", "currency", "language", "time_zone", "is_solo", "is_demo")
USER_FIELDS = ("email", "name", "language", "theme", "has_shortcuts")


class ArchiveRefused(Refused):
    """The file is no archive of ours, is damaged, or was made by another version."""

    code: ClassVar[str] = "archive_refused"


@dataclass(frozen=True, slots=True)
class TableContent:
    """What an archive says about one table."""

    table: str
    columns: list[str]
    rows: int
    sha256: str


def walled_models() -> list[type[Model]]:
    """Return the models of all walled tables, each after the tables it refers to."""
    waiting = {
        model
        for model in apps.get_models(include_auto_created=True)
        if issubclass(model, TenantModel) and model._meta.managed and not model._meta.proxy
    }
    ordered: list[type[Model]] = []
    while waiting:
        ready = [model for model in waiting if not (_references(model) - {model}) & waiting]
        if not ready:
            names = sorted(model._meta.label for model in waiting)
            message = f"These tables refer to each other in a circle: {', '.join(names)}."
            raise RuntimeError(message)
        ordered += sorted(ready, key=lambda model: model._meta.db_table)
        waiting -= set(ready)
    return ordered


def columns_of(model: type[Model]) -> list[str]:
    """Return the columns of a table that are stored, not computed by the database."""
    return [
        field.column
        for field in model._meta.local_concrete_fields
        if not isinstance(field, GeneratedField) and field.column
    ]


def write_archive(tenant: Tenant, path: Path, *, now: datetime) -> dict[str, Any]:
    """Write everything of the current tenant to `path` and return the manifest.

    The file appears under its name only when it is complete.
    """
    unfinished = path.with_name(f".{path.name}.unfinished")
    last = AuditEvent.objects.order_by("-sequence").values_list("sequence", "hash").first()
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "tenant": {"id": str(tenant.pk), "slug": tenant.slug}
        | {field: getattr(tenant, field) for field in TENANT_FIELDS},
        "exported_at": now.isoformat(),
        "audit_head": {"sequence": last[0], "hash": last[1]} if last else None,
    }
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
        manifest["tables"] = [_write_table(archive, model) for model in walled_models()]
        manifest["users"] = _write_users(archive)
        archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
    unfinished.replace(path)
    audit.record(
        actor=system_actor(tenant.pk),
        action="accounts.export_tenant",
        object_kind="tenant",
        object_id=tenant.pk,
        rows=sum(table["rows"] for table in manifest["tables"]),
    )
    return manifest


def read_manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    """Return the manifest of an archive after checking every digest and every column. Raises ArchiveRefused."""
    try:
        manifest: dict[str, Any] = json.loads(archive.read(MANIFEST))
    except (KeyError, ValueError, zipfile.BadZipFile) as fault:
        raise ArchiveRefused(
            _("This file is no archive of a tenant: it has no readable manifest.json.")
        ) from fault
    if manifest.get("format") != FORMAT:
        raise ArchiveRefused(
            _("The archive has format %(found)s and this version reads format %(known)d.")
            % {"found": manifest.get("format"), "known": FORMAT}
        )
    known = {model._meta.db_table: columns_of(model) for model in walled_models()}
    for entry in manifest["tables"]:
        table = TableContent(**entry)
        if not set(table.columns) <= set(known.get(table.table, ())):
            raise ArchiveRefused(
                _(
                    "The archive holds columns of %(table)s that this version does not know. Update first."
                )
                % {"table": table.table}
            )
        _check_digest(archive, _member(table.table), table.sha256)
    _check_digest(archive, USERS, manifest["users"]["sha256"])
    return manifest


def restore_archive(archive: zipfile.ZipFile, manifest: dict[str, Any], *, tenant_id: UUID) -> int:
    """Fill the current, empty tenant from a checked archive; returns how many rows came back.

    Rows keep their identifiers, which are keyed by tenant. Secrets of links and keys are replaced by new ones
    that nobody knows, so that no old link opens two tenants. The audit chain is not copied: a chain belongs to its
    tenant. The new one begins with an event that names the old chain's head.
    """
    users = _restore_users(archive)
    rows = 0
    names = {entry["table"]: entry for entry in manifest["tables"]}
    for model in walled_models():
        table = model._meta.db_table
        if model is AuditEvent or table not in names:
            continue
        columns = names[table]["columns"]
        for lines in _batches(archive, model):
            _insert(model, columns, lines, tenant_id=tenant_id, users=users)
            rows += len(lines)
    audit.record(
        actor=system_actor(tenant_id),
        action="accounts.import_tenant",
        object_kind="tenant",
        object_id=tenant_id,
        rows=rows,
        source=manifest["tenant"]["id"],
        source_audit_head=manifest["audit_head"],
    )
    return rows


def import_tenant(path: Path, *, slug: str) -> tuple[Tenant, int]:
    """Open the archive at `path` as a new tenant; opens its own scope. Raises ArchiveRefused and SlugTaken."""
    refuse_taken_slug(slug)
    tenant_id = uuid7()
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as fault:
        raise ArchiveRefused(
            _("%(path)s cannot be read as a zip file: %(reason)s.")
            % {"path": path, "reason": fault}
        ) from fault
    with archive, tenant_scope(tenant_id):
        manifest = read_manifest(archive)
        fields = {field: manifest["tenant"][field] for field in TENANT_FIELDS}
        tenant = Tenant.objects.create(id=tenant_id, slug=slug, **fields)
        rows = restore_archive(archive, manifest, tenant_id=tenant_id)
    return tenant, rows


def _references(model: type[Model]) -> set[type[Model]]:
    return {
        field.related_model
        for field in model._meta.local_fields
        if isinstance(field, TenantForeignKey)
    }


def _is_self_referring(model: type[Model]) -> bool:
    return model in _references(model)


def _member(table: str) -> str:
    return f"tables/{table}.jsonl"


class _Digesting(io.RawIOBase):
    """Passes lines on to a file while counting and digesting them."""

    def __init__(self, target: Any) -> None:  # noqa: ANN401  the stream of a zip member
        self.target = target
        self.digest = hashlib.sha256()
        self.rows = 0

    def write(self, data: Any) -> int:  # noqa: ANN401  RawIOBase's own signature
        self.digest.update(data)
        self.rows += bytes(data).count(b"\n")
        self.target.write(data)
        return len(data)


def _write_table(archive: zipfile.ZipFile, model: type[Model]) -> dict[str, Any]:
    """Copy a table into the archive, in the order of its ids, without holding it in memory."""
    table, columns = model._meta.db_table, columns_of(model)
    listed = ", ".join(f'"{column}"' for column in columns)
    # FORMAT csv with a quote and a delimiter that JSON text never holds leaves each object as it is, one a line.
    question = (
        f'COPY (SELECT row_to_json(r)::text FROM (SELECT {listed} FROM "{table}" ORDER BY id) r) '  # noqa: S608  our own names
        "TO STDOUT WITH (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')"
    )
    with (
        archive.open(_member(table), "w", force_zip64=True) as stream,
        connection.cursor() as cursor,
    ):
        sink = _Digesting(stream)
        cursor.copy_expert(question, sink)
    return {
        "table": table,
        "columns": columns,
        "rows": sink.rows,
        "sha256": sink.digest.hexdigest(),
    }


def _write_users(archive: zipfile.ZipFile) -> dict[str, Any]:
    people = User.objects.filter(
        pk__in=Membership.objects.exclude(user=None).values_list("user", flat=True)
    ).order_by("pk")
    lines = [
        json.dumps({"id": str(user.pk)} | {field: getattr(user, field) for field in USER_FIELDS})
        for user in people
    ]
    content = "".join(f"{line}\n" for line in lines).encode()
    archive.writestr(USERS, content)
    return {"rows": len(lines), "sha256": hashlib.sha256(content).hexdigest()}


def _check_digest(archive: zipfile.ZipFile, member: str, expected: str) -> None:
    digest = hashlib.sha256()
    try:
        with archive.open(member) as stream:
            for block in iter(lambda: stream.read(1 << 20), b""):
                digest.update(block)
    except (KeyError, zipfile.BadZipFile) as fault:
        raise ArchiveRefused(
            _("The archive is damaged: %(member)s is missing or unreadable. Export it again.")
            % {"member": member}
        ) from fault
    if digest.hexdigest() != expected:
        raise ArchiveRefused(
            _(
                "The archive was changed after the export: %(member)s does not have the digest of the manifest."
            )
            % {"member": member}
        )


def _restore_users(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return the id here of each user of the archive; who has no account gets one without password."""
    found: dict[str, str] = {}
    with archive.open(USERS) as stream:
        for line in stream:
            row = json.loads(line)
            user = User.objects.filter(email__iexact=row["email"]).first()
            if user is None:
                extra = {field: row[field] for field in USER_FIELDS if field != "email"}
                user = User.objects.create_user(row["email"], **extra)
            found[row["id"]] = str(user.pk)
    return found


def _batches(archive: zipfile.ZipFile, model: type[Model]) -> Iterator[list[str]]:
    """Yield the rows of a table as text; a table that refers to itself comes at once, for its rows need each other."""
    batch: list[str] = []
    with archive.open(_member(model._meta.db_table)) as stream:
        for line in io.TextIOWrapper(stream, encoding="utf-8", newline="\n"):
            batch.append(line)
            if len(batch) == ROWS_AT_ONCE and not _is_self_referring(model):
                yield batch
                batch = []
    if batch:
        yield batch


# A secret nobody knows: its hash is of random text that is forgotten at once.
_UNKNOWABLE = (
    "encode(sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')), 'hex')"
)


def _insert(
    model: type[Model],
    columns: list[str],
    lines: list[str],
    *,
    tenant_id: UUID,
    users: dict[str, str],
) -> None:
    """Insert rows as they were written; only the tenant, its users and its secrets become ours."""
    ours = {
        "tenant_id": "%(tenant)s::uuid",
        "secret_hash": _UNKNOWABLE,
        # Under another epoch than the deployment's nothing is sent until somebody has reconciled (RELIABILITY D7).
        "epoch": "left('restored from ' || r.epoch, 60)",
    }
    if model is Membership:
        ours["user_id"] = "(%(users)s::jsonb ->> r.user_id::text)::uuid"
    table = model._meta.db_table
    listed = ", ".join(f'"{column}"' for column in columns)
    values = ", ".join(ours.get(column, f'r."{column}"') for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{table}" ({listed}) SELECT {values} '  # noqa: S608  names of our own tables, checked
            f'FROM json_populate_recordset(NULL::"{table}", %(rows)s) r',
            {
                "tenant": str(tenant_id),
                "users": json.dumps(users),
                "rows": f"[{','.join(lines)}]",
            },
        )
