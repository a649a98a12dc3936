"""The database's own guard: schema `sec`, the signed context, narrow look-ups and the audit chain.

Each function is SECURITY DEFINER with a fixed search path and owned by the role that owns the tables. Look-ups that
must find a tenant before any context exists raise the owner's maintenance flag while they run and return no
more than the ids they were written for (RELIABILITY D2, D3, D5, D19).
"""

CONTEXT = """
CREATE SCHEMA IF NOT EXISTS sec;
REVOKE ALL ON SCHEMA sec FROM PUBLIC;
GRANT USAGE ON SCHEMA sec TO otc_web, otc_worker;
GRANT USAGE ON SCHEMA public TO otc_web, otc_worker;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO otc_web, otc_worker;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO otc_web, otc_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO otc_web, otc_worker;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO otc_web, otc_worker;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- The two padded halves of the HMAC key; at most two keys live, so that one can be rotated in.
CREATE TABLE sec.context_key (
    inner_pad bytea PRIMARY KEY,
    outer_pad bytea NOT NULL,
    installed_at timestamptz NOT NULL DEFAULT now()
);

CREATE FUNCTION sec.tenant() RETURNS uuid
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, sec, pg_temp AS $$
DECLARE
    context text := current_setting('app.ctx', true);
    parts text[];
    signed bytea;
    key record;
BEGIN
    IF context IS NULL OR context = '' THEN
        RAISE EXCEPTION 'no tenant context is set in this transaction'
            USING ERRCODE = 'insufficient_privilege', HINT = 'open tenant_scope(tenant_id) first';
    END IF;
    parts := string_to_array(context, ':');
    IF array_length(parts, 1) <> 3 THEN
        RETURN NULL;
    END IF;
    signed := convert_to(parts[1] || ':' || parts[2], 'UTF8');
    FOR key IN SELECT inner_pad, outer_pad FROM sec.context_key LOOP
        IF encode(sha256(key.outer_pad || sha256(key.inner_pad || signed)), 'hex') = parts[3] THEN
            IF parts[2]::bigint < extract(epoch FROM clock_timestamp()) THEN
                RAISE EXCEPTION 'the tenant context of this transaction has expired'
                    USING ERRCODE = 'insufficient_privilege';
            END IF;
            RETURN parts[1]::uuid;
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
GRANT EXECUTE ON FUNCTION sec.tenant() TO otc_web, otc_worker;
"""

LOOK_UPS = """
CREATE FUNCTION sec.memberships_of(asked_user uuid)
RETURNS TABLE (tenant_id uuid, membership_id uuid, slug text, name text, joined_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM set_config('app.maintenance', 'on', true);
    RETURN QUERY
    SELECT m.tenant_id, m.id, t.slug::text, t.name::text, m.joined_at
    FROM accounts_membership m JOIN accounts_tenant t ON t.id = m.tenant_id
    WHERE m.user_id = asked_user AND m.state = 'active'
    ORDER BY t.name;
    PERFORM set_config('app.maintenance', 'off', true);
END $$;
CREATE FUNCTION sec.tenant_of_slug(asked_slug text) RETURNS SETOF uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM set_config('app.maintenance', 'on', true);
    RETURN QUERY
    SELECT id FROM accounts_tenant WHERE slug = asked_slug;
    PERFORM set_config('app.maintenance', 'off', true);
END $$;
CREATE FUNCTION sec.tenant_ids() RETURNS SETOF uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM set_config('app.maintenance', 'on', true);
    RETURN QUERY
    SELECT id FROM accounts_tenant ORDER BY id;
    PERFORM set_config('app.maintenance', 'off', true);
END $$;
CREATE FUNCTION sec.tenant_of_token(asked_hash text) RETURNS TABLE (tenant_id uuid, token_id uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM set_config('app.maintenance', 'on', true);
    RETURN QUERY
    SELECT t.tenant_id, t.id FROM accounts_apitoken t WHERE t.secret_hash = asked_hash;
    PERFORM set_config('app.maintenance', 'off', true);
END $$;
CREATE FUNCTION sec.tenant_of_invitation(asked_hash text) RETURNS TABLE (tenant_id uuid, invitation_id uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM set_config('app.maintenance', 'on', true);
    RETURN QUERY
    SELECT i.tenant_id, i.id FROM accounts_invitation i WHERE i.secret_hash = asked_hash;
    PERFORM set_config('app.maintenance', 'off', true);
END $$;
GRANT EXECUTE ON FUNCTION sec.memberships_of(uuid), sec.tenant_of_slug(text), sec.tenant_ids(),
    sec.tenant_of_token(text), sec.tenant_of_invitation(text) TO otc_web, otc_worker;
"""

AUDIT = """
CREATE TABLE sec.audit_head (
    tenant_id uuid PRIMARY KEY,
    sequence bigint NOT NULL,
    hash text NOT NULL
);
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON accounts_auditevent FROM otc_web, otc_worker;

CREATE FUNCTION sec.audit_hash(previous text, tenant uuid, sequence bigint, at timestamptz, event text)
RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
    SELECT encode(sha256(convert_to(
        previous || '|' || tenant || '|' || sequence || '|'
        || to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '|' || event, 'UTF8')), 'hex')
$$;

CREATE FUNCTION sec.append_audit(event_id uuid, actor text, action text, object_kind text, object_id text, details jsonb)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, sec, pg_temp AS $$
DECLARE
    owner uuid := sec.tenant();
    head record;
    stamp timestamptz := clock_timestamp();
    next_hash text;
BEGIN
    IF owner IS NULL THEN
        RAISE EXCEPTION 'the tenant context is not signed by us' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM set_config('app.maintenance', 'on', true);
    INSERT INTO sec.audit_head VALUES (owner, 0, repeat('0', 64)) ON CONFLICT DO NOTHING;
    SELECT * INTO head FROM sec.audit_head WHERE tenant_id = owner FOR UPDATE;
    next_hash := sec.audit_hash(head.hash, owner, head.sequence + 1, stamp,
        jsonb_build_array(actor, action, object_kind, object_id, details)::text);
    INSERT INTO accounts_auditevent
        (id, tenant_id, sequence, at, actor, action, object_kind, object_id, details, previous_hash, hash)
    VALUES (event_id, owner, head.sequence + 1, stamp, actor, action, object_kind, object_id, details,
        head.hash, next_hash);
    UPDATE sec.audit_head SET sequence = head.sequence + 1, hash = next_hash WHERE tenant_id = owner;
    PERFORM set_config('app.maintenance', 'off', true);
    RETURN head.sequence + 1;
END $$;
GRANT EXECUTE ON FUNCTION sec.append_audit(uuid, text, text, text, text, jsonb) TO otc_web, otc_worker;

-- Returns how many events there are and the first sequence number at which the chain does not hold, if any.
CREATE FUNCTION sec.verify_audit() RETURNS TABLE (events bigint, first_broken bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, sec, pg_temp AS $$
DECLARE
    owner uuid := sec.tenant();
    link record;
    expected bigint := 1;
    previous text := repeat('0', 64);
    head record;
BEGIN
    events := 0;
    PERFORM set_config('app.maintenance', 'on', true);
    FOR link IN SELECT * FROM accounts_auditevent a WHERE a.tenant_id = owner ORDER BY a.sequence LOOP
        events := events + 1;
        IF first_broken IS NULL AND (link.sequence <> expected OR link.previous_hash <> previous
            OR link.hash <> sec.audit_hash(previous, owner, link.sequence, link.at,
                jsonb_build_array(link.actor, link.action, link.object_kind, link.object_id, link.details)::text)) THEN
            first_broken := least(link.sequence, expected);
        END IF;
        expected := link.sequence + 1;
        previous := link.hash;
    END LOOP;
    SELECT * INTO head FROM sec.audit_head h WHERE h.tenant_id = owner;
    IF first_broken IS NULL AND FOUND AND (head.sequence <> expected - 1 OR head.hash <> previous) THEN
        first_broken := expected;
    END IF;
    PERFORM set_config('app.maintenance', 'off', true);
    RETURN NEXT;
END $$;
GRANT EXECUTE ON FUNCTION sec.verify_audit() TO otc_web, otc_worker;
"""

NOTHING = "SELECT 1"
