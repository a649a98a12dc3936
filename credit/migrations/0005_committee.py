"""The committee: who sits, its sessions and files, one vote of a seat on a file, minutes that never change."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

import kernel.identifiers
import kernel.tenancy
from kernel.walls import Wall

# What was decided together is evidence: the database itself keeps it as it was.
GUARD = """
CREATE FUNCTION credit_committee_kept() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    was jsonb := to_jsonb(OLD);
    kept boolean := true;
BEGIN
    IF current_setting('app.maintenance', true) = 'on' THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_TABLE_NAME = 'credit_committeeversion' THEN
        kept := NOT (was ->> 'is_draft')::boolean;
    ELSIF TG_TABLE_NAME = 'credit_committeeseat' THEN
        SELECT NOT is_draft INTO kept FROM public.credit_committeeversion
            WHERE tenant_id = OLD.tenant_id AND id = (was ->> 'version_id')::uuid;
    ELSIF TG_TABLE_NAME = 'credit_committeesession' THEN
        kept := was ->> 'state' IN ('closed', 'cancelled');
    ELSIF TG_TABLE_NAME = 'credit_sessionseat' THEN
        SELECT state <> 'preparing' INTO kept FROM public.credit_committeesession
            WHERE tenant_id = OLD.tenant_id AND id = (was ->> 'session_id')::uuid;
    ELSIF TG_TABLE_NAME = 'credit_agendafile' THEN
        IF TG_OP = 'DELETE' THEN
            kept := was ->> 'closed_at' IS NOT NULL;
        ELSE
            -- From its closing on, only an arbitration that is still to come and what follows are written.
            kept := was ->> 'closed_at' IS NOT NULL AND (
                (was - ARRAY['state', 'settled_at', 'arbitrated_by_id', 'arbitrated_at', 'is_upheld',
                    'arbitration_words', 'customer_id'])
                <> (to_jsonb(NEW) - ARRAY['state', 'settled_at', 'arbitrated_by_id', 'arbitrated_at', 'is_upheld',
                    'arbitration_words', 'customer_id'])
                OR (was ->> 'arbitrated_at' IS NOT NULL
                    AND (was - ARRAY['settled_at', 'customer_id']) <> (to_jsonb(NEW) - ARRAY['settled_at', 'customer_id']))
            );
        END IF;
    END IF;
    IF kept THEN
        RAISE EXCEPTION 'what a committee decided does not change (%)', TG_TABLE_NAME
            USING ERRCODE = 'check_violation', CONSTRAINT = 'committee_kept';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE FUNCTION credit_vote_in_time() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM public.credit_agendafile f
        JOIN public.credit_committeesession s ON s.tenant_id = f.tenant_id AND s.id = f.session_id
        JOIN public.credit_sessionseat t ON t.tenant_id = f.tenant_id AND t.session_id = s.id
        WHERE f.tenant_id = NEW.tenant_id AND f.id = NEW.file_id AND t.id = NEW.seat_id
            AND s.state IN ('called', 'closed') AND NEW.at >= s.called_at AND NEW.at < s.closes_at
            AND (f.closed_at IS NULL OR NEW.at < f.closed_at)
    ) THEN
        RAISE EXCEPTION 'no vote is open here' USING ERRCODE = 'check_violation', CONSTRAINT = 'committee_vote_in_time';
    END IF;
    RETURN NEW;
END $$;
GRANT EXECUTE ON FUNCTION credit_committee_kept(), credit_vote_in_time() TO otc_web, otc_worker;
CREATE TRIGGER committee_vote_in_time BEFORE INSERT ON credit_committeevote
    FOR EACH ROW EXECUTE FUNCTION credit_vote_in_time();
CREATE TRIGGER committee_vote_kept BEFORE UPDATE OR DELETE ON credit_committeevote
    FOR EACH ROW EXECUTE FUNCTION credit_committee_kept();
CREATE TRIGGER committee_version_kept BEFORE UPDATE OR DELETE ON credit_committeeversion
    FOR EACH ROW EXECUTE FUNCTION credit_committee_kept();
CREATE TRIGGER committee_seat_kept BEFORE UPDATE OR DELETE ON credit_committeeseat
    FOR EACH ROW EXECUTE FUNCTION credit_committee_kept();
CREATE TRIGGER committee_session_kept BEFORE UPDATE OR DELETE ON credit_committeesession
    FOR EACH ROW EXECUTE FUNCTION credit_committee_kept();
CREATE TRIGGER session_seat_kept BEFORE UPDATE OR DELETE ON credit_sessionseat
    FOR EACH ROW EXECUTE FUNCTION credit_committee_kept();
CREATE TRIGGER agenda_file_kept BEFORE UPDATE OR DELETE ON credit_agendafile
    FOR EACH ROW EXECUTE FUNCTION credit_committee_kept();
CREATE TRIGGER committee_minutes_kept BEFORE UPDATE OR DELETE ON credit_committeeminutes
    FOR EACH ROW EXECUTE FUNCTION credit_committee_kept();
CREATE TRIGGER minutes_file_kept BEFORE UPDATE OR DELETE ON credit_minutesfile
    FOR EACH ROW EXECUTE FUNCTION credit_committee_kept();
"""

REMOVAL = """
DROP TRIGGER minutes_file_kept ON credit_minutesfile;
DROP TRIGGER committee_minutes_kept ON credit_committeeminutes;
DROP TRIGGER agenda_file_kept ON credit_agendafile;
DROP TRIGGER session_seat_kept ON credit_sessionseat;
DROP TRIGGER committee_session_kept ON credit_committeesession;
DROP TRIGGER committee_seat_kept ON credit_committeeseat;
DROP TRIGGER committee_version_kept ON credit_committeeversion;
DROP TRIGGER committee_vote_kept ON credit_committeevote;
DROP TRIGGER committee_vote_in_time ON credit_committeevote;
DROP FUNCTION credit_vote_in_time();
DROP FUNCTION credit_committee_kept();
"""

TABLES = (
    "Committee",
    "CommitteeVersion",
    "CommitteeSeat",
    "CommitteeSession",
    "SessionSeat",
    "AgendaFile",
    "CommitteeVote",
    "VoteLink",
    "CommitteeTask",
    "CommitteeMinutes",
    "MinutesFile",
)


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("accounts", "0002_demo_and_second_factor"),
        ("credit", "0004_guarantees_exposure_and_holds"),
        ("ledger", "0008_lines_entrusted_one_by_one"),
    ]

    operations: ClassVar = [
        migrations.AddField(
            model_name="circuitversion",
            name="is_archival",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="circuitversion",
            name="place",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name="Committee",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "tenant_id",
                    models.UUIDField(default=kernel.tenancy.current_tenant_id, editable=False),
                ),
                ("code", models.SlugField(max_length=40)),
                ("name", models.CharField(max_length=120)),
                ("created_at", models.DateTimeField()),
                (
                    "scope",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.scope",
                    ),
                ),
            ],
            options={
                "ordering": ("name",),
            },
        ),
        migrations.CreateModel(
            name="CommitteeSession",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "tenant_id",
                    models.UUIDField(default=kernel.tenancy.current_tenant_id, editable=False),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("preparing", "Being prepared"),
                            ("called", "Voting"),
                            ("closed", "Closed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="preparing",
                        max_length=9,
                    ),
                ),
                ("meets_at", models.DateTimeField()),
                ("place", models.CharField(blank=True, max_length=200)),
                ("closes_at", models.DateTimeField()),
                ("quorum", models.PositiveSmallIntegerField(default=1)),
                ("created_at", models.DateTimeField()),
                ("called_at", models.DateTimeField(blank=True, null=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "arbiter",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "called_by",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "closed_by",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "committee",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sessions",
                        to="credit.committee",
                    ),
                ),
                (
                    "created_by",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "deputy_arbiter",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
            ],
            options={
                "ordering": ("-meets_at",),
            },
        ),
        migrations.CreateModel(
            name="CommitteeMinutes",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "tenant_id",
                    models.UUIDField(default=kernel.tenancy.current_tenant_id, editable=False),
                ),
                ("year", models.PositiveSmallIntegerField()),
                ("sequence", models.PositiveIntegerField()),
                ("snapshot", models.JSONField()),
                ("digest", models.CharField(max_length=64)),
                ("frozen_at", models.DateTimeField()),
                (
                    "session",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="minutes",
                        to="credit.committeesession",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "committee minutes",
                "ordering": ("-year", "-sequence"),
            },
        ),
        migrations.CreateModel(
            name="AgendaFile",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "tenant_id",
                    models.UUIDField(default=kernel.tenancy.current_tenant_id, editable=False),
                ),
                ("position", models.PositiveSmallIntegerField(default=0)),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("circuit", "By its circuit"),
                            ("review", "Review"),
                            ("hand", "Flagged by a colleague"),
                        ],
                        max_length=7,
                    ),
                ),
                (
                    "measure",
                    models.CharField(
                        choices=[
                            ("request", "Grant what is asked for"),
                            ("hold", "Put on hold"),
                            ("lower", "Lower the limit"),
                            ("discuss", "Agree what to do"),
                        ],
                        max_length=7,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waits for a session"),
                            ("on_agenda", "On the agenda"),
                            ("arbitration", "No consensus, to arbitration"),
                            ("closed", "Decided"),
                            ("postponed", "Postponed"),
                            ("dropped", "Not needed any more"),
                        ],
                        default="waiting",
                        max_length=11,
                    ),
                ),
                ("name", models.CharField(max_length=250)),
                ("reference", models.CharField(max_length=60)),
                (
                    "amount",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
                ),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("reason", models.CharField(blank=True, max_length=1000)),
                ("flagged_at", models.DateTimeField()),
                ("result", models.CharField(blank=True, max_length=12)),
                (
                    "granted_amount",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
                ),
                (
                    "deposit",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=5, null=True),
                ),
                ("needs_guarantee", models.BooleanField(default=False)),
                ("review_months", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("conditions", models.TextField(blank=True)),
                ("words", models.TextField(blank=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("arbitrated_at", models.DateTimeField(blank=True, null=True)),
                ("is_upheld", models.BooleanField(blank=True, null=True)),
                ("arbitration_words", models.TextField(blank=True)),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "arbitrated_by",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "closed_by",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "customer",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="agenda_files",
                        to="ledger.customer",
                    ),
                ),
                (
                    "flagged_by",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "request",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="agenda_files",
                        to="credit.creditrequest",
                    ),
                ),
                (
                    "step",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="agenda_files",
                        to="credit.requeststep",
                    ),
                ),
                (
                    "committee",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="files",
                        to="credit.committee",
                    ),
                ),
                (
                    "session",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="files",
                        to="credit.committeesession",
                    ),
                ),
            ],
            options={
                "ordering": ("position", "flagged_at"),
            },
        ),
        migrations.CreateModel(
            name="CommitteeTask",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "tenant_id",
                    models.UUIDField(default=kernel.tenancy.current_tenant_id, editable=False),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("deposit", "Collect a deposit"),
                            ("guarantee", "Obtain a guarantee"),
                            ("other", "See to a condition"),
                        ],
                        max_length=9,
                    ),
                ),
                (
                    "share",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=5, null=True),
                ),
                ("words", models.TextField(blank=True)),
                ("due_date", models.DateField()),
                ("made_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                (
                    "assignee",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "customer",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="committee_tasks",
                        to="ledger.customer",
                    ),
                ),
                (
                    "done_by",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "file",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tasks",
                        to="credit.agendafile",
                    ),
                ),
            ],
            options={
                "ordering": ("due_date", "made_at"),
            },
        ),
        migrations.CreateModel(
            name="CommitteeVersion",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "tenant_id",
                    models.UUIDField(default=kernel.tenancy.current_tenant_id, editable=False),
                ),
                ("number", models.PositiveSmallIntegerField()),
                ("is_draft", models.BooleanField(default=True)),
                ("quorum", models.PositiveSmallIntegerField()),
                ("written_at", models.DateTimeField()),
                ("published_at", models.DateTimeField(blank=True, null=True)),
                (
                    "arbiter",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "committee",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="credit.committee",
                    ),
                ),
                (
                    "deputy_arbiter",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "published_by",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "written_by",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
            ],
            options={
                "ordering": ("-number",),
            },
        ),
        migrations.AddField(
            model_name="committeesession",
            name="version",
            field=kernel.tenancy.TenantForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="credit.committeeversion",
            ),
        ),
        migrations.CreateModel(
            name="CommitteeSeat",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "tenant_id",
                    models.UUIDField(default=kernel.tenancy.current_tenant_id, editable=False),
                ),
                ("position", models.PositiveSmallIntegerField()),
                (
                    "member",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "substitute",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "version",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="seats",
                        to="credit.committeeversion",
                    ),
                ),
            ],
            options={
                "ordering": ("position",),
            },
        ),
        migrations.CreateModel(
            name="MinutesFile",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "tenant_id",
                    models.UUIDField(default=kernel.tenancy.current_tenant_id, editable=False),
                ),
                ("language", models.CharField(max_length=2)),
                ("pdf", models.BinaryField()),
                ("digest", models.CharField(max_length=64)),
                ("drawn_at", models.DateTimeField()),
                (
                    "minutes",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="papers",
                        to="credit.committeeminutes",
                    ),
                ),
            ],
            options={
                "ordering": ("language",),
            },
        ),
        migrations.CreateModel(
            name="SessionSeat",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "tenant_id",
                    models.UUIDField(default=kernel.tenancy.current_tenant_id, editable=False),
                ),
                ("position", models.PositiveSmallIntegerField()),
                (
                    "member",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "session",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="seats",
                        to="credit.committeesession",
                    ),
                ),
                (
                    "substitute",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
            ],
            options={
                "ordering": ("position",),
            },
        ),
        migrations.CreateModel(
            name="CommitteeVote",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "tenant_id",
                    models.UUIDField(default=kernel.tenancy.current_tenant_id, editable=False),
                ),
                (
                    "position",
                    models.CharField(
                        choices=[
                            ("yes", "For"),
                            ("conditions", "For, with conditions"),
                            ("no", "Against"),
                            ("abstain", "Abstains"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "amount",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
                ),
                (
                    "deposit",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=5, null=True),
                ),
                ("needs_guarantee", models.BooleanField(default=False)),
                ("review_months", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("conditions", models.CharField(blank=True, max_length=500)),
                ("reason", models.CharField(blank=True, max_length=1000)),
                ("is_by_link", models.BooleanField(default=False)),
                ("at", models.DateTimeField()),
                (
                    "file",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="votes",
                        to="credit.agendafile",
                    ),
                ),
                (
                    "first_requester",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "on_behalf_of",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "requested_by",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "voter",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "seat",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="votes",
                        to="credit.sessionseat",
                    ),
                ),
            ],
            options={
                "ordering": ("at",),
            },
        ),
        migrations.CreateModel(
            name="VoteLink",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "tenant_id",
                    models.UUIDField(default=kernel.tenancy.current_tenant_id, editable=False),
                ),
                ("made_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(blank=True, null=True)),
                (
                    "file",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="links",
                        to="credit.agendafile",
                    ),
                ),
                (
                    "person",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "seat",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="links",
                        to="credit.sessionseat",
                    ),
                ),
            ],
            options={
                "ordering": ("made_at",),
            },
        ),
        migrations.AddConstraint(
            model_name="committee",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id", "code"), name="committee_code_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="committeeminutes",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id", "session"), name="committee_minutes_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="committeeminutes",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id", "year", "sequence"), name="committee_minutes_number_unique"
            ),
        ),
        migrations.AddIndex(
            model_name="agendafile",
            index=models.Index(fields=["tenant_id", "session"], name="agenda_file_by_session"),
        ),
        migrations.AddIndex(
            model_name="agendafile",
            index=models.Index(fields=["tenant_id", "request"], name="agenda_file_by_request"),
        ),
        migrations.AddIndex(
            model_name="agendafile",
            index=models.Index(
                condition=models.Q(("settled_at", None), ("state__in", ("arbitration", "closed"))),
                fields=["tenant_id", "closed_at"],
                name="agenda_file_to_settle",
            ),
        ),
        migrations.AddConstraint(
            model_name="agendafile",
            constraint=kernel.tenancy.TenantUnique(
                condition=models.Q(("state__in", ("waiting", "on_agenda"))),
                fields=("tenant_id", "step"),
                name="agenda_file_step_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="agendafile",
            constraint=kernel.tenancy.TenantUnique(
                condition=models.Q(("request", None), ("state__in", ("waiting", "on_agenda"))),
                fields=("tenant_id", "customer", "measure"),
                name="agenda_file_customer_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="agendafile",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("measure", "request"), ("request__isnull", False), ("step__isnull", False)
                    ),
                    models.Q(
                        models.Q(("measure", "request"), _negated=True),
                        ("customer__isnull", False),
                        ("flagged_by__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="agenda_file_of_something",
            ),
        ),
        migrations.AddConstraint(
            model_name="agendafile",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("source__in", ["circuit", "review"]),
                    models.Q(("reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="agenda_file_flagged_with_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="agendafile",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ("arbitration", "closed")), _negated=True),
                    models.Q(("closed_at__isnull", False), ("closed_by__isnull", False)),
                    _connector="OR",
                ),
                name="agenda_file_closed_by_a_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="agendafile",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("measure", "request"),
                    models.Q(
                        models.Q(("closed_by", models.F("flagged_by")), _negated=True),
                        models.Q(("arbitrated_by", models.F("flagged_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="agenda_file_s1_two_people",
            ),
        ),
        migrations.AddIndex(
            model_name="committeetask",
            index=models.Index(
                condition=models.Q(("done_at", None)),
                fields=["tenant_id", "assignee", "due_date"],
                name="committee_task_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="committeetask",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("done_at", None), ("done_by", None)),
                    models.Q(("done_at__isnull", False), ("done_by__isnull", False)),
                    _connector="OR",
                ),
                name="committee_task_done_by_a_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="committeeversion",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id", "committee", "number"), name="committee_version_number_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="committeeversion",
            constraint=kernel.tenancy.TenantUnique(
                condition=models.Q(("is_draft", True)),
                fields=("tenant_id", "committee"),
                name="committee_one_draft",
            ),
        ),
        migrations.AddConstraint(
            model_name="committeeversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("is_draft", True), ("published_by", None)),
                    models.Q(
                        ("is_draft", False),
                        ("published_at__isnull", False),
                        ("published_by__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="committee_version_published_by_a_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="committeeversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("published_by", models.F("written_by")), _negated=True),
                name="committee_s10_two_people",
            ),
        ),
        migrations.AddConstraint(
            model_name="committeeversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("deputy_arbiter", models.F("arbiter")), _negated=True),
                name="committee_deputy_is_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="committeeversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("quorum__gte", 2)), name="committee_quorum_of_two"
            ),
        ),
        migrations.AddIndex(
            model_name="committeesession",
            index=models.Index(
                condition=models.Q(("state__in", ["preparing", "called"])),
                fields=["tenant_id", "closes_at"],
                name="committee_session_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="committeesession",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "closed"), _negated=True),
                    models.Q(("closed_at__isnull", False), ("closed_by__isnull", False)),
                    _connector="OR",
                ),
                name="committee_session_closed_by_a_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="committeesession",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["called", "closed"]), _negated=True),
                    models.Q(
                        ("arbiter__isnull", False),
                        ("called_at__isnull", False),
                        ("version__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="committee_session_called_with_seats",
            ),
        ),
        migrations.AddConstraint(
            model_name="committeeseat",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id", "version", "position"), name="committee_seat_position_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="committeeseat",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id", "version", "member"), name="committee_seat_member_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="committeeseat",
            constraint=models.CheckConstraint(
                condition=models.Q(("substitute", models.F("member")), _negated=True),
                name="committee_substitute_is_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="minutesfile",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id", "minutes", "language"), name="minutes_file_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="sessionseat",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id", "session", "position"), name="session_seat_position_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="committeevote",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id", "file", "seat"), name="committee_vote_once_per_seat"
            ),
        ),
        migrations.AddConstraint(
            model_name="committeevote",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id", "file", "voter"), name="committee_vote_once_per_person"
            ),
        ),
        migrations.AddConstraint(
            model_name="committeevote",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("voter", models.F("requested_by")), _negated=True),
                    models.Q(("voter", models.F("first_requester")), _negated=True),
                ),
                name="committee_vote_s1_two_people",
            ),
        ),
        migrations.AddConstraint(
            model_name="committeevote",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("on_behalf_of", models.F("requested_by")), _negated=True),
                    models.Q(("on_behalf_of", models.F("first_requester")), _negated=True),
                ),
                name="committee_vote_s13_delegator",
            ),
        ),
        migrations.AddConstraint(
            model_name="committeevote",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("position", "yes"), models.Q(("reason", ""), _negated=True), _connector="OR"
                ),
                name="committee_vote_reasoned",
            ),
        ),
        migrations.AddConstraint(
            model_name="votelink",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id", "file", "seat", "person"), name="vote_link_once"
            ),
        ),
        *(Wall(table) for table in TABLES),
        migrations.RunSQL(GUARD, REMOVAL),
    ]
