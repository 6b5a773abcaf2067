"""Grading by statements: what they need of a word, what an interval needs of a tally, and the
evidence that a round's end is anchored with.
"""

import math
from statistics import NormalDist

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

REBUILT = """
    INSERT INTO predictions_tally
        (season_id, horizon, player_id, rounds, points_milli, locks, square, "cross")
    SELECT lock.season_id, lock.horizon, lock.player_id, SUM(lock.rounds), SUM(lock.total),
        COUNT(*), SUM(lock.total * lock.total), SUM(lock.total * size.rounds)
    FROM (
        SELECT r.season_id, r.horizon, r.locks_at, s.player_id,
            COUNT(*) AS rounds, SUM(s.points_milli) AS total
        FROM predictions_score AS s JOIN league_round AS r ON r.id = s.round_id
        GROUP BY r.season_id, r.horizon, r.locks_at, s.player_id
    ) AS lock
    JOIN (
        SELECT season_id, horizon, locks_at, COUNT(*) AS rounds
        FROM league_round WHERE status = 'final' GROUP BY season_id, horizon, locks_at
    ) AS size ON size.season_id = lock.season_id AND size.horizon = lock.horizon
        AND size.locks_at = lock.locks_at
    GROUP BY lock.season_id, lock.horizon, lock.player_id
"""


def take_time(apps, schema_editor):
    """Until the commit; our own clock (config.postgresql) waits as long as the server."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("SET LOCAL statement_timeout = 0")
        schema_editor.connection.connection.longer_s = math.inf


def fill_probits(apps, schema_editor):
    Prediction = apps.get_model("predictions", "Prediction")
    for word in Prediction.objects.filter(form="prob_up").iterator():
        probit = NormalDist().inv_cdf(float(word.p50))
        Prediction.objects.filter(pk=word.pk).update(probit=probit)


def leave_room(apps, schema_editor):
    """An updated row that finds room in its own page needs no new index entries."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE predictions_tally SET (fillfactor = 45)")


def unconstrained(to):
    return models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=to)


class Migration(migrations.Migration):
    dependencies = [
        ("league", "0004_patience_and_backoff"),
        ("predictions", "0001_initial"),
    ]
    # All of it or nothing: a database of some size takes longer than a request's statement may.
    operations = [
        migrations.RunPython(take_time, migrations.RunPython.noop),
        migrations.CreateModel(
            name="Settlement",
            fields=[
                ("round", models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name="+", serialize=False, to="league.round")),
                ("evidence", models.JSONField(help_text="The observations on record then, both instants.")),
                ("ended_at", models.DateTimeField()),
                ("is_wished", models.BooleanField(default=False, help_text="The ending is to be anchored.")),
            ],
            options={
                "indexes": [models.Index(condition=Q(("is_wished", False)), fields=["ended_at"], name="settlement_unwished")],
            },
        ),
        migrations.AddField(
            model_name="prediction",
            name="probit",
            field=models.FloatField(editable=False, help_text="Standard normal quantile of a probability: what grading in SQL needs of it.", null=True),
        ),
        migrations.RunPython(fill_probits, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="prediction",
            constraint=models.CheckConstraint(condition=Q(("form", "prob_up"), ("probit__isnull", True), _connector="XOR"), name="prediction_probability_has_its_probit"),
        ),
        migrations.AddField(
            model_name="tally",
            name="locks",
            field=models.PositiveIntegerField(default=0, help_text="Locks with a score."),
        ),
        migrations.AddField(
            model_name="tally",
            name="square",
            field=models.DecimalField(decimal_places=0, default=0, help_text="Sum of T * T over the locks.", max_digits=30),
        ),
        migrations.AddField(
            model_name="tally",
            name="cross",
            field=models.BigIntegerField(default=0, help_text="Sum of T * n over the locks."),
        ),
        migrations.AlterField(
            model_name="tally",
            name="player",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="league.player"),
        ),
        migrations.AlterField(model_name="score", name="round", field=unconstrained("league.round")),
        migrations.AlterField(model_name="score", name="player", field=unconstrained("league.player")),
        migrations.RunPython(leave_room, migrations.RunPython.noop),
        migrations.RunSQL(["DELETE FROM predictions_tally", REBUILT], migrations.RunSQL.noop),
    ]
