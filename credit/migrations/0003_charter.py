from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

import kernel.identifiers
import kernel.tenancy
from kernel.walls import Wall

# What was published is what people sign: no statement changes a version, its articles or a signature afterwards.
# S10 again, beside the constraint on its writer: nobody who wrote in the draft publishes it.
GUARD = """
ALTER TABLE credit_charterversion ADD CONSTRAINT charter_version_s10_no_author
    CHECK (published_by_id IS NULL OR NOT authors @> to_jsonb(published_by_id::text));
CREATE FUNCTION credit_charter_kept() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    kept boolean;
BEGIN
    IF current_setting('app.maintenance', true) = 'on' THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_TABLE_NAME = 'credit_charterversion' THEN
        kept := NOT (to_jsonb(OLD) ->> 'is_draft')::boolean;
    ELSIF TG_TABLE_NAME = 'credit_charterarticle' THEN
        SELECT NOT is_draft INTO kept FROM public.credit_charterversion
            WHERE tenant_id = OLD.tenant_id AND id = (to_jsonb(OLD) ->> 'version_id')::uuid;
    ELSE
        kept := true;
    END IF;
    IF kept THEN
        RAISE EXCEPTION 'a published charter, its articles and its signatures do not change'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'charter_kept';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
GRANT EXECUTE ON FUNCTION credit_charter_kept() TO otc_web, otc_worker;
CREATE TRIGGER charter_version_kept BEFORE UPDATE OR DELETE ON credit_charterversion
    FOR EACH ROW EXECUTE FUNCTION credit_charter_kept();
CREATE TRIGGER charter_article_kept BEFORE UPDATE OR DELETE ON credit_charterarticle
    FOR EACH ROW EXECUTE FUNCTION credit_charter_kept();
CREATE TRIGGER charter_signature_kept BEFORE UPDATE OR DELETE ON credit_chartersignature
    FOR EACH ROW EXECUTE FUNCTION credit_charter_kept();
"""

REMOVAL = """
DROP TRIGGER charter_signature_kept ON credit_chartersignature;
DROP TRIGGER charter_article_kept ON credit_charterarticle;
DROP TRIGGER charter_version_kept ON credit_charterversion;
DROP FUNCTION credit_charter_kept();
ALTER TABLE credit_charterversion DROP CONSTRAINT charter_version_s10_no_author;
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("accounts", "0002_demo_and_second_factor"),
        ("credit", "0002_requests_and_circuits"),
        ("ledger", "0005_languages_customers_read"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="CharterVersion",
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
                ("authors", models.JSONField(default=list)),
                ("published_at", models.DateTimeField(blank=True, null=True)),
                ("published_date", models.DateField(blank=True, null=True)),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
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
            name="CharterSignature",
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
                ("name", models.CharField(max_length=150)),
                ("signed_at", models.DateTimeField()),
                ("digest", models.CharField(max_length=64)),
                (
                    "membership",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "version",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="signatures",
                        to="credit.charterversion",
                    ),
                ),
            ],
            options={
                "ordering": ("signed_at",),
            },
        ),
        migrations.CreateModel(
            name="CharterJudgement",
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
                            ("advice", "Advice"),
                            ("opening", "Account opening"),
                            ("limit", "Credit limit"),
                            ("temporary", "Temporary limit"),
                            ("review", "Review of a limit"),
                            ("terms", "Payment terms"),
                            ("order", "Order"),
                            ("delivery", "Delivery"),
                            ("standing", "Existing customer"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("clean", "Within the charter"),
                            ("warned", "Passed with a warning"),
                            ("escalated", "Sent to a higher decision"),
                            ("granted", "Granted all the same"),
                            ("refused", "Form refused"),
                        ],
                        max_length=10,
                    ),
                ),
                ("day", models.DateField()),
                ("judged_at", models.DateTimeField(auto_now_add=True)),
                ("subject", models.CharField(blank=True, max_length=250)),
                ("object_id", models.UUIDField(blank=True, null=True)),
                ("granted_day", models.DateField(blank=True, null=True)),
                ("reason", models.CharField(blank=True, max_length=500)),
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
                    "granted_by",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "proposed_by",
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="judgements",
                        to="credit.charterversion",
                    ),
                ),
            ],
            options={
                "ordering": ("-day", "-judged_at"),
            },
        ),
        migrations.CreateModel(
            name="CharterArticle",
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
                (
                    "check_code",
                    models.CharField(
                        choices=[
                            ("maximum_term", "Longest payment term"),
                            ("deposit_under_grade", "Deposit from a grade on"),
                            ("prepayment_for_grade", "Payment in advance from a grade on"),
                            ("no_delivery_when_blocked", "No delivery to a customer on hold"),
                            ("finance_closes_openings", "Finance closes every opening"),
                            ("maximum_uninsured", "Largest amount without cover"),
                            ("no_raise_while_overdue", "No raise while overdue"),
                            ("no_order_while_overdue", "No order while overdue"),
                            ("guarantee_over", "Guarantee above an amount"),
                            ("committee_over", "Committee above an amount"),
                            ("no_credit_in_insolvency", "No credit in insolvency proceedings"),
                            ("margin_floor", "Lowest margin"),
                            ("text_only", "Text only, no check"),
                        ],
                        max_length=30,
                    ),
                ),
                ("parameters", models.JSONField(default=dict)),
                (
                    "effect",
                    models.CharField(
                        choices=[
                            ("refuse", "Refuses"),
                            ("escalate", "Asks for a higher decision"),
                            ("warn", "Warns"),
                        ],
                        max_length=10,
                    ),
                ),
                ("title_fr", models.CharField(max_length=120)),
                ("title_en", models.CharField(max_length=120)),
                ("text_fr", models.TextField()),
                ("text_en", models.TextField()),
                (
                    "version",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="articles",
                        to="credit.charterversion",
                    ),
                ),
            ],
            options={
                "ordering": ("number",),
            },
        ),
        migrations.CreateModel(
            name="CharterBreach",
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
                ("article_number", models.PositiveSmallIntegerField()),
                (
                    "check_code",
                    models.CharField(
                        choices=[
                            ("maximum_term", "Longest payment term"),
                            ("deposit_under_grade", "Deposit from a grade on"),
                            ("prepayment_for_grade", "Payment in advance from a grade on"),
                            ("no_delivery_when_blocked", "No delivery to a customer on hold"),
                            ("finance_closes_openings", "Finance closes every opening"),
                            ("maximum_uninsured", "Largest amount without cover"),
                            ("no_raise_while_overdue", "No raise while overdue"),
                            ("no_order_while_overdue", "No order while overdue"),
                            ("guarantee_over", "Guarantee above an amount"),
                            ("committee_over", "Committee above an amount"),
                            ("no_credit_in_insolvency", "No credit in insolvency proceedings"),
                            ("margin_floor", "Lowest margin"),
                            ("text_only", "Text only, no check"),
                        ],
                        max_length=30,
                    ),
                ),
                (
                    "effect",
                    models.CharField(
                        choices=[
                            ("refuse", "Refuses"),
                            ("escalate", "Asks for a higher decision"),
                            ("warn", "Warns"),
                        ],
                        max_length=10,
                    ),
                ),
                ("figures", models.JSONField(default=dict)),
                ("missing", models.JSONField(default=list)),
                (
                    "judgement",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="breaches",
                        to="credit.charterjudgement",
                    ),
                ),
            ],
            options={
                "ordering": ("article_number",),
                "constraints": [
                    kernel.tenancy.TenantUnique(
                        fields=("tenant_id", "judgement", "article_number"),
                        name="charter_breach_once",
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="charterversion",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id", "number"), name="charter_version_number_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="charterversion",
            constraint=kernel.tenancy.TenantUnique(
                condition=models.Q(("is_draft", True)),
                fields=("tenant_id", "is_draft"),
                name="charter_version_one_draft",
            ),
        ),
        migrations.AddConstraint(
            model_name="charterversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("digest", ""),
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
                        models.Q(("digest", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="charter_version_published_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="charterversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("published_by", models.F("written_by")), _negated=True),
                name="charter_version_s10_two_people",
            ),
        ),
        migrations.AddConstraint(
            model_name="chartersignature",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id", "version", "membership"), name="charter_signature_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="chartersignature",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("name", ""), _negated=True), models.Q(("digest", ""), _negated=True)
                ),
                name="charter_signature_named",
            ),
        ),
        migrations.AddIndex(
            model_name="charterjudgement",
            index=models.Index(fields=["tenant_id", "day"], name="charter_judgement_by_day"),
        ),
        migrations.AddIndex(
            model_name="charterjudgement",
            index=models.Index(
                condition=models.Q(("object_id__isnull", False)),
                fields=["tenant_id", "object_id"],
                name="charter_judgement_by_object",
            ),
        ),
        migrations.AddConstraint(
            model_name="charterjudgement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("granted_by__isnull", False),
                        ("granted_day__isnull", False),
                        ("outcome", "granted"),
                        models.Q(("reason", ""), _negated=True),
                    ),
                    models.Q(
                        models.Q(("outcome", "granted"), _negated=True),
                        ("granted_by", None),
                        ("granted_day", None),
                        ("reason", ""),
                    ),
                    _connector="OR",
                ),
                name="charter_judgement_granted_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="charterjudgement",
            constraint=models.CheckConstraint(
                condition=models.Q(("granted_by", models.F("proposed_by")), _negated=True),
                name="charter_judgement_s1_two_people",
            ),
        ),
        migrations.AddConstraint(
            model_name="charterarticle",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id", "version", "number"), name="charter_article_number_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="charterarticle",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("title_fr", ""), _negated=True),
                    models.Q(("title_en", ""), _negated=True),
                    models.Q(("text_fr", ""), _negated=True),
                    models.Q(("text_en", ""), _negated=True),
                ),
                name="charter_article_in_both_languages",
            ),
        ),
        migrations.AddConstraint(
            model_name="charterarticle",
            constraint=models.CheckConstraint(
                condition=models.Q(("number__gte", 1)), name="charter_article_numbered_from_one"
            ),
        ),
        Wall("CharterVersion"),
        Wall("CharterArticle"),
        Wall("CharterSignature"),
        Wall("CharterJudgement"),
        Wall("CharterBreach"),
        migrations.RunSQL(GUARD, REMOVAL),
    ]
