"""A private league beside the public one: a final and an open round, members, and outsiders."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from league import invites, keys, memberships, players
from league.clock import DATABASE
from league.models import Invite, League, Membership, Player, Round, Season
from league.models.membership import Role
from league.players import Profile
from predictions import entry_forms, submissions
from predictions.models import Prediction, Score
from tests.api import world as worlds
from tests.api.world import HOUR, World, bearer

SLUG, NAME = "sable-circle", "The Sable Circle"
LOW, MIDDLE, HIGH = Decimal("-61.41421"), Decimal("1.73205"), Decimal("61.61803")


@dataclass(slots=True)
class Den:
    """`world` is the public part; Dora and her bot played both private rounds."""

    world: World
    season: Season
    open_round: Round
    final_round: Round
    owner: Membership
    member: Membership
    dora: Player
    bot_key: str
    word: Prediction
    sealed: Prediction
    invite: Invite
    token: str

    @property
    def league(self) -> League:
        return self.season.league

    def marks(self) -> list[str]:
        """What tells of it: names, ids, words and points."""
        scores = Score.objects.filter(round=self.final_round)
        points = [f"{score.points_milli / 1000:.3f}" for score in scores if score.points_milli]
        words = [str(abs(level)) for level in (LOW, MIDDLE, HIGH)]
        rows = (self.open_round, self.final_round, self.word, self.sealed, self.member, self.owner)
        ids = [str(row.pk) for row in (*rows, self.invite)]
        kept = [self.season.rules_hash, self.season.pinned["salt"], self.token[-64:]]
        return [SLUG, NAME, *ids, *words, *points, *kept]


def build(world: World) -> Den:
    season = worlds.make_season(SLUG, now=world.now, visibility="private")
    League.objects.filter(pk=season.league_id).update(name=NAME)
    Season.objects.filter(pk=season.pk).update(name=NAME)
    season = Season.objects.select_related("league").get(pk=season.pk)
    carol, _ = worlds.person("carol", now=world.now)
    dora, _ = worlds.person("dora", now=world.now)
    assert carol.user is not None
    assert dora.user is not None
    owner = memberships.own(season.league, user=carol.user, now=world.now)
    member = Membership.objects.create(
        league=season.league, user=dora.user, role=Role.MEMBER, joined_at=world.now
    )
    bot = players.register_bot(
        profile=Profile("dora-bot", "Dora's bot"), owner=dora.user, now=world.now
    )
    past = world.now.replace(minute=0, second=0, microsecond=0) - 3 * HOUR
    final = worlds.make_round(season, locks_at=past, asset="BTC")
    opened = worlds.make_round(season, locks_at=world.now + HOUR / 2)
    word = worlds.play(final, [dora, bot], now=world.now, entry=word_of())
    sealed = entered(opened, dora, bot)
    wanted = invites.Wanted(Role.MEMBER, world.now + timedelta(days=1), 1)
    issued = invites.issue(wanted, by=owner, now=world.now)
    key = keys.issue(player=bot, now=world.now).secret
    return Den(
        world, season, opened, final, owner, member, dora, key, word, sealed, issued.invite,
        issued.token,
    )  # fmt: skip


def entered(opened: Round, *entrants: Player) -> Prediction:
    made = [
        submissions.enter(round_id=opened.pk, player=player, entry=word_of(), clock=DATABASE)
        for player in entrants
    ]
    return made[0].prediction


def word_of() -> entry_forms.Entry:
    return entry_forms.quantiles(LOW, MIDDLE, HIGH, basis=entry_forms.RETURN)


def clients(den: Den) -> dict[str, tuple[Client, dict[str, Any]]]:
    """Everybody who might ask, by name: a client and what else each request carries."""
    staff = User.objects.create_user("chief", is_staff=True)
    sessions = {
        "outsider": den.world.bobs_account,
        "member": den.member.user,
        "owner": den.owner.user,
        "staff": staff,
    }
    found: dict[str, tuple[Client, dict[str, Any]]] = {
        "anonymous": (Client(), {}),
        "outsider's key": (Client(), bearer(den.world.alice_key)),
        "member's bot": (Client(), bearer(den.bot_key)),
    }
    for name, user in sessions.items():
        client = Client()
        client.force_login(user)
        found[name] = (client, {})
    return found
