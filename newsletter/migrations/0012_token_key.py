"""The key by which a rendition's own places for personal values are told from whatever only looks like them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("newsletter", "0011_sentences")]

    operations = [
        migrations.AddField(
            model_name="rendition",
            name="token_key",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Tells its places for personal values; empty before each had its own.",
                max_length=32,
            ),
            preserve_default=False,
        ),
    ]
