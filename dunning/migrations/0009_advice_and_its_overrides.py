from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("dunning", "0008_claims_deadlines_and_handovers")]

    operations: ClassVar = []
