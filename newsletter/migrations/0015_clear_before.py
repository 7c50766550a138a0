"""Which servers sent without encryption before anybody was asked: they keep sending until somebody decides."""

from typing import Any

from django.db import migrations, models


def note_hosts(apps: Any, _schema_editor: Any) -> None:
    apps.get_model("newsletter", "Transport").objects.filter(tls="none").update(clear_before=models.F("host"))


class Migration(migrations.Migration):
    dependencies = [("newsletter", "0014_shared_connections")]

    operations = [
        migrations.AddField(
            model_name="transport",
            name="clear_before",
            field=models.CharField(
                blank=True,
                default="",
                help_text="The host to which mail went without encryption before anybody was asked.",
                max_length=253,
            ),
            preserve_default=False,
        ),
        migrations.RunPython(note_hosts, migrations.RunPython.noop),
    ]
