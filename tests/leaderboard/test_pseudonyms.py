import hashlib
import re
from typing import Any
from uuid import UUID

from leaderboard import pseudonyms
from leaderboard.pseudonyms import Veil

SPRING, AUTUMN = UUID(int=1), UUID(int=2)


def test_a_pseudonym_is_the_same_all_season_and_another_in_the_next() -> None:
    found = [pseudonyms.of(7, season=season) for season in (SPRING, SPRING, AUTUMN)]
    assert found[0] == found[1] != found[2]
    assert re.fullmatch("anon-[0-9a-f]{20}", found[0])


def test_no_two_players_share_one() -> None:
    assert len({pseudonyms.of(key, season=SPRING) for key in range(20_000)}) == 20_000


def test_who_lacks_the_key_cannot_try_players_until_one_fits(settings: Any) -> None:
    """Whatever hash of what is public: none gives the pseudonym, and another key another one."""
    shown = pseudonyms.of(7, season=SPRING).removeprefix("anon-")
    guesses = [f"{SPRING}:7", f"{pseudonyms.PURPOSE}{SPRING}:7", f"{SPRING.hex}7", "7"]
    for guess in guesses:
        for kind in ("md5", "sha1", "sha256", "sha512"):
            assert not hashlib.new(kind, guess.encode()).hexdigest().startswith(shown)
    settings.SECRET_KEY = "another-" * 9
    assert pseudonyms.of(7, season=SPRING) != f"anon-{shown}"


def test_a_veil_hides_handle_and_name_only_when_drawn() -> None:
    shown = Veil(SPRING, is_drawn=False).named(key=7, handle="ada", name="Ada")
    assert shown == ("ada", "Ada")
    hidden = Veil(SPRING, is_drawn=True).named(key=7, handle="ada", name="Ada")
    assert hidden == (pseudonyms.of(7, season=SPRING), None)
