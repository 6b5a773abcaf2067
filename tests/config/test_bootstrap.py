"""An installation without the demo still has its assets and its built-in players."""

import pytest
from django.core.management import call_command

from league.models import League, Player
from markets.models import Asset


@pytest.mark.django_db
def test_bootstrap_creates_what_is_missing_once(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        call_command("bootstrap")
    assert "10 assets, 7 built-in players, a sandbox: ready" in capsys.readouterr().out
    assert League.objects.get().slug == "sandbox"
    assert Asset.objects.filter(is_active=True).count() == 3
    assert set(Player.objects.values_list("kind", flat=True)) == {"house", "ai", "crowd"}
