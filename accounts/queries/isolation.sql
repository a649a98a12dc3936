-- What every question may use.
WITH walled AS (
    SELECT c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity, key,
        -- How PostgreSQL prints `tenant_id = (SELECT sec.tenant())`.
        '(' || key || ' = ( SELECT sec.tenant() AS tenant))' AS wall
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
    -- The tenant table itself is walled by its own id.
    CROSS JOIN LATERAL (SELECT CASE c.relname WHEN 'accounts_tenant' THEN 'id' ELSE 'tenant_id' END AS key) k
    WHERE c.relkind IN ('r', 'p') AND c.relname <> ALL (%(globals)s)
),
application AS (
    SELECT * FROM pg_roles WHERE rolname = ANY (%(roles)s)
),
policies AS (
    SELECT w.oid, w.relname, w.wall, p.policyname, p.permissive, p.roles, p.cmd, p.qual, p.with_check
    FROM walled w
    JOIN pg_policies p ON p.schemaname = 'public' AND p.tablename = w.relname
    WHERE p.roles && ('{public}'::name[] || %(roles)s::name[])
),
relations AS (
    SELECT n.nspname || '.' || c.relname AS name, n.nspname, c.*
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
),
definers AS (
    SELECT n.nspname || '.' || f.proname AS name, f.*
    FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace
    WHERE f.prosecdef AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
)

-- table_without_policy: row-level security is off or has no policy: end the migration with Wall(), or name the table as global
SELECT relname, '' FROM walled w
WHERE NOT relrowsecurity OR NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = w.oid)

-- not_forced: row-level security does not hold for the owner: ALTER TABLE … FORCE ROW LEVEL SECURITY
SELECT relname, '' FROM walled WHERE relrowsecurity AND NOT relforcerowsecurity

-- permissive_without_floor: for {fact} no restrictive policy stops a later permissive one from widening what is seen: add tenant_floor
SELECT w.relname, a.rolname FROM walled w CROSS JOIN application a
WHERE w.relrowsecurity
AND EXISTS (SELECT FROM policies p WHERE p.oid = w.oid AND p.permissive = 'PERMISSIVE')
AND NOT EXISTS (
    SELECT FROM policies p
    WHERE p.oid = w.oid AND p.permissive = 'RESTRICTIVE' AND p.cmd = 'ALL'
    AND p.roles && ARRAY['public', a.rolname]::name[]
    AND p.qual = p.wall AND coalesce(p.with_check, p.qual) = p.wall
)

-- policy_not_signed: policy {fact} does not compare with (SELECT sec.tenant()) in USING and WITH CHECK alike
SELECT relname, policyname FROM policies
WHERE coalesce(qual, wall) <> wall OR coalesce(with_check, qual) <> wall

-- tenant_can_be_empty: a row may belong to nobody: {fact} has to exist and be NOT NULL
SELECT relname, key FROM walled w
WHERE NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = w.oid AND a.attname = w.key AND a.attnotnull)

-- plain_foreign_key: {fact} leads to a row of any tenant, since such checks see through the wall: add tenant_id to it
SELECT w.relname, k.conname FROM walled w
JOIN pg_constraint k ON k.conrelid = w.oid AND k.contype = 'f'
JOIN walled target ON target.oid = k.confrelid AND target.relname <> 'accounts_tenant'
WHERE NOT EXISTS (
    SELECT FROM generate_subscripts(k.conkey, 1) i
    JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[i] AND a.attname = 'tenant_id'
    JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = k.confkey[i] AND b.attname = 'tenant_id'
)

-- key_without_tenant: unique key {fact} does not begin with tenant_id, so it tells what other tenants have
SELECT w.relname, x.relname FROM walled w
JOIN pg_index i ON i.indrelid = w.oid AND (i.indisunique OR i.indisexclusion)
JOIN pg_class x ON x.oid = i.indexrelid
WHERE w.relname <> 'accounts_tenant' AND NOT EXISTS (
    SELECT FROM pg_attribute a WHERE a.attrelid = w.oid AND a.attnum = i.indkey[0] AND a.attname = 'tenant_id'
)

-- shared_sequence: column {fact} is numbered by a sequence that all tenants share, which tells their volume
SELECT w.relname, a.attname FROM walled w
JOIN pg_attribute a ON a.attrelid = w.oid AND a.attnum > 0
LEFT JOIN pg_attrdef d ON d.adrelid = w.oid AND d.adnum = a.attnum
WHERE a.attidentity <> '' OR pg_get_expr(d.adbin, d.adrelid) LIKE '%%nextval(%%'

-- unknown_definer: the function runs with its owner's rights and is not on the list of known ones
SELECT name, '' FROM definers WHERE name <> ALL (%(definers)s)

-- definer_search_path: the function runs with its owner's rights without SET search_path = …, pg_temp, so that a temporary table could stand in for one of ours
SELECT name, '' FROM definers
WHERE NOT EXISTS (SELECT FROM unnest(proconfig) setting WHERE setting LIKE 'search_path=%%, pg_temp')

-- definer_for_everybody: every role may execute the function, which runs with its owner's rights: REVOKE EXECUTE … FROM PUBLIC
SELECT name, '' FROM definers
WHERE EXISTS (
    SELECT FROM aclexplode(coalesce(proacl, acldefault('f', proowner))) g
    WHERE g.grantee = 0 AND g.privilege_type = 'EXECUTE'
)

-- view_of_its_owner: the view reads with its owner's rights: WITH (security_invoker = true)
SELECT name, '' FROM relations
WHERE relkind = 'v' AND NOT EXISTS (
    SELECT FROM unnest(reloptions) o WHERE o IN ('security_invoker=true', 'security_invoker=on', 'security_invoker=1')
)

-- materialised_view: a materialised view has no row-level security: make it a table behind the wall
SELECT name, '' FROM relations WHERE relkind = 'm'

-- strong_role: the application's role has {fact}, before which no policy holds
SELECT rolname, concat_ws(', ',
    CASE WHEN rolsuper THEN 'SUPERUSER' END, CASE WHEN rolbypassrls THEN 'BYPASSRLS' END,
    CASE WHEN rolcreaterole THEN 'CREATEROLE' END, CASE WHEN rolcreatedb THEN 'CREATEDB' END,
    CASE WHEN rolreplication THEN 'REPLICATION' END)
FROM application
WHERE rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication

-- role_in_role: the application's role is a member of {fact} and can act as it
SELECT a.rolname, r.rolname FROM pg_auth_members m
JOIN application a ON a.oid = m.member JOIN pg_roles r ON r.oid = m.roleid

-- role_owns: the object belongs to {fact}, who can switch its policies off: give it to the owner role
SELECT r.name, a.rolname FROM relations r JOIN application a ON a.oid = r.relowner
UNION ALL
SELECT n.nspname, a.rolname FROM pg_namespace n JOIN application a ON a.oid = n.nspowner
UNION ALL
SELECT f.oid::regprocedure::text, a.rolname FROM pg_proc f JOIN application a ON a.oid = f.proowner

-- may_create: {fact} may create objects there
SELECT n.nspname, a.rolname FROM pg_namespace n CROSS JOIN application a
WHERE n.nspname !~ '^pg_' AND has_schema_privilege(a.oid, n.oid, 'CREATE')
UNION ALL
SELECT d.datname, a.rolname FROM pg_database d CROSS JOIN application a
WHERE d.datname = current_database() AND has_database_privilege(a.oid, d.oid, 'CREATE')

-- may_make_temporary_tables: {fact} may make temporary tables, whose names come before ours: REVOKE TEMP ON DATABASE … FROM PUBLIC
SELECT d.datname, a.rolname FROM pg_database d CROSS JOIN application a
WHERE d.datname = current_database() AND has_database_privilege(a.oid, d.oid, 'TEMP')

-- may_truncate: {fact} may empty the table for all tenants at once, since TRUNCATE knows no policy
SELECT r.name, a.rolname FROM relations r CROSS JOIN application a
WHERE r.relkind IN ('r', 'p') AND has_table_privilege(a.oid, r.oid, 'TRUNCATE')

-- may_write_audit: {fact} may write the audit trail past sec.append_audit()
SELECT r.name, a.rolname FROM relations r CROSS JOIN application a
WHERE r.name = 'public.accounts_auditevent' AND has_table_privilege(a.oid, r.oid, 'INSERT, UPDATE, DELETE')

-- may_read_secrets: {fact} may read or change a table of schema sec, where the key of the tenant context lies
SELECT r.name, a.rolname FROM relations r CROSS JOIN application a
WHERE r.nspname = 'sec' AND r.relkind IN ('r', 'p')
AND has_table_privilege(a.oid, r.oid, 'SELECT, INSERT, UPDATE, DELETE')

-- object_of_superuser: the object belongs to superuser {fact}, for whom no policy holds: give it to the owner role
SELECT r.name, s.rolname FROM relations r
JOIN pg_roles s ON s.oid = r.relowner AND s.rolsuper WHERE r.relkind IN ('r', 'p', 'v', 'm')
UNION ALL
SELECT d.name, s.rolname FROM definers d JOIN pg_roles s ON s.oid = d.proowner AND s.rolsuper
