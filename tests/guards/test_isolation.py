"""The catalogue shows no way around the wall, and each way that somebody could open is found (P9)."""

import psycopg2
import pytest
from django.apps import apps

from accounts.queries.isolation import GLOBAL_TABLES, Fault, checks, isolation_faults
from accounts.services.archives import walled_models

# A table as a careless migration would leave it, all but the one fault that a case is about.
WALL = """
CREATE TABLE planted (tenant_id uuid NOT NULL, id uuid NOT NULL, PRIMARY KEY (tenant_id, id));
ALTER TABLE planted OWNER TO otc_owner;
ALTER TABLE planted ENABLE ROW LEVEL SECURITY;
ALTER TABLE planted FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON planted TO otc_web, otc_worker
    USING (tenant_id = (SELECT sec.tenant())) WITH CHECK (tenant_id = (SELECT sec.tenant()));
CREATE POLICY tenant_floor ON planted AS RESTRICTIVE TO otc_web, otc_worker
    USING (tenant_id = (SELECT sec.tenant())) WITH CHECK (tenant_id = (SELECT sec.tenant()));
"""
DEFINER = """
CREATE FUNCTION sec.planted() RETURNS bigint LANGUAGE sql SECURITY DEFINER {path}
    AS 'SELECT count(*) FROM public.ledger_customer';
ALTER FUNCTION sec.planted() OWNER TO otc_owner;
REVOKE EXECUTE ON FUNCTION sec.planted() FROM PUBLIC;
"""

PLANTS = {
    "table_without_policy": "CREATE TABLE planted (id uuid); ALTER TABLE planted OWNER TO otc_owner",
    "not_forced": "ALTER TABLE ledger_customer NO FORCE ROW LEVEL SECURITY",
    "permissive_without_floor": "DROP POLICY tenant_floor ON ledger_customer",
    "policy_not_signed": "CREATE POLICY open ON ledger_customer TO otc_web USING (true)",
    "policy_not_signed, evaluated for each row": (
        "CREATE POLICY slow ON ledger_customer TO otc_web USING (tenant_id = sec.tenant())"
    ),
    "policy_not_signed, open to writing": (
        "ALTER POLICY tenant_floor ON ledger_customer WITH CHECK (true)"
    ),
    "policy_not_signed, for everybody": "CREATE POLICY open ON ledger_customer FOR SELECT USING (true)",
    "tenant_can_be_empty": WALL
    + "ALTER TABLE planted DROP CONSTRAINT planted_pkey; ALTER TABLE planted ALTER tenant_id DROP NOT NULL",
    "missing_composite_key": "ALTER TABLE ledger_contact DROP CONSTRAINT ledger_contact_customer_id_wall",
    "plain_foreign_key": WALL
    + "ALTER TABLE ledger_customer ADD CONSTRAINT only_id UNIQUE (id);"
    + "ALTER TABLE planted ADD customer_id uuid REFERENCES ledger_customer (id)",
    "key_without_tenant": "CREATE UNIQUE INDEX planted ON ledger_customer (code)",
    "key_without_tenant, primary": WALL
    + "ALTER TABLE planted DROP CONSTRAINT planted_pkey; ALTER TABLE planted ADD PRIMARY KEY (id)",
    "shared_sequence": WALL + "ALTER TABLE planted ADD number bigserial",
    "shared_sequence, identity": WALL
    + "ALTER TABLE planted ADD number bigint GENERATED ALWAYS AS IDENTITY",
    "unknown_definer": DEFINER.format(path="SET search_path = pg_catalog, pg_temp"),
    "definer_search_path": DEFINER.format(path=""),
    "definer_search_path, temporary tables first": DEFINER.format(
        path="SET search_path = pg_catalog, public"
    ),
    "definer_for_everybody": "GRANT EXECUTE ON FUNCTION sec.tenant_ids() TO PUBLIC",
    "view_of_its_owner": "CREATE VIEW planted AS SELECT * FROM ledger_customer",
    "materialised_view": "CREATE MATERIALIZED VIEW planted AS SELECT 1 AS one",
    "strong_role": "ALTER ROLE otc_worker BYPASSRLS",
    "role_in_role": "GRANT otc_owner TO otc_worker",
    "role_owns": "ALTER TABLE ledger_customer OWNER TO otc_worker",
    "may_create": "GRANT CREATE ON SCHEMA public TO otc_web",
    "may_make_temporary_tables": "GRANT TEMPORARY ON DATABASE {copy} TO otc_worker",
    "may_truncate": "GRANT TRUNCATE ON ledger_customer TO otc_web",
    "may_write_audit": "GRANT DELETE ON accounts_auditevent TO otc_web",
    "may_read_secrets": "GRANT SELECT ON sec.context_key TO otc_web",
    "object_of_superuser": "ALTER TABLE ledger_customer OWNER TO CURRENT_USER",
}


def kinds(faults: list[Fault]) -> set[str]:
    return {fault.kind for fault in faults}


def test_the_migrated_database_shows_no_fault(superuser: psycopg2.extensions.cursor) -> None:
    assert isolation_faults(superuser) == []


@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_fault_is_found(plant: str, superuser: psycopg2.extensions.cursor) -> None:
    superuser.execute(PLANTS[plant].replace("{copy}", superuser.connection.info.dbname))
    found = isolation_faults(superuser)
    kind = plant.split(",", maxsplit=1)[0]
    assert kind in kinds(found)
    assert all(fault.object and "{fact}" not in fault.detail for fault in found)


def test_every_kind_of_fault_is_planted_once() -> None:
    named = {check.kind for check in checks()} | {"missing_composite_key"}
    assert {plant.split(",")[0] for plant in PLANTS} == named


def test_a_table_is_walled_or_named_as_global() -> None:
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    walled = {model._meta.db_table for model in walled_models()} | {"accounts_tenant"}
    assert tables - walled <= set(GLOBAL_TABLES)
    assert not walled & set(GLOBAL_TABLES)
