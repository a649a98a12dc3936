from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("dunning", "0004_promises_plans_and_contact_reports")]

    operations: ClassVar = []
