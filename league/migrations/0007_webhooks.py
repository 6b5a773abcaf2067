import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import league.identifiers

EVENT_TYPES = [
    ("round.opened", "Round Opened"),
    ("round.locked", "Round Locked"),
    ("round.settled", "Round Settled"),
    ("round.held", "Round Held"),
    ("round.voided", "Round Voided"),
    ("prediction.scored", "Prediction Scored"),
    ("receipt.anchored", "Receipt Anchored"),
    ("season.finished", "Season Finished"),
    ("webhook.ping", "Ping"),
]
TYPES = [name for name, _ in EVENT_TYPES]
OUTCOMES = [
    ("ok", "Ok"),
    ("gone", "Gone"),
    ("refused", "Refused"),
    ("redirect", "Redirect"),
    ("blocked", "Blocked"),
    ("unresolved", "Unresolved"),
    ("unreachable", "Unreachable"),
    ("untrusted", "Untrusted"),
    ("timeout", "Timeout"),
    ("fault", "Fault"),
]
STOPPED = [
    ("owner", "Owner"), ("operator", "Operator"), ("gone", "Gone"), ("failing", "Failing")
]
TOLD = "Whoever listens has a delivery of it."


class Migration(migrations.Migration):
    dependencies = [
        ("league", "0006_wallets"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # What happened before there was anybody to tell counts as told.
        migrations.AddField(
            model_name="roundevent",
            name="is_told",
            field=models.BooleanField(db_default=True, editable=False, help_text=TOLD),
        ),
        migrations.AlterField(
            model_name="roundevent",
            name="is_told",
            field=models.BooleanField(db_default=False, editable=False, help_text=TOLD),
        ),
        migrations.AddIndex(
            model_name="roundevent",
            index=models.Index(
                condition=models.Q(("is_told", False)), fields=["id"], name="event_untold"
            ),
        ),
        migrations.AddField(
            model_name="season",
            name="finished_at",
            field=models.DateTimeField(
                blank=True, editable=False, help_text="Its boards were all frozen.", null=True
            ),
        ),
        migrations.CreateModel(
            name="Errand",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("about", models.CharField(choices=[("scores", "Scores"), ("commitment", "Commitment"), ("settlement", "Settlement")], max_length=10)),
                ("created_at", models.DateTimeField()),
                ("due_at", models.DateTimeField(help_text="When to look whether it is so.")),
                ("round", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="league.round")),
            ],
            options={
                "indexes": [models.Index(fields=["due_at"], name="errand_due")],
                "constraints": [
                    models.UniqueConstraint(fields=("round", "about"), name="errand_once"),
                    models.CheckConstraint(condition=models.Q(("about__in", ["scores", "commitment", "settlement"])), name="errand_about_known"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Webhook",
            fields=[
                ("id", models.UUIDField(default=league.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ("place", models.PositiveSmallIntegerField(help_text="Which of the account's 10.")),
                ("url", models.CharField(max_length=500)),
                ("description", models.CharField(blank=True, max_length=60)),
                ("events", models.JSONField(help_text="The types it is told of.")),
                ("origin", models.CharField(help_text="Where its owner found this site: what the urls begin with.", max_length=300)),
                ("salt", models.CharField(editable=False, max_length=64)),
                ("old_salt", models.CharField(blank=True, editable=False, max_length=64)),
                ("old_salt_until", models.DateTimeField(blank=True, null=True)),
                ("is_active", models.BooleanField(default=True)),
                ("stopped", models.CharField(blank=True, choices=STOPPED, max_length=8)),
                ("created_at", models.DateTimeField()),
                ("tried_at", models.DateTimeField(blank=True, help_text="Its latest turn.", null=True)),
                ("failing_since", models.DateTimeField(blank=True, help_text="Nothing arrived since.", null=True)),
                ("account", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("account", "place"), name="webhook_once_per_place"),
                    models.CheckConstraint(condition=models.Q(("place__range", (1, 10))), name="webhook_few_per_account"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("is_active", True), ("stopped", "")),
                            models.Q(("is_active", False), ("stopped__in", ["owner", "operator", "gone", "failing"])),
                            _connector="OR",
                        ),
                        name="webhook_stopped_iff_inactive",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("old_salt", ""), ("old_salt_until__isnull", False), _connector="XOR"),
                        name="webhook_old_secret_ends",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.UUIDField(default=league.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ("type", models.CharField(choices=EVENT_TYPES, max_length=20)),
                ("at", models.DateTimeField(help_text="When it happened.")),
                ("data", models.JSONField()),
                ("status", models.CharField(choices=[("pending", "Pending"), ("delivered", "Delivered"), ("failed", "Failed"), ("dropped", "Dropped")], default="pending", max_length=9)),
                ("step", models.PositiveSmallIntegerField(default=0, help_text="Attempts begun since it was made or replayed.")),
                ("due_at", models.DateTimeField(blank=True, help_text="The next attempt; under way, when its claim lapses.", null=True)),
                ("created_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("webhook", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="league.webhook")),
            ],
            options={
                "verbose_name_plural": "deliveries",
                "indexes": [
                    models.Index(fields=["webhook", "id"], name="delivery_by_webhook"),
                    models.Index(condition=models.Q(("status", "pending")), fields=["webhook", "due_at"], name="delivery_pending"),
                    models.Index(condition=models.Q(("ended_at__isnull", False)), fields=["ended_at"], name="delivery_by_age"),
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("type__in", TYPES)), name="delivery_type_known"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("due_at__isnull", False), ("ended_at", None), ("status", "pending")),
                            models.Q(("due_at", None), ("ended_at__isnull", False), ("status__in", ("delivered", "failed", "dropped"))),
                            _connector="OR",
                        ),
                        name="delivery_due_or_ended",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Attempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("outcome", models.CharField(blank=True, choices=OUTCOMES, max_length=11)),
                ("status", models.PositiveSmallIntegerField(help_text="HTTP's, if there was one.", null=True)),
                ("took_ms", models.PositiveIntegerField(null=True)),
                ("delivery", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="league.delivery")),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("outcome", ""), ("outcome__in", [name for name, _ in OUTCOMES]), _connector="OR"),
                        name="attempt_outcome_known",
                    ),
                ],
            },
        ),
    ]
