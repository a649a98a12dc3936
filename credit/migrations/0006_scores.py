from decimal import Decimal
from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

import kernel.identifiers
import kernel.tenancy
from kernel.walls import Wall

# A published scorecard is what scores rest on: it is frozen, and none of its authors published it (S10).
GUARD = """
ALTER TABLE credit_scorecardversion ADD CONSTRAINT scorecard_s10_no_author
    CHECK (published_by_id IS NULL OR NOT authors @> to_jsonb(published_by_id::text));
CREATE FUNCTION credit_scorecard_kept() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF coalesce(current_setting('app.maintenance', true), '') <> 'on' AND NOT OLD.is_draft THEN
        RAISE EXCEPTION 'a published scorecard does not change'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'scorecard_kept';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
GRANT EXECUTE ON FUNCTION credit_scorecard_kept() TO otc_web, otc_worker;
CREATE TRIGGER scorecard_kept BEFORE UPDATE OR DELETE ON credit_scorecardversion
    FOR EACH ROW EXECUTE FUNCTION credit_scorecard_kept();
"""

REMOVAL = """
DROP TRIGGER scorecard_kept ON credit_scorecardversion;
DROP FUNCTION credit_scorecard_kept();
ALTER TABLE credit_scorecardversion DROP CONSTRAINT scorecard_s10_no_author;
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("accounts", "0002_demo_and_second_factor"),
        ("credit", "0005_committee"),
        ("ledger", "0008_lines_entrusted_one_by_one"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="ScorecardVersion",
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
                ("content", models.JSONField()),
                ("authors", models.JSONField(default=list)),
                ("published_at", models.DateTimeField(blank=True, null=True)),
                ("published_date", models.DateField(blank=True, null=True)),
                ("changed_at", models.DateTimeField(auto_now=True)),
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
                        blank=True,
                        null=True,
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
        migrations.CreateModel(
            name="Score",
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
                ("day", models.DateField()),
                ("points", models.DecimalField(decimal_places=2, max_digits=5)),
                (
                    "grade",
                    models.CharField(
                        choices=[("A", "A"), ("B", "B"), ("C", "C"), ("D", "D"), ("E", "E")],
                        max_length=1,
                    ),
                ),
                ("lines", models.JSONField()),
                (
                    "used",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=9, null=True),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "customer",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="scores",
                        to="ledger.customer",
                    ),
                ),
                (
                    "version",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="credit.scorecardversion",
                    ),
                ),
            ],
            options={
                "ordering": ("-day",),
            },
        ),
        migrations.CreateModel(
            name="ScoreContest",
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
                ("received_date", models.DateField()),
                ("grade", models.CharField(blank=True, max_length=1)),
                ("words", models.TextField()),
                ("recorded_at", models.DateTimeField()),
                ("answer", models.TextField(blank=True)),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                (
                    "answered_by",
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.customer",
                    ),
                ),
                (
                    "recorded_by",
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
                "ordering": ("-received_date", "-recorded_at"),
            },
        ),
        migrations.CreateModel(
            name="ScoreOverride",
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
                    "grade",
                    models.CharField(
                        choices=[("A", "A"), ("B", "B"), ("C", "C"), ("D", "D"), ("E", "E")],
                        max_length=1,
                    ),
                ),
                (
                    "card_grade",
                    models.CharField(
                        choices=[("A", "A"), ("B", "B"), ("C", "C"), ("D", "D"), ("E", "E")],
                        max_length=1,
                    ),
                ),
                ("reason", models.CharField(max_length=500)),
                ("from_date", models.DateField()),
                ("until_date", models.DateField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waits for a second person"),
                            ("in_force", "In force"),
                            ("refused", "Refused"),
                            ("ended", "Ended"),
                        ],
                        max_length=10,
                    ),
                ),
                ("made_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                (
                    "customer",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.customer",
                    ),
                ),
                (
                    "decided_by",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "made_by",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
            ],
            options={
                "ordering": ("-made_at",),
            },
        ),
        migrations.CreateModel(
            name="ScoreSettings",
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
                ("failing", models.JSONField(default=dict)),
                (
                    "lost",
                    models.DecimalField(decimal_places=4, default=Decimal("0.6"), max_digits=5),
                ),
                (
                    "financing",
                    models.DecimalField(decimal_places=4, default=Decimal("0.05"), max_digits=5),
                ),
                (
                    "margin_rate",
                    models.DecimalField(decimal_places=4, default=Decimal("0.2"), max_digits=5),
                ),
                ("watch_grades", models.PositiveSmallIntegerField(default=1)),
                ("watch_days", models.PositiveSmallIntegerField(default=10)),
                (
                    "watch_used",
                    models.DecimalField(decimal_places=3, default=Decimal("0.9"), max_digits=4),
                ),
                ("class_months", models.PositiveSmallIntegerField(default=6)),
                ("changed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "changed_by",
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
                "verbose_name_plural": "score settings",
            },
        ),
        migrations.CreateModel(
            name="ScoringRun",
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
                ("day", models.DateField()),
                ("customers", models.PositiveIntegerField()),
                ("changed", models.PositiveIntegerField()),
                ("reclassed", models.PositiveIntegerField()),
                ("alerts", models.PositiveIntegerField()),
                ("finished_at", models.DateTimeField()),
                (
                    "version",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="credit.scorecardversion",
                    ),
                ),
            ],
            options={
                "ordering": ("-day",),
            },
        ),
        migrations.CreateModel(
            name="WatchAlert",
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
                            ("grade_fell", "Grade fell"),
                            ("legal_event", "Legal event"),
                            ("days_late", "Pays later than before"),
                            ("cover_reduced", "Insurer covers less"),
                            ("limit_used", "Limit nearly used up"),
                        ],
                        max_length=15,
                    ),
                ),
                ("day", models.DateField()),
                ("facts", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField(blank=True, null=True)),
                ("words", models.CharField(blank=True, max_length=500)),
                (
                    "customer",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.customer",
                    ),
                ),
                (
                    "seen_by",
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
                "ordering": ("-day", "-created_at"),
            },
        ),
        migrations.CreateModel(
            name="CompanyProfile",
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
                ("founded_date", models.DateField(blank=True, null=True)),
                ("sector", models.CharField(blank=True, max_length=6)),
                ("source", models.CharField(max_length=120)),
                ("entered_at", models.DateTimeField()),
                (
                    "customer",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.customer",
                    ),
                ),
                (
                    "entered_by",
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
                "constraints": [
                    kernel.tenancy.TenantUnique(
                        fields=("tenant_id", "customer"), name="company_profile_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="FinancialStatement",
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
                ("siren", models.CharField(blank=True, max_length=9)),
                ("year_end", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                (
                    "total_assets",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=19, null=True),
                ),
                (
                    "current_assets",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=19, null=True),
                ),
                (
                    "inventories",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=19, null=True),
                ),
                (
                    "receivables",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=19, null=True),
                ),
                (
                    "equity",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=19, null=True),
                ),
                (
                    "retained_earnings",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=19, null=True),
                ),
                (
                    "liabilities",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=19, null=True),
                ),
                (
                    "short_term_liabilities",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=19, null=True),
                ),
                (
                    "debt",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=19, null=True),
                ),
                (
                    "cash",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=19, null=True),
                ),
                (
                    "sales",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=19, null=True),
                ),
                (
                    "ebit",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=19, null=True),
                ),
                (
                    "depreciation",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=19, null=True),
                ),
                (
                    "financial_expenses",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=19, null=True),
                ),
                (
                    "net_profit",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=19, null=True),
                ),
                ("source", models.CharField(max_length=120)),
                ("entered_at", models.DateTimeField()),
                ("replaced_at", models.DateTimeField(blank=True, null=True)),
                (
                    "customer",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.customer",
                    ),
                ),
                (
                    "entered_by",
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
                "ordering": ("-year_end",),
                "indexes": [
                    models.Index(fields=["tenant_id", "siren"], name="financial_statement_by_siren")
                ],
                "constraints": [
                    kernel.tenancy.TenantUnique(
                        condition=models.Q(("customer__isnull", False), ("replaced_at", None)),
                        fields=("tenant_id", "customer", "year_end"),
                        name="financial_statement_one_a_year",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("customer__isnull", False),
                            models.Q(("siren", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="financial_statement_of_somebody",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HeldClass",
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
                ("written", models.CharField(blank=True, max_length=1)),
                ("by_hand", models.CharField(blank=True, max_length=1)),
                ("held_until", models.DateField(blank=True, null=True)),
                (
                    "customer",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.customer",
                    ),
                ),
            ],
            options={
                "constraints": [
                    kernel.tenancy.TenantUnique(
                        fields=("tenant_id", "customer"), name="held_class_once"
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="scorecardversion",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id", "number"), name="scorecard_number_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="scorecardversion",
            constraint=kernel.tenancy.TenantUnique(
                condition=models.Q(("is_draft", True)),
                fields=("tenant_id", "is_draft"),
                name="scorecard_one_draft",
            ),
        ),
        migrations.AddConstraint(
            model_name="scorecardversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("is_draft", True),
                        ("published_at", None),
                        ("published_by", None),
                        ("published_date", None),
                    ),
                    models.Q(
                        ("is_draft", False),
                        ("published_at__isnull", False),
                        ("published_by__isnull", False),
                        ("published_date__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="scorecard_published_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="scorecardversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("published_by", models.F("written_by")), _negated=True),
                name="scorecard_s10_two_people",
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id", "customer", "day"), name="score_one_each_day"
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.CheckConstraint(
                condition=models.Q(("points__gte", 0), ("points__lte", 100)),
                name="score_of_a_hundred",
            ),
        ),
        migrations.AddConstraint(
            model_name="scorecontest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answer", ""), ("answered_at", None), ("answered_by", None)),
                    models.Q(
                        ("answered_at__isnull", False),
                        ("answered_by__isnull", False),
                        models.Q(("answer", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="score_contest_answered_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoreoverride",
            constraint=kernel.tenancy.TenantUnique(
                condition=models.Q(("state__in", ["waiting", "in_force"])),
                fields=("tenant_id", "customer"),
                name="score_override_one_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoreoverride",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("until_date__gte", models.F("from_date")),
                    models.Q(("reason", ""), _negated=True),
                ),
                name="score_override_reasoned",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoreoverride",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_by", models.F("made_by")), _negated=True),
                    ("state", "ended"),
                    _connector="OR",
                ),
                name="score_override_s1_two_people",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoresettings",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id",), name="score_settings_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="scoresettings",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("financing__gte", 0),
                    ("financing__lte", 1),
                    ("lost__gte", 0),
                    ("lost__lte", 1),
                    ("class_months__gte", 1),
                    ("watch_grades__gte", 1),
                    ("watch_used__gt", 0),
                ),
                name="score_settings_possible",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoringrun",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id", "day"), name="scoring_run_once_a_day"
            ),
        ),
        migrations.AddIndex(
            model_name="watchalert",
            index=models.Index(
                condition=models.Q(("seen_at", None)),
                fields=["tenant_id", "day"],
                name="watch_alert_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="watchalert",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id", "customer", "kind", "day"), name="watch_alert_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="watchalert",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("seen_at", None), ("seen_by", None), ("words", "")),
                    models.Q(
                        ("seen_at__isnull", False),
                        ("seen_by__isnull", False),
                        models.Q(("words", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="watch_alert_seen_with_a_word",
            ),
        ),
        Wall("ScorecardVersion"),
        Wall("Score"),
        Wall("ScoringRun"),
        Wall("HeldClass"),
        Wall("ScoreOverride"),
        Wall("FinancialStatement"),
        Wall("CompanyProfile"),
        Wall("WatchAlert"),
        Wall("ScoreContest"),
        Wall("ScoreSettings"),
        migrations.RunSQL(GUARD, REMOVAL),
    ]
