"""Any change to history is found, with the number of the event: edit, delete, reorder, cut, recompute (P19)."""

import json
from pathlib import Path

import psycopg2
import pytest
from django.conf import settings as django_settings
from django.db import DatabaseError, connection, transaction
from pytest_django.fixtures import Settings

from accounts.models import AuditEvent
from accounts.services import audit
from accounts.services.anchors import (
    Anchor,
    anchor_chain,
    anchor_file,
    disagreements,
    verify_anchored_chain,
)
from accounts.tasks import anchor_audit_chains
from kernel.identifiers import uuid7
from kernel.permissions import system_actor
from kernel.tenancy import signed_context
from tests.cast import NOW, House

pytestmark = pytest.mark.django_db

REHASH = """
DO $$ DECLARE link record; previous text := repeat('0', 64); BEGIN
    PERFORM set_config('app.maintenance', 'on', true);
    FOR link IN SELECT * FROM accounts_auditevent ORDER BY sequence LOOP
        UPDATE accounts_auditevent SET previous_hash = previous, hash = sec.audit_hash(previous, link.tenant_id,
            link.sequence, link.at, jsonb_build_array(link.actor, link.action, link.object_kind, link.object_id,
            link.details)::text) WHERE id = link.id RETURNING hash INTO previous;
    END LOOP;
    UPDATE sec.audit_head SET hash = previous;
END $$
"""
REORDER = """
UPDATE accounts_auditevent SET sequence = CASE sequence WHEN 3 THEN 104 ELSE 103 END WHERE sequence IN (3, 4);
UPDATE accounts_auditevent SET sequence = sequence - 100 WHERE sequence > 100
"""
CUT = """
DELETE FROM accounts_auditevent WHERE sequence > 4;
UPDATE sec.audit_head SET sequence = 4, hash = (SELECT hash FROM accounts_auditevent WHERE sequence = 4)
"""
EDIT = "UPDATE accounts_auditevent SET action = 'nothing' WHERE sequence = 3"
ATTACKS = {
    "edit": (EDIT, 3),
    "delete": ("DELETE FROM accounts_auditevent WHERE sequence = 3", 3),
    "reorder": (REORDER, 3),
    "cut tail": (CUT, 6),
    "recompute": (f"{EDIT}; {REHASH}", 6),
}


@pytest.fixture
def anchored(house: House, tmp_path: Path, settings: Settings) -> House:
    """Return a house with six events, the last of which is anchored."""
    settings.OTC_DATA_DIR = tmp_path
    actor = house.actor("tenant_admin")
    with house.scope():
        for number in range(5):
            audit.record(actor=actor, action="test.note", number=number)
        anchor_chain(house.tenant_id, now=NOW)
    return house


def test_a_whole_chain_agrees_with_its_anchors(anchored: House) -> None:
    with anchored.scope():
        verdict = verify_anchored_chain(anchored.tenant_id)
    assert (verdict.events, verdict.first_broken) == (6, None)


def test_an_anchor_file_only_grows_and_only_when_the_chain_has(anchored: House) -> None:
    with anchored.scope():
        assert anchor_chain(anchored.tenant_id, now=NOW) is None
        audit.record(actor=system_actor(anchored.tenant_id), action="test.note")
        assert anchor_chain(anchored.tenant_id, now=NOW) is not None
    lines = anchor_file(anchored.tenant_id).read_text().splitlines()
    assert [json.loads(line)["sequence"] for line in lines] == [6, 7]


def test_the_nightly_task_anchors_every_tenant(
    house: House, other_house: House, tmp_path: Path, settings: Settings
) -> None:
    settings.OTC_DATA_DIR = tmp_path
    assert anchor_audit_chains() == 2
    assert anchor_audit_chains() == 0
    assert anchor_file(other_house.tenant_id).is_file()


def test_the_application_cannot_write_the_trail_at_all(anchored: House) -> None:
    with anchored.scope():
        for attack in (
            AuditEvent.objects.all().delete,
            lambda: AuditEvent.objects.update(action="x"),
        ):
            with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                attack()
        with connection.cursor() as cursor, pytest.raises(DatabaseError), transaction.atomic():
            cursor.execute("UPDATE sec.audit_head SET sequence = 0")


def six_events(superuser: psycopg2.extensions.cursor) -> Anchor:
    """Append six events to the chain of a new tenant, and return the anchor of the last."""
    tenant_id = uuid7()
    context = signed_context(tenant_id, expires=9_999_999_999, key=django_settings.OTC_CONTEXT_KEY)
    superuser.execute("SELECT set_config('app.ctx', %s, true)", [context])
    superuser.execute(
        "INSERT INTO accounts_tenant (id, slug, name, country, currency, language, time_zone, is_solo, created_at) "
        "VALUES (%s, 'chained', 'Chained', 'FR', 'EUR', 'fr', 'Europe/Paris', false, now())",
        [str(tenant_id)],
    )
    for _number in range(6):
        superuser.execute(
            "SELECT sec.append_audit(%s, 'system', 'test.note', '', '', '{}')", [str(uuid7())]
        )
    superuser.execute(
        "SELECT sequence, hash FROM accounts_auditevent ORDER BY sequence DESC LIMIT 1"
    )
    [(sequence, digest)] = superuser.fetchall()
    return Anchor(NOW.isoformat(), sequence, digest)


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_owner_of_the_database_changes_nothing_unseen(
    attack: str, superuser: psycopg2.extensions.cursor
) -> None:
    anchor = six_events(superuser)
    statement, expected = ATTACKS[attack]
    superuser.execute(statement)
    superuser.execute("SELECT events, first_broken FROM sec.verify_audit()")
    [(_events, first_broken)] = superuser.fetchall()
    superuser.execute("SELECT sequence, hash FROM accounts_auditevent")
    found = [first_broken] if first_broken else []
    found += disagreements([anchor], dict(superuser.fetchall()))
    assert min(found) == expected


def test_without_an_anchor_a_cut_tail_and_a_recomputation_would_go_unseen(
    superuser: psycopg2.extensions.cursor,
) -> None:
    # This is why there are anchors (RELIABILITY E10b).
    for attack in ("cut tail", "recompute"):
        superuser.execute("SAVEPOINT before")
        six_events(superuser)
        superuser.execute(ATTACKS[attack][0])
        superuser.execute("SELECT first_broken FROM sec.verify_audit()")
        assert superuser.fetchone() == (None,)
        superuser.execute("ROLLBACK TO SAVEPOINT before")
