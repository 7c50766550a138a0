import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('newsletter', '0003_transports'),
    ]

    operations = [
        migrations.CreateModel(
            name='ReleaseSample',
            fields=[
                ('pk', models.CompositePrimaryKey('issue_id', 'at', blank=True, editable=False, primary_key=True, serialize=False)),
                ('issue', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='newsletter.issue')),
                ('at', models.DateTimeField(help_text='Whole seconds, so that two workers write one row.')),
                ('pending', models.PositiveIntegerField()),
                ('accepted', models.PositiveIntegerField()),
                ('deferred', models.PositiveIntegerField()),
                ('refused', models.PositiveIntegerField()),
                ('uncertain', models.PositiveIntegerField()),
                ('withdrawn', models.PositiveIntegerField()),
                ('expired', models.PositiveIntegerField()),
                ('groups', models.JSONField(default=list, help_text='By domain group: number, planned, settled, waiting again.')),
            ],
            options={
                'ordering': ['issue_id', 'at'],
            },
        ),
        migrations.AddField(
            model_name='release',
            name='freeze_seconds',
            field=models.FloatField(help_text='How long it took.', null=True),
        ),
        migrations.AddIndex(
            model_name='result',
            index=models.Index(condition=models.Q(('state', 'accepted'), _negated=True), fields=['issue', 'state', 'subscriber'], name='result_not_taken'),
        ),
    ]
