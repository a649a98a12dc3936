from django.db import migrations, models

DEMO_PEOPLE = """
CREATE FUNCTION sec.demo_people()
RETURNS TABLE (user_id uuid, membership_id uuid, tenant_id uuid, tenant_name text, name text, email text, role text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM set_config('app.maintenance', 'on', true);
    RETURN QUERY
    SELECT DISTINCT ON (t.id, m.id) m.user_id, m.id, t.id, t.name::text, m.name::text, m.email::text, g.role::text
    FROM accounts_tenant t
    JOIN accounts_membership m ON m.tenant_id = t.id AND m.state = 'active'
    JOIN accounts_user u ON u.id = m.user_id AND u.is_active
    JOIN accounts_rolegrant g ON g.tenant_id = t.id AND g.membership_id = m.id
    WHERE t.is_demo
    ORDER BY t.id, m.id, g.granted_at, g.id;
    PERFORM set_config('app.maintenance', 'off', true);
END $$;
GRANT EXECUTE ON FUNCTION sec.demo_people() TO otc_web, otc_worker;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_tenants_people_and_audit"),
    ]

    operations = [
        migrations.AddField(
            model_name="tenant",
            name="is_demo",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="tenant",
            name="is_second_factor_required",
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.AddField(
            model_name="tenant",
            name="second_factor_grace_days",
            field=models.PositiveSmallIntegerField(db_default=14, default=14),
        ),
        migrations.RunSQL(DEMO_PEOPLE, "DROP FUNCTION sec.demo_people()"),
    ]
