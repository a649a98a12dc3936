from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("dunning", "0003_assignments_drafts_and_parameters")]

    operations: ClassVar = []
