from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("dunning", "0013_scenarios_of_lines")]

    operations: ClassVar = []
