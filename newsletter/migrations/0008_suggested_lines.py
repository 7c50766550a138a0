from django.db import migrations, models


class Migration(migrations.Migration):
    """Which lines a person wrote, and which follow the stories. What is there already counts as written."""

    dependencies = [
        ('newsletter', '0007_epoch'),
    ]

    operations = [
        migrations.AddField(
            model_name='issue',
            name='subject_written',
            field=models.BooleanField(default=True, help_text='By a person; else it follows the stories.'),
        ),
        migrations.AddField(
            model_name='issue',
            name='preheader_written',
            field=models.BooleanField(default=True, help_text='By a person; else it follows the stories.'),
        ),
        migrations.AddField(
            model_name='issue',
            name='taken_out',
            field=models.JSONField(blank=True, default=list, help_text='Headlines of stories that were taken out.'),
        ),
    ]
