"""An account with a webhook on loopback and a key for it, in an empty migrated database.

Run as a script with the receiver's port; prints the key and the webhook's id.
"""

import json
import os
import sys

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()

from django.contrib.auth.models import User  # noqa: E402 -- Django first
from django.utils import timezone  # noqa: E402

from league import keys, players  # noqa: E402
from league.webhooks import endpoints  # noqa: E402


def main(port: str) -> None:
    now = timezone.now()
    account = User.objects.create_user("ada", password=None)
    profile = players.Profile(handle="ada", name="Ada")
    player = players.register_human(profile=profile, user=account, now=now)
    key = keys.issue(player=player, now=now, scopes=["webhook"])
    wanted = endpoints.Wanted(f"http://127.0.0.1:{port}/", ["round.opened"], "http://127.0.0.1")
    issued = endpoints.create(account=account, wanted=wanted, now=now)
    sys.stdout.write(json.dumps({"key": key.secret, "webhook": str(issued.webhook.pk)}))


main(sys.argv[1])
