from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

import kernel.identifiers
import kernel.tenancy
from kernel.walls import Wall


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("credit", "0007_insurance_and_information"),
        ("accounts", "0003_solo_acts"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="TrainingSession",
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
                ("title", models.CharField(max_length=120)),
                ("day", models.DateField()),
                ("minutes", models.PositiveSmallIntegerField()),
                ("held_at", models.DateTimeField(blank=True, null=True)),
                ("cancelled_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField()),
                (
                    "trainer",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
            ],
            options={
                "ordering": ("day", "title"),
            },
        ),
        migrations.CreateModel(
            name="TrainingSeat",
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
                ("has_come", models.BooleanField(blank=True, null=True)),
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
                        to="credit.trainingsession",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TimeEntry",
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
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("training", "Training"),
                            ("prevention", "Prevention"),
                            ("chasing", "Chasing"),
                            ("other", "Other"),
                        ],
                        max_length=10,
                    ),
                ),
                ("minutes", models.PositiveSmallIntegerField()),
                ("words", models.CharField(blank=True, max_length=200)),
                ("written_at", models.DateTimeField()),
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
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="hours",
                        to="credit.trainingsession",
                    ),
                ),
            ],
            options={
                "ordering": ("-day", "-written_at"),
            },
        ),
        migrations.CreateModel(
            name="TrainingTarget",
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
                ("share", models.DecimalField(decimal_places=3, max_digits=4)),
                ("changed_at", models.DateTimeField()),
                (
                    "changed_by",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CustomerMargin",
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
                ("valid_from", models.DateField()),
                (
                    "expected",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=6, null=True),
                ),
                (
                    "actual",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=6, null=True),
                ),
                ("entered_at", models.DateTimeField()),
                (
                    "customer",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="margins",
                        to="ledger.customer",
                    ),
                ),
                (
                    "entered_by",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
            ],
            options={
                "ordering": ("-valid_from",),
                "constraints": [
                    kernel.tenancy.TenantUnique(
                        fields=("tenant_id", "customer", "valid_from"),
                        name="customer_margin_once_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("expected", None),
                                models.Q(("expected__gte", -1), ("expected__lte", 1)),
                                _connector="OR",
                            ),
                            models.Q(
                                ("actual", None),
                                models.Q(("actual__gte", -1), ("actual__lte", 1)),
                                _connector="OR",
                            ),
                        ),
                        name="customer_margin_is_a_share",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("expected__isnull", False), ("actual__isnull", False), _connector="OR"
                        ),
                        name="customer_margin_says_something",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Lesson",
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
                    "code",
                    models.CharField(
                        choices=[
                            ("order_held", "Why was it blocked?"),
                            ("over_limit", "Over the limit: what now?"),
                            ("dispute", "A customer disputes an invoice"),
                            ("promise_broken", "A promise was not kept"),
                            ("charter_refused", "The charter said no"),
                            ("request_returned", "Your request came back"),
                        ],
                        max_length=16,
                    ),
                ),
                ("object_id", models.UUIDField()),
                ("told_at", models.DateTimeField()),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("learnt_at", models.DateTimeField(blank=True, null=True)),
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
                    "member",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lessons",
                        to="accounts.membership",
                    ),
                ),
            ],
            options={
                "ordering": ("-told_at",),
                "constraints": [
                    kernel.tenancy.TenantUnique(
                        fields=("tenant_id", "member", "code"), name="lesson_told_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="LessonText",
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
                    "code",
                    models.CharField(
                        choices=[
                            ("order_held", "Why was it blocked?"),
                            ("over_limit", "Over the limit: what now?"),
                            ("dispute", "A customer disputes an invoice"),
                            ("promise_broken", "A promise was not kept"),
                            ("charter_refused", "The charter said no"),
                            ("request_returned", "Your request came back"),
                        ],
                        max_length=16,
                    ),
                ),
                ("language", models.CharField(max_length=2)),
                ("title", models.CharField(max_length=120)),
                ("body", models.CharField(max_length=3000)),
                ("written_at", models.DateTimeField()),
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
                "constraints": [
                    kernel.tenancy.TenantUnique(
                        fields=("tenant_id", "code", "language"), name="lesson_text_once_a_language"
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="trainingsession",
            constraint=models.CheckConstraint(
                condition=models.Q(("minutes__gte", 5), ("minutes__lte", 960)),
                name="training_minutes_in_a_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="trainingsession",
            constraint=models.CheckConstraint(
                condition=models.Q(("held_at", None), ("cancelled_at", None), _connector="OR"),
                name="training_held_or_not",
            ),
        ),
        migrations.AddConstraint(
            model_name="trainingseat",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id", "session", "member"), name="training_seat_once"
            ),
        ),
        migrations.AddIndex(
            model_name="timeentry",
            index=models.Index(fields=["tenant_id", "day"], name="time_entry_by_day"),
        ),
        migrations.AddConstraint(
            model_name="timeentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("minutes__gte", 1), ("minutes__lte", 960)),
                name="time_entry_in_a_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="timeentry",
            constraint=kernel.tenancy.TenantUnique(
                condition=models.Q(("session__isnull", False)),
                fields=("tenant_id", "session", "member"),
                name="time_entry_once_a_training",
            ),
        ),
        migrations.AddConstraint(
            model_name="trainingtarget",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id",), name="training_target_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="trainingtarget",
            constraint=models.CheckConstraint(
                condition=models.Q(("share__gte", 0), ("share__lte", 1)),
                name="training_target_is_a_share",
            ),
        ),
        Wall("TrainingSession"),
        Wall("TrainingSeat"),
        Wall("TimeEntry"),
        Wall("TrainingTarget"),
        Wall("CustomerMargin"),
        Wall("Lesson"),
        Wall("LessonText"),
    ]
