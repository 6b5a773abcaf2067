import django.db.models.deletion
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
        migrations.AlterField(
            model_name="standing",
            name="board",
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="leaderboard.board"),
        ),
        migrations.AlterField(
            model_name="standing",
            name="player",
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="league.player"),
        ),
    ]
