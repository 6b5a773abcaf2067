"""What a wallet is asked to sign before a signed entry is sent."""

import secrets
from dataclasses import dataclass

from chain import schema
from chain.networks import Network
from league.models import Player, Round
from predictions import vows, words
from predictions.entry_forms import Entry
from predictions.models import Prediction


@dataclass(frozen=True, slots=True)
class Draft:
    """`struct` as it would be committed, with a fresh salt and the revision it would be."""

    struct: schema.Entry
    network: Network
    digest: bytes


def draft(*, round_: Round, player: Player, entry: Entry) -> Draft:
    """Nothing is written or promised: the entry is judged when it comes back signed.

    :raises predictions.vows.NoWallet: for a player who has proved none.
    """
    vows.wallet_of(player)
    standing = Prediction.objects.filter(round=round_, player=player)
    revision: int = standing.values_list("revision", flat=True).first() or 0
    seal = words.Seal(revision + 1, words.NOTHING, secrets.token_bytes(32))
    struct = words.committed(round_=round_, player=player, entry=entry, seal=seal)
    network = words.network(round_.season)
    return Draft(struct, network, schema.prediction_digest(struct, network=network))
