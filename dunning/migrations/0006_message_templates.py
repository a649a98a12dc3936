from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

import kernel.identifiers
import kernel.tenancy
from kernel.walls import TenantReference, Wall

# Everybody who wrote in a draft is an author, not only who began it: S10 holds for each of them.
NO_AUTHOR_PUBLISHES = """
    ALTER TABLE dunning_messagetext ADD CONSTRAINT message_text_s10_no_author_publishes
    CHECK (published_by_id IS NULL OR NOT (authors ? published_by_id::text))
"""
ANY_AUTHOR_PUBLISHES = (
    "ALTER TABLE dunning_messagetext DROP CONSTRAINT message_text_s10_no_author_publishes"
)


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("accounts", "0002_demo_and_second_factor"),
        ("dunning", "0005_replies_events_and_sending_domains"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="MessageText",
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
                    "register",
                    models.CharField(
                        choices=[
                            ("before_due", "Before the due date"),
                            ("courteous", "Courteous"),
                            ("firm", "Firm"),
                            ("formal", "Formal"),
                            ("formal_notice", "Formal notice"),
                        ],
                        max_length=15,
                    ),
                ),
                ("language", models.CharField(max_length=2)),
                ("number", models.PositiveSmallIntegerField(default=1)),
                ("is_draft", models.BooleanField(default=True)),
                ("subject", models.CharField(max_length=300)),
                ("preview", models.CharField(blank=True, max_length=300)),
                ("body", models.TextField()),
                ("blocks", models.JSONField(default=list)),
                ("authors", models.JSONField(default=list)),
                ("rendered_for", models.JSONField(default=list)),
                ("published_at", models.DateTimeField(blank=True, null=True)),
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
                "ordering": ("register", "language", "-number"),
                "constraints": [
                    kernel.tenancy.TenantUnique(
                        fields=("tenant_id", "register", "language", "number"),
                        name="message_text_number_unique",
                    ),
                    kernel.tenancy.TenantUnique(
                        condition=models.Q(("is_draft", True)),
                        fields=("tenant_id", "register", "language"),
                        name="message_text_one_draft",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("is_draft", True), ("published_at", None), ("published_by", None)
                            ),
                            models.Q(
                                ("is_draft", False),
                                ("published_at__isnull", False),
                                ("published_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="message_text_published_by_somebody",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("published_by", models.F("written_by")), _negated=True),
                        name="message_text_s10_two_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("language", ""), _negated=True),
                        name="message_text_in_a_language",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="renderedmessage",
            name="facts",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="renderedmessage",
            name="text_version",
            field=kernel.tenancy.TenantForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="dunning.messagetext",
            ),
        ),
        migrations.RunSQL(NO_AUTHOR_PUBLISHES, ANY_AUTHOR_PUBLISHES),
        Wall("MessageText"),
        TenantReference("RenderedMessage", "text_version"),
    ]
