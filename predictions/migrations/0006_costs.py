import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('predictions', '0005_model_versions'),
    ]

    operations = [
        migrations.CreateModel(
            name='Cost',
            fields=[
                ('prediction', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='cost', serialize=False, to='predictions.prediction')),
                ('seconds', models.FloatField(help_text="Wall clock; of a batch, this word's share.")),
                ('tokens_in', models.PositiveBigIntegerField(help_text='Empty when no language model was asked.', null=True)),
                ('tokens_out', models.PositiveBigIntegerField(null=True)),
                ('micro_usd', models.PositiveBigIntegerField(default=0, help_text='Millionths of a dollar, at the configured prices.')),
                ('is_cached', models.BooleanField(default=False, help_text="The language model's answer was remembered, not asked for.")),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('seconds__gte', 0), ('seconds__lte', 86400)), name='cost_seconds_in_range'), models.CheckConstraint(condition=models.Q(models.Q(('tokens_in__isnull', True), ('tokens_out__isnull', True)), models.Q(('tokens_in__isnull', False), ('tokens_out__isnull', False)), _connector='OR'), name='cost_tokens_go_together'), models.CheckConstraint(condition=models.Q(('micro_usd', 0), models.Q(('is_cached', False), ('tokens_in__isnull', False)), _connector='OR'), name='cost_money_buys_tokens'), models.CheckConstraint(condition=models.Q(('is_cached', False), ('tokens_in__isnull', True), _connector='OR'), name='cost_remembered_is_free')],
            },
        ),
        migrations.CreateModel(
            name='Spending',
            fields=[
                ('day', models.DateField(help_text='UTC.', primary_key=True, serialize=False)),
                ('calls', models.PositiveBigIntegerField(default=0)),
                ('tokens', models.PositiveBigIntegerField(default=0)),
                ('micro_usd', models.PositiveBigIntegerField(default=0)),
            ],
            options={
                'verbose_name_plural': 'spending',
            },
        ),
    ]
