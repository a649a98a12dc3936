"""Channels that leave through a provider; every change is one of names and choices, none of it touches a row."""

from typing import ClassVar

from django.db import migrations, models

CHANNELS = [
    ("email", "E-mail"),
    ("call", "Call"),
    ("sms", "Text message"),
    ("registered_eletter", "Registered e-letter"),
    ("registered_letter", "Registered letter"),
    ("decision", "Decision"),
]


class Migration(migrations.Migration):
    dependencies: ClassVar = [("dunning", "0006_message_templates")]

    operations: ClassVar = [
        migrations.AlterField(
            model_name="step",
            name="channel",
            field=models.CharField(choices=CHANNELS, max_length=20),
        ),
        migrations.AlterField(
            model_name="reminder",
            name="channel",
            field=models.CharField(choices=CHANNELS, max_length=20),
        ),
        migrations.AlterField(
            model_name="renderedmessage",
            name="recipient",
            field=models.CharField(max_length=254),
        ),
        migrations.AlterField(
            model_name="deliveryevent",
            name="recipient",
            field=models.CharField(blank=True, max_length=254),
        ),
        migrations.AlterField(
            model_name="deliveryevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("delivered", "Delivered"),
                    ("hard_bounce", "Address does not exist"),
                    ("soft_bounce", "Not delivered for now"),
                    ("complaint", "Reported as unwanted"),
                    ("unsubscribed", "Unsubscribed"),
                    ("undelivered", "Did not arrive"),
                    ("refused", "Refused by the addressee"),
                    ("not_claimed", "Not claimed by the addressee"),
                ],
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="mailtask",
            name="kind",
            field=models.CharField(
                choices=[
                    ("bounce", "Find a working address"),
                    ("complaint", "Choose another way to write"),
                    ("opted_out", "Nobody left to write to"),
                    ("fraud", "Unknown bank details in a message"),
                    ("copy", "Send a copy of the invoice"),
                    ("contact", "Find the right person"),
                    ("payment", "Look for the payment"),
                    ("undeliv", "A message did not arrive: choose another way"),
                    ("not_taken", "A registered e-letter was not taken: decide what follows"),
                ],
                max_length=10,
            ),
        ),
    ]
