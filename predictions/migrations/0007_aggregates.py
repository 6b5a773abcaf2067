import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('league', '0006_wallets'),
        ('predictions', '0006_costs'),
    ]

    operations = [
        migrations.CreateModel(
            name='Aggregate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('human', 'Human'), ('ai', 'Ai'), ('all', 'All')], max_length=5)),
                ('count', models.PositiveIntegerField(help_text='Standing entries.')),
                ('low_bp', models.FloatField()),
                ('middle_bp', models.FloatField()),
                ('high_bp', models.FloatField()),
                ('round', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='league.round')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('round', 'kind'), name='aggregate_once'), models.CheckConstraint(condition=models.Q(('low_bp__lte', models.F('middle_bp')), ('middle_bp__lte', models.F('high_bp'))), name='aggregate_ascends'), models.CheckConstraint(condition=models.Q(('kind__in', ['human', 'ai', 'all'])), name='aggregate_of_known'), models.CheckConstraint(condition=models.Q(('count__gt', 1)), name='aggregate_of_several')],
            },
        ),
        # Of every round so far too: the sweep puts the entries of the past together, some a look.
        migrations.AddField(
            model_name='commitment',
            name='is_aggregated',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddIndex(
            model_name='commitment',
            index=models.Index(condition=models.Q(('is_aggregated', False)), fields=['round'], name='commitment_unaggregated'),
        ),
    ]
