"""Everything a tenant has goes into one file, and comes back exactly."""

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from accounts import look_ups
from accounts.models import ApiToken, AuditEvent, Membership, Scope, Tenant, User
from accounts.services.archives import (
    ArchiveRefused,
    columns_of,
    import_tenant,
    walled_models,
    write_archive,
)
from accounts.services.audit import verify_chain
from accounts.services.tokens import issue_token
from kernel.tenancy import tenant_scope
from tests.cast import NOW, TODAY, CustomerMaker, House

pytestmark = pytest.mark.django_db
OURS_ANEW = {"tenant_id", "secret_hash", "epoch"}  # what an import may not keep


def export(house: House, folder: Path) -> Path:
    file = folder / "archive.zip"
    with house.scope():
        write_archive(Tenant.objects.get(), file, now=NOW)
    return file


def digests(tenant_id: UUID) -> dict[str, str]:
    """Return a digest of each table's rows, apart from what an import has to change."""
    found = {}
    with tenant_scope(tenant_id), connection.cursor() as cursor:
        for model in walled_models():
            if model is AuditEvent:
                continue
            kept = ", ".join(f'"{name}"' for name in columns_of(model) if name not in OURS_ANEW)
            table = model._meta.db_table
            cursor.execute(
                f"SELECT md5(coalesce(string_agg(r::text, chr(10) ORDER BY r.id), '')) "
                f'FROM (SELECT {kept} FROM "{table}") r'
            )
            found[table] = cursor.fetchone()[0]
    return found


def fill(house: House, make_customer: CustomerMaker) -> str:
    """Give the house customers with awkward words, a team and an API key; return the key's secret."""
    actor = house.actor("credit_analyst")
    with house.scope():
        make_customer(house, "C001", 'Café « L’Été » \\ "quotes" \u2028 | ; ,')
        make_customer(house, "C002", "=1+1\ttab")
        analyst = Membership.objects.get(email=actor.email)
        Membership.objects.create(name="Équipier", manager=analyst)
        _token, secret = issue_token(
            name="ERP",
            owner=analyst,
            scopes=["ledger.see_customers"],
            expires_on=TODAY,
            actor=actor,
            now=NOW,
        )
    return secret


def test_every_row_comes_back_exactly(
    house: House, make_customer: CustomerMaker, tmp_path: Path
) -> None:
    fill(house, make_customer)
    tenant, rows = import_tenant(export(house, tmp_path), slug="copie")
    assert rows > 10
    assert digests(tenant.pk) == digests(house.tenant_id)


def test_the_copy_has_its_own_secrets_and_its_own_chain(
    house: House, make_customer: CustomerMaker, tmp_path: Path
) -> None:
    secret = fill(house, make_customer)
    tenant, _rows = import_tenant(export(house, tmp_path), slug="copie")
    assert look_ups.tenant_of_secret("token", secret) == (
        house.tenant_id,
        look_ups.tenant_of_secret("token", secret)[1],  # type: ignore[index]
    )
    with tenant_scope(tenant.pk):
        assert ApiToken.objects.count() == 1
        assert verify_chain().first_broken is None
        event = AuditEvent.objects.get()
        assert event.details["source"] == str(house.tenant_id)


def test_no_password_and_no_secret_leaves_the_house(
    house: House, make_customer: CustomerMaker, tmp_path: Path
) -> None:
    secret = fill(house, make_customer)
    with zipfile.ZipFile(export(house, tmp_path)) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert b"argon2" not in everything
    assert secret.encode() not in everything


def test_an_archive_holds_one_tenant_only(
    house: House, other_house: House, make_customer: CustomerMaker, tmp_path: Path
) -> None:
    with other_house.scope():
        make_customer(other_house, "V001", "Secret du voisin")
    with zipfile.ZipFile(export(house, tmp_path)) as archive:
        assert not [name for name in archive.namelist() if b"voisin" in archive.read(name)]


def test_a_person_unknown_here_gets_an_account_without_password(
    house: House, tmp_path: Path
) -> None:
    pk = house.member("collector")
    file = export(house, tmp_path)
    User.objects.filter(email="collector@atelier.example").update(email="renamed@atelier.example")
    tenant, _rows = import_tenant(file, slug="copie")
    user = User.objects.get(email="collector@atelier.example")
    assert not user.has_usable_password()
    with tenant_scope(tenant.pk):
        assert Membership.objects.get(pk=pk).user == user


def rewritten(file: Path, changes: dict[str, bytes | None]) -> Path:
    """Return a copy of an archive with members replaced, or left out for None."""
    other = file.with_name("changed.zip")
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(other, "w") as target:
        for name in source.namelist():
            content = changes.get(name, source.read(name))
            if content is not None:
                target.writestr(name, content)
    return other


def manifest_of(file: Path) -> dict[str, Any]:
    with zipfile.ZipFile(file) as archive:
        answer: dict[str, Any] = json.loads(archive.read("manifest.json"))
    return answer


@pytest.mark.parametrize(
    "case", ["changed", "missing", "no manifest", "format", "column", "no zip"]
)
def test_a_damaged_archive_is_refused_and_nothing_is_opened(
    case: str, house: House, tmp_path: Path
) -> None:
    file = export(house, tmp_path)
    manifest = manifest_of(file)
    scopes = "tables/accounts_scope.jsonl"
    if case == "format":
        manifest["format"] = 99
    if case == "column":
        manifest["tables"][0]["columns"].append("unknown")
    changed = json.dumps(manifest).encode()
    members: dict[str, dict[str, bytes | None]] = {
        "changed": {scopes: b"{}\n"},
        "missing": {scopes: None},
        "no manifest": {"manifest.json": None},
        "format": {"manifest.json": changed},
        "column": {"manifest.json": changed},
        "no zip": {},
    }
    other = rewritten(file, members[case])
    if case == "no zip":
        other.write_bytes(b"PK nothing")
    with pytest.raises(ArchiveRefused):
        import_tenant(other, slug="copie")
    assert look_ups.tenant_of_slug("copie") is None


def test_the_manifest_names_every_walled_table_with_its_digest(
    house: House, tmp_path: Path
) -> None:
    file = export(house, tmp_path)
    manifest = manifest_of(file)
    assert {entry["table"] for entry in manifest["tables"]} == {
        model._meta.db_table for model in walled_models()
    }
    with zipfile.ZipFile(file) as archive:
        for entry in manifest["tables"]:
            content = archive.read(f"tables/{entry['table']}.jsonl")
            assert hashlib.sha256(content).hexdigest() == entry["sha256"]
            assert content.count(b"\n") == entry["rows"]


def test_a_tenant_is_walled_by_its_tables_in_order_of_reference() -> None:
    order = [model._meta.db_table for model in walled_models()]
    assert order.index("accounts_membership") < order.index("accounts_rolegrant")
    assert order.index("ledger_customer") < order.index("ledger_contact")
    assert Scope._meta.db_table in order
