from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("dunning", "0010_hours_a_person_answers_for")]

    operations: ClassVar = []
