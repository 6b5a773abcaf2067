import io
import json
import zipfile

import numpy as np
import pytest

from league.horizons import TABLE
from predictions.training import artifacts, boosting, candidates, features, har, lessons
from predictions.training.features import Floats
from predictions.training.lessons import Lessons
from tests.predictions import synthetic

HORIZON = TABLE["1h"]


@pytest.fixture(scope="module")
def taught() -> Lessons:
    pool = [synthetic.closes(count=2600, seed=seed) for seed in (1, 2, 3)]
    found = lessons.gather(pool, horizon=HORIZON)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def trees(taught: Lessons) -> artifacts.Artifact:
    model = candidates.fit(taught, family="forest", horizon=HORIZON)
    assert model is not None
    return artifacts.pack(model, horizon=HORIZON)


@pytest.mark.parametrize("family", candidates.FAMILIES)
def test_a_model_comes_back_as_it_went(taught: Lessons, family: str) -> None:
    model = candidates.fit(taught, family=family, horizon=HORIZON)
    assert model is not None
    packed = artifacts.pack(model, horizon=HORIZON)
    again = artifacts.unpack(packed.data, kind=packed.format, horizon=HORIZON)
    assert np.array_equal(again.half_widths(taught.rows), model.half_widths(taught.rows))
    assert artifacts.probe(again, horizon=HORIZON) == packed.probe
    assert artifacts.digest(packed.data) == packed.sha256


@pytest.mark.parametrize("family", candidates.FAMILIES)
def test_the_same_lessons_and_seed_give_the_same_probe(taught: Lessons, family: str) -> None:
    probes = set()
    for _ in range(2):
        model = candidates.fit(taught, family=family, horizon=HORIZON)
        assert model is not None
        probes.add(artifacts.probe(model, horizon=HORIZON))
    assert len(probes) == 1


def test_other_lessons_give_another_probe(taught: Lessons) -> None:
    fewer = Lessons(
        taught.rows[:-500], taught.realised[:-500], taught.outcomes[:-500], taught.closed_at[:-500]
    )
    first, second = (artifacts.probe(har.fit(one), horizon=HORIZON) for one in (taught, fewer))
    assert first != second


def test_trees_learn_what_a_constant_does_not(taught: Lessons, trees: artifacts.Artifact) -> None:
    model = artifacts.unpack(trees.data, kind=trees.format, horizon=HORIZON)
    fresh = lessons.of(synthetic.closes(count=4000, seed=77), horizon=HORIZON)
    sizes, widths = np.abs(fresh.outcomes), model.half_widths(fresh.rows)

    def loss(width: Floats | float) -> float:
        gap = sizes - width
        return float(np.maximum(0.8 * gap, -0.2 * gap).mean())

    assert loss(widths) < loss(np.quantile(np.abs(taught.outcomes), 0.8))
    assert 0.75 < (sizes <= widths).mean() < 0.85


def test_too_few_lessons_grow_no_trees(taught: Lessons) -> None:
    count = boosting.LEAST_ROWS - 1
    few = Lessons(
        taught.rows[:count], taught.realised[:count], taught.outcomes[:count],
        taught.closed_at[:count],
    )  # fmt: skip
    assert boosting.fit(few, horizon=HORIZON, seed=1) is None


def test_the_only_type_that_is_trusted_is_the_trees(trees: artifacts.Artifact) -> None:
    skops = pytest.importorskip("skops.io")
    assert skops.get_untrusted_types(data=trees.data) == [artifacts.TREES]


class Stranger:
    """What somebody would like to have built in our process."""

    def __init__(self) -> None:
        self.ran = True


def test_an_unknown_type_is_refused() -> None:
    skops = pytest.importorskip("skops.io")
    with pytest.raises(artifacts.ForbiddenType, match="Stranger"):
        artifacts.unpack(skops.dumps(Stranger()), kind=artifacts.FOREST, horizon=HORIZON)


def test_a_type_smuggled_into_an_archive_is_refused(trees: artifacts.Artifact) -> None:
    """The archive of a good model, with one node of its schema renamed."""
    smuggled = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(trees.data)) as good, zipfile.ZipFile(smuggled, "w") as bad:
        for name in good.namelist():
            data = good.read(name)
            if name == "schema.json":
                data = data.replace(b'"TreePredictor"', b'"popen"').replace(
                    b'"sklearn.ensemble._hist_gradient_boosting.predictor"', b'"os"'
                )
            bad.writestr(name, data)
    with pytest.raises(artifacts.BrokenArtifact):
        artifacts.unpack(smuggled.getvalue(), kind=artifacts.FOREST, horizon=HORIZON)


def test_another_estimator_is_no_forest() -> None:
    skops = pytest.importorskip("skops.io")
    linear = pytest.importorskip("sklearn.linear_model")
    fitted = linear.Ridge().fit([[0.0], [1.0]], [0.0, 1.0])
    with pytest.raises(artifacts.BrokenArtifact, match="Ridge"):
        artifacts.unpack(skops.dumps(fitted), kind=artifacts.FOREST, horizon=HORIZON)


def test_trees_of_another_horizon_are_refused(trees: artifacts.Artifact) -> None:
    with pytest.raises(artifacts.BrokenArtifact, match="features"):
        artifacts.unpack(trees.data, kind=trees.format, horizon=TABLE["24h"])


WHOLE = json.dumps({"coefficients": [0.0] * len(features.names(HORIZON)), "spread": 1.0})


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\x80\x04K\x01.", b"{}", b"[1]", b"null", b"[" * 100_000, b'{"coefficients": 3}',
        b'{"coefficients": [1.0], "spread": 1.0}',
        WHOLE.replace("1.0", "NaN").encode(), WHOLE.replace("1.0", "Infinity").encode(),
        WHOLE.replace("1.0", "0.0").encode(), WHOLE.replace("1.0", "-1.0").encode(),
        WHOLE.replace("[0.0", '["x"').encode(),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", [artifacts.HAR, artifacts.FOREST, "pickle"])
def test_bytes_that_are_no_model_are_refused(data: bytes, kind: str) -> None:
    with pytest.raises(artifacts.BrokenArtifact):
        artifacts.unpack(data, kind=kind, horizon=HORIZON)


def test_a_whole_har_model_is_taken() -> None:
    model = artifacts.unpack(WHOLE.encode(), kind=artifacts.HAR, horizon=HORIZON)
    assert model.half_widths(np.zeros((1, len(features.names(HORIZON))))).tolist() == [1.0]
