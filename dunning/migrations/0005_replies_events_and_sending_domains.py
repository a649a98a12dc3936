from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

import kernel.identifiers
import kernel.tenancy
from kernel.walls import Wall

# Narrow look-ups of what comes in before any tenant is known: they return ids and nothing else, and whatever is read
# with these is read inside the tenant's wall. A reminder is known by the unguessable name of its message; a sender
# counts only when one customer in the whole house has that address.
LOOK_UPS = """
CREATE INDEX reminder_by_message_name ON dunning_reminder (left(message_id, 38)) WHERE message_id <> '';
CREATE INDEX contact_by_any_email ON ledger_contact (lower(email)) WHERE email <> '';
CREATE FUNCTION sec.tenant_of_message(asked uuid) RETURNS TABLE (tenant_id uuid, reminder_id uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM set_config('app.maintenance', 'on', true);
    RETURN QUERY
    SELECT r.tenant_id, r.id FROM dunning_reminder r
    WHERE r.message_id <> '' AND left(r.message_id, 38) = '<' || asked || '@' LIMIT 1;
    PERFORM set_config('app.maintenance', 'off', true);
END $$;
CREATE FUNCTION sec.tenant_of_sender(asked text) RETURNS TABLE (tenant_id uuid, customer_id uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM set_config('app.maintenance', 'on', true);
    RETURN QUERY
    SELECT min(c.tenant_id::text)::uuid, min(c.customer_id::text)::uuid FROM ledger_contact c
    WHERE c.email <> '' AND lower(c.email) = asked HAVING count(DISTINCT (c.tenant_id, c.customer_id)) = 1;
    PERFORM set_config('app.maintenance', 'off', true);
END $$;
REVOKE ALL ON FUNCTION sec.tenant_of_message(uuid), sec.tenant_of_sender(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sec.tenant_of_message(uuid), sec.tenant_of_sender(text) TO otc_web, otc_worker;
"""
DROP_LOOK_UPS = """
DROP FUNCTION sec.tenant_of_message(uuid);
DROP FUNCTION sec.tenant_of_sender(text);
DROP INDEX reminder_by_message_name;
DROP INDEX contact_by_any_email;
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("dunning", "0004_promises_plans_and_contact_reports"),
        ("ledger", "0004_risk_class"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="Reply",
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
                ("event_key", models.CharField(max_length=64)),
                ("source", models.CharField(max_length=10)),
                ("received_at", models.DateTimeField()),
                ("message_id", models.CharField(blank=True, max_length=250)),
                ("sender_name", models.CharField(blank=True, max_length=150)),
                ("sender_address", models.CharField(blank=True, max_length=254)),
                ("subject", models.CharField(blank=True, max_length=300)),
                ("text", models.TextField(blank=True)),
                ("words", models.TextField(blank=True)),
                ("authentication", models.JSONField(default=dict)),
                (
                    "found_by",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("token", "its reply address"),
                            ("thread", "the message it answers"),
                            ("sender", "its sender"),
                            ("person", "a colleague"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "machine",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("delivery_report", "Delivery report"),
                            ("complaint", "Complaint report"),
                            ("out_of_office", "Out-of-office message"),
                            ("automatic", "Automatic answer"),
                            ("list", "Mailing list"),
                            ("ourselves", "Sent by ourselves"),
                            ("flood", "Too many from one sender"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("to_decide", "To decide"),
                            ("confirmed", "Confirmed"),
                            ("dismissed", "Set aside"),
                            ("machine", "Written by a machine"),
                        ],
                        default="to_decide",
                        max_length=10,
                    ),
                ),
                (
                    "suggestion",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("paid", "Says it is paid"),
                            ("promise", "Promises to pay"),
                            ("dispute", "Contests"),
                            ("copy", "Asks for a copy"),
                            ("wrong_contact", "Is not the right person"),
                            ("out_of_office", "Is out of office"),
                            ("other", "Says something else"),
                        ],
                        max_length=14,
                    ),
                ),
                ("facts", models.JSONField(default=dict)),
                ("ibans", models.JSONField(default=list)),
                (
                    "decision",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("paid", "Says it is paid"),
                            ("promise", "Promises to pay"),
                            ("dispute", "Contests"),
                            ("copy", "Asks for a copy"),
                            ("wrong_contact", "Is not the right person"),
                            ("out_of_office", "Is out of office"),
                            ("other", "Says something else"),
                        ],
                        max_length=14,
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                (
                    "contact",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replies",
                        to="ledger.contact",
                    ),
                ),
                (
                    "customer",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replies",
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
                    "pause",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="dunning.pause",
                    ),
                ),
                (
                    "reminder",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replies",
                        to="dunning.reminder",
                    ),
                ),
            ],
            options={
                "ordering": ("-received_at",),
            },
        ),
        migrations.CreateModel(
            name="MailTask",
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
                            ("bounce", "Find a working address"),
                            ("complaint", "Choose another way to write"),
                            ("opted_out", "Nobody left to write to"),
                            ("fraud", "Unknown bank details in a message"),
                            ("copy", "Send a copy of the invoice"),
                            ("contact", "Find the right person"),
                            ("payment", "Look for the payment"),
                        ],
                        max_length=10,
                    ),
                ),
                ("detail", models.CharField(blank=True, max_length=300)),
                ("created_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                (
                    "alternative",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.contact",
                    ),
                ),
                (
                    "contact",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.contact",
                    ),
                ),
                (
                    "customer",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="mail_tasks",
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
                    "reminder",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="dunning.reminder",
                    ),
                ),
                (
                    "reply",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tasks",
                        to="dunning.reply",
                    ),
                ),
            ],
            options={
                "ordering": ("created_at",),
            },
        ),
        migrations.CreateModel(
            name="ReplyAttachment",
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
                ("file_name", models.CharField(max_length=150)),
                ("media_type", models.CharField(max_length=80)),
                ("size", models.PositiveIntegerField()),
                ("digest", models.CharField(max_length=64)),
                ("content", models.BinaryField(blank=True, null=True)),
                ("quarantine", models.CharField(blank=True, max_length=20)),
                (
                    "reply",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attachments",
                        to="dunning.reply",
                    ),
                ),
            ],
            options={
                "ordering": ("file_name",),
            },
        ),
        migrations.CreateModel(
            name="SendingDomain",
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
                ("domain", models.CharField(max_length=253)),
                ("selector", models.CharField(max_length=63)),
                ("private_key", models.TextField()),
                ("public_key", models.TextField()),
                ("findings", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField()),
                ("checked_at", models.DateTimeField(blank=True, null=True)),
                ("verified_at", models.DateTimeField(blank=True, null=True)),
                (
                    "created_by",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DeliveryEvent",
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
                ("event_key", models.CharField(max_length=64)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("delivered", "Delivered"),
                            ("hard_bounce", "Address does not exist"),
                            ("soft_bounce", "Not delivered for now"),
                            ("complaint", "Reported as unwanted"),
                            ("unsubscribed", "Unsubscribed"),
                        ],
                        max_length=12,
                    ),
                ),
                ("recipient", models.EmailField(blank=True, max_length=254)),
                ("occurred_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                ("detail", models.CharField(blank=True, max_length=300)),
                (
                    "reminder",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="delivery_events",
                        to="dunning.reminder",
                    ),
                ),
            ],
            options={
                "ordering": ("-occurred_at",),
                "indexes": [
                    models.Index(
                        fields=["tenant_id", "reminder"], name="delivery_event_by_reminder"
                    ),
                    models.Index(
                        fields=["tenant_id", "kind", "occurred_at"], name="delivery_event_by_kind"
                    ),
                ],
                "constraints": [
                    kernel.tenancy.TenantUnique(
                        fields=("tenant_id", "event_key"), name="delivery_event_once"
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="reply",
            index=models.Index(
                condition=models.Q(("state", "to_decide")),
                fields=["tenant_id", "-received_at"],
                name="reply_to_decide",
            ),
        ),
        migrations.AddIndex(
            model_name="reply",
            index=models.Index(
                fields=["tenant_id", "customer", "-received_at"], name="reply_of_cust"
            ),
        ),
        migrations.AddIndex(
            model_name="reply",
            index=models.Index(
                fields=["tenant_id", "sender_address", "-received_at"], name="reply_by_sender"
            ),
        ),
        migrations.AddConstraint(
            model_name="reply",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id", "event_key"), name="reply_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="reply",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["confirmed", "dismissed"]), _negated=True),
                    ("decided_at__isnull", False),
                    _connector="OR",
                ),
                name="reply_decided_at_a_time",
            ),
        ),
        migrations.AddIndex(
            model_name="mailtask",
            index=models.Index(
                condition=models.Q(("done_at", None)),
                fields=["tenant_id", "customer"],
                name="mail_task_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="mailtask",
            constraint=kernel.tenancy.TenantUnique(
                condition=models.Q(("contact__isnull", False), ("done_at", None), ("reply", None)),
                fields=("tenant_id", "customer", "kind", "contact"),
                name="mail_task_once_per_contact",
            ),
        ),
        migrations.AddConstraint(
            model_name="mailtask",
            constraint=kernel.tenancy.TenantUnique(
                condition=models.Q(("reply__isnull", False)),
                fields=("tenant_id", "reply", "kind"),
                name="mail_task_once_per_reply",
            ),
        ),
        migrations.AddIndex(
            model_name="replyattachment",
            index=models.Index(fields=["tenant_id", "reply"], name="reply_attachment_by_reply"),
        ),
        migrations.AddConstraint(
            model_name="replyattachment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("content__isnull", False), ("quarantine", "")),
                    models.Q(models.Q(("quarantine", ""), _negated=True), ("content", None)),
                    _connector="OR",
                ),
                name="reply_attachment_quarantined_is_empty",
            ),
        ),
        migrations.AddConstraint(
            model_name="sendingdomain",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id",), name="sending_domain_once"
            ),
        ),
        Wall("Reply"),
        Wall("ReplyAttachment"),
        Wall("DeliveryEvent"),
        Wall("MailTask"),
        Wall("SendingDomain"),
        migrations.RunSQL(LOOK_UPS, DROP_LOOK_UPS),
    ]
