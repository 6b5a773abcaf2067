"""What the rule makes of a round's entries, one by one: what grading must have written.

Grading and aggregates are computed in SQL (predictions.scoring.marking); the invariants compare.
"""

from decimal import Decimal

from league.models import Player, Round
from league.models.player import Kind
from predictions import entry_forms, leaves
from predictions.forecasters import crowd
from predictions.models import Prediction, Score
from predictions.scoring import groups, rules
from predictions.scoring.groups import Median


def resolved(entry: Prediction, *, round_: Round) -> rules.Quantiles:
    """An entry's quantiles in basis points under the round's frozen reference and scale."""
    return entry_forms.resolve_bp(
        leaves.word_of(entry),
        reference=float(round_.reference_price or Decimal(0)),
        sigma_bp=round_.sigma_bp or 0.0,
        width=round_.width or 0.0,
    )


def points_of(quantiles: list[rules.Quantiles], *, round_: Round) -> list[int]:
    """Milli-points of one settled round, in the order given."""
    return rules.score_all(
        quantiles,
        outcome_bp=round_.outcome_bp or 0.0,
        sigma_bp=round_.sigma_bp or 0.0,
        width=round_.width or 0.0,
    )


def scores_of(round_: Round) -> list[Score]:
    """What a settled round's entries earn, unsaved: by seq, then the crowd's if there is one."""
    entries = leaves.entries_of(round_)
    quantiles = [resolved(entry, round_=round_) for entry in entries]
    scores = [
        Score(round=round_, player=entry.player, seq=seq, points_milli=milli)
        for seq, (entry, milli) in enumerate(
            zip(entries, points_of(quantiles, round_=round_), strict=True)
        )
    ]
    humans = [
        levels
        for entry, levels in zip(entries, quantiles, strict=True)
        if entry.player.kind == Kind.HUMAN
    ]
    return scores + crowd_score(crowd.aggregate(humans), round_=round_)


def medians_of(round_: Round) -> list[Median]:
    """What a round's people, AI players and all of them said together; none without a price."""
    if round_.reference_price is None:
        return []
    said = [
        (entry.player.kind, resolved(entry, round_=round_)) for entry in leaves.entries_of(round_)
    ]
    made = []
    for group in groups.GROUPS:
        theirs = [levels for kind, levels in said if kind in group.kinds]
        middle = crowd.aggregate(theirs, least=group.least)
        if middle is not None:
            made.append(Median(group, len(theirs), middle))
    return made


def crowd_score(levels: rules.Quantiles | None, *, round_: Round) -> list[Score]:
    """The crowd's, unsaved: derived from the committed entries, so it has no leaf itself."""
    player = Player.objects.filter(kind=Kind.CROWD).first()
    if levels is None or player is None:
        return []
    milli = points_of([levels], round_=round_)[0]
    return [Score(round=round_, player=player, seq=None, points_milli=milli)]
