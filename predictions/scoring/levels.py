"""The quantiles a word stands for, as SQL over its row: as entry_forms.resolve_bp has them."""

from dataclasses import dataclass
from typing import Final

from predictions import entry_forms, terms
from predictions.models.prediction import Basis, Form
from predictions.terms import Scale, Term

NAMES: Final = ("low", "middle", "high")


@dataclass(frozen=True, slots=True)
class Frozen:
    """What a round froze at its lock: numbers of one round, or columns of each row's own."""

    reference: Scale
    sigma_bp: Scale
    width: Scale


def columns(frozen: Frozen) -> str:
    """The columns low, middle and high of a prediction named `word`, in basis points."""
    lean = entry_forms.leaned(Term("word.probit"), sigma_bp=frozen.sigma_bp, width=frozen.width)
    centre = terms.either(f"word.form = '{Form.PROB_UP}'", lean, _bp("word.p50", frozen))
    shape = entry_forms.shaped(centre, sigma_bp=frozen.sigma_bp, width=frozen.width)
    given = [_bp(f"word.{column}", frozen) for column in ("p10", "p50", "p90")]
    is_given = f"word.form = '{Form.QUANTILES}'"
    return ", ".join(
        f"{terms.either(is_given, own, house).sql} AS {level}"
        for own, house, level in zip(given, shape, NAMES, strict=True)
    )


def _bp(column: str, frozen: Frozen) -> Term:
    value = terms.double(column)
    price = entry_forms.log_bp(value, reference=frozen.reference, log=terms.log)
    return terms.either(f"word.basis = '{Basis.RETURN}'", value, price)
