from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

import kernel.identifiers
import kernel.tenancy
from kernel.walls import Wall


class Migration(migrations.Migration):
    dependencies: ClassVar = [("ledger", "0005_languages_customers_read")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="StoredContent",
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
                ("digest", models.CharField(max_length=64)),
                ("content", models.BinaryField()),
            ],
            options={
                "constraints": [
                    kernel.tenancy.TenantUnique(
                        fields=("tenant_id", "digest"), name="stored_content_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DocumentFile",
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
                            ("copy", "Copy of the document"),
                            ("proof", "Proof of delivery"),
                            ("other", "Other"),
                        ],
                        default="copy",
                        max_length=5,
                    ),
                ),
                ("name", models.CharField(max_length=150)),
                ("media_type", models.CharField(max_length=40)),
                ("size", models.PositiveIntegerField()),
                ("digest", models.CharField(max_length=64)),
                ("added_at", models.DateTimeField()),
                ("removed_at", models.DateTimeField(blank=True, null=True)),
                ("removed_reason", models.CharField(blank=True, max_length=250)),
                (
                    "added_by",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "document",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="files",
                        to="ledger.document",
                    ),
                ),
                (
                    "removed_by",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "stored",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="files",
                        to="ledger.storedcontent",
                    ),
                ),
            ],
            options={
                "ordering": ("kind", "added_at"),
                "indexes": [
                    models.Index(
                        fields=["tenant_id", "document"], name="document_file_by_document"
                    ),
                    models.Index(
                        condition=models.Q(("removed_at", None)),
                        fields=["tenant_id", "stored"],
                        name="document_file_by_content",
                    ),
                ],
                "constraints": [
                    kernel.tenancy.TenantUnique(
                        condition=models.Q(("removed_at", None)),
                        fields=("tenant_id", "document", "digest"),
                        name="document_file_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("removed_at", None),
                                ("removed_reason", ""),
                                ("stored__isnull", False),
                            ),
                            models.Q(
                                ("removed_at__isnull", False),
                                ("stored", None),
                                models.Q(("removed_reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="document_file_removed_is_empty",
                    ),
                ],
            },
        ),
        Wall("StoredContent"),
        Wall("DocumentFile"),
    ]
