from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("dunning", "0005_replies_events_and_sending_domains")]

    operations: ClassVar = []
