from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("leaderboard", "0002_standing_by_rank"),
        ("predictions", "0002_settlement_by_statements"),
    ]

    operations = [
        migrations.AddField(
            model_name="board",
            name="players",
            field=models.PositiveIntegerField(default=0),
        ),
    ]
