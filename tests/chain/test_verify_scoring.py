"""The verifier's own scoring arithmetic gives the league's points, to the last milli-point."""

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain import schema, verify
from league.volatility import house_quantiles_bp
from predictions import entry_forms
from predictions.entry_forms import Entry
from predictions.scoring import rules

FORMS = {
    ("quantiles", "price"): st.tuples(*[st.decimals("40000", "80000", places=8)] * 3),
    ("quantiles", "return"): st.tuples(*[st.decimals("-1500", "1500", places=8)] * 3),
    ("point", "price"): st.decimals("40000", "80000", places=8).map(lambda x: (x, x, x)),
    ("point", "return"): st.decimals("-1500", "1500", places=8).map(lambda x: (x, x, x)),
    ("prob_up", "return"): st.decimals("0.02", "0.98", places=8).map(lambda x: (x, x, x)),
}


@pytest.mark.parametrize(("form", "basis"), FORMS)
@given(data=st.data(), sigma=st.floats(5, 900), width=st.sampled_from([0.85, 0.9]))
def test_points_are_identical_for_every_form(
    form: str, basis: str, data: st.DataObject, sigma: float, width: float
) -> None:
    levels = sorted(data.draw(FORMS[form, basis]))
    reference, price = data.draw(st.tuples(*[st.decimals("50000", "70000", places=8)] * 2))
    entry = Entry(form, basis, *levels)
    ours = entry_forms.resolve_bp(entry, reference=float(reference), sigma_bp=sigma, width=width)
    outcome = 1e4 * math.log(float(price) / float(reference))
    points = rules.points_milli(ours, outcome_bp=outcome, sigma_bp=sigma, width=width)
    result = {
        "reference_price": f"{reference:.8f}",
        "price": f"{price:.8f}",
        "sigma_bp": repr(sigma),
        "c": repr(width),
        "house_bp": [repr(level) for level in house_quantiles_bp(sigma, width=width)],
    }
    given_ = {
        "basis": schema.basis_code(form=form, basis=basis),
        **{
            name: f"{level:.8f}" for name, level in zip(("p10", "p50", "p90"), levels, strict=True)
        },
    }
    assert verify.quantiles(given_, result) == list(ours)
    member = {"seq": 0, "prediction": given_, "points_milli": points}
    document = {"type": "round", "predictions": [member], "result": result}
    assert verify.check_points(document, None) == "1 recomputed from the scoring rule"


def test_decimals_of_a_receipt_survive_their_text() -> None:
    assert verify.decimal(f"{Decimal('0.00000001'):.8f}") == Decimal("0.00000001")
