"""The claim, the effect and the answer are one commit or none of them."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from league import answers, players
from league.answers import KeyInFlight, KeyReused, Question
from league.models import Answer, Player
from league.players import Profile
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db
ASKED = Question("q" * 64, "f" * 64, NOON)


class Written:
    """Claims and keeps as the web edge does, without the web."""

    def claim(self) -> None:
        answers.claim(ASKED)

    def keep(self, player: Player) -> None:
        answers.keep(ASKED, status=201, body=f'"{player.handle}"')


def register() -> Player:
    return players.register_human(profile=Profile("ada", "Ada"), user=None, now=NOON)


def test_an_effect_and_its_answer_are_kept_together() -> None:
    assert answers.recall(ASKED) is None
    made = answers.together(register, Written())
    kept = answers.recall(ASKED)
    assert kept
    assert (made.handle, kept.status, kept.body) == ("ada", 201, '"ada"')


def test_an_effect_that_fails_leaves_no_claim() -> None:
    factories.human("ada")
    with pytest.raises(players.HandleTaken):
        answers.together(register, Written())
    assert not Answer.objects.exists()


def test_a_claimed_key_stops_the_effect_before_it_starts() -> None:
    answers.claim(ASKED)
    with pytest.raises(KeyInFlight):
        answers.together(register, Written())
    assert not Player.objects.exists()


def test_another_body_is_refused_until_the_answer_is_forgotten() -> None:
    answers.together(register, Written())
    for later, refused in (
        (timedelta(hours=24) - timedelta.resolution, True),
        (timedelta(1), False),
    ):
        other = Question(ASKED.digest, "another", NOON + later)
        if refused:
            with pytest.raises(KeyReused):
                answers.recall(other)
        else:
            assert answers.recall(other) is None
    assert not Answer.objects.exists()


@pytest.mark.parametrize(("status", "body"), [(None, "{}"), (199, "{}"), (400, "{}"), (500, "")])
def test_the_database_keeps_only_answers_that_did_something(status: int | None, body: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Answer.objects.create(
            question="q", fingerprint="f", status=status, body=body, asked_at=NOON
        )
