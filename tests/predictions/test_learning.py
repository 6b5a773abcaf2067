"""From training to retirement: versions, their trials, the gate, and what goes wrong."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from league import operations
from league.horizons import TABLE
from league.models import League, Round, Season
from league.models.round import Status
from predictions import house_picks, learning, promotion, retraining, succession, trials, versions
from predictions.models import Apprenticeship, Calibration, ModelVersion, Trial
from predictions.models.model_version import Standing
from predictions.training import artifacts, candidates, gate, har
from predictions.versions import Course
from tests.predictions import test_house_picks as picks
from tests.predictions.test_house_picks import NOW, open_round, store

pytestmark = pytest.mark.django_db
season, fresh = picks.season, picks._fresh
WEEK = timedelta(days=7)


@pytest.fixture
def taught(season: Season) -> Season:
    store("BTC")
    store("ETH", seed=2)
    Season.objects.update(ends_at=NOW + timedelta(days=100))
    season.refresh_from_db()
    return season


def version(**of: Any) -> ModelVersion:
    return ModelVersion.objects.get(**({"family": "har", "horizon": "24h"} | of))


def course(season: Season, horizon: str = "24h") -> Course:
    found = open_round(season, "BTC", horizon=horizon)
    return Course(found.terms, season.price_mode)


# -- training ---------------------------------------------------------------------------------
def test_the_first_model_serves_and_the_next_one_follows(taught: Season) -> None:
    assert retraining.retrain(now=NOW) == 2
    first = version()
    assert (first.status, first.promoted_by, first.number) == ("champion", "first", 1)
    assert retraining.retrain(now=NOW + timedelta(days=6)) == 0
    assert retraining.retrain(now=NOW + WEEK) == 2
    second = version(number=2)
    assert (second.status, second.parent_id) == ("shadow", first.pk)
    assert second.probe_sha256 == first.probe_sha256  # the same bars and seed, the same model


def test_a_version_tells_where_it_comes_from(taught: Season) -> None:
    retraining.retrain(now=NOW)
    found = version()
    assert found.assets == ["BTC", "ETH"]
    assert found.window_start < found.window_end <= NOW
    assert found.rows > 500
    assert found.features[0] == "level"
    assert found.size == len(bytes(found.artifact))
    assert set(found.libraries) == {"numpy", "scikit-learn", "skops", "python"}
    assert found.metrics["seconds_per_thousand"] < 1
    assert found.metrics["validation"] == {}  # too short to hold anything back


@pytest.mark.parametrize("trouble", [ValueError("nan"), MemoryError(), candidates.Unusable("har")])
def test_a_training_that_fails_leaves_the_champion_serving(
    taught: Season, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    retraining.retrain(now=NOW)

    def fail(*_: object, **__: object) -> None:
        raise trouble

    monkeypatch.setattr(candidates, "train", fail)
    later = NOW + WEEK
    assert retraining.retrain(now=later) == 0
    turn = Apprenticeship.objects.get(horizon="24h")
    assert (turn.failures, turn.next_at) == (1, later + retraining.FIRST_PAUSE)
    assert type(trouble).__name__ in turn.last_error
    assert versions.champion(course(taught), family="har") is not None
    monkeypatch.undo()
    assert retraining.retrain(now=later + timedelta(minutes=4)) == 0
    assert retraining.retrain(now=later + timedelta(minutes=5)) == 2
    assert Apprenticeship.objects.get(horizon="24h").failures == 0


def test_widths_that_are_no_numbers_are_never_stored(
    taught: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    retraining.retrain(now=NOW)
    fit = har.fit

    def broken(taught: Any) -> Any:
        model = fit(taught)
        return type(model)(model.coefficients, float("nan"))

    monkeypatch.setattr(har, "fit", broken)
    assert retraining.retrain(now=NOW + WEEK) == 0
    assert "ValueError" in Apprenticeship.objects.get(horizon="24h").last_error
    assert ModelVersion.objects.filter(horizon="24h").count() == 1


def test_who_dies_or_stalls_in_training_is_replaced_when_the_lease_is_over(
    taught: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(candidates, "train", die)
    with pytest.raises(KeyboardInterrupt):
        retraining.retrain(now=NOW)
    monkeypatch.undo()
    minute = timedelta(minutes=1)
    assert retraining.retrain(now=NOW + minute) == 0  # nor does the other horizon's turn come
    assert Apprenticeship.objects.get(horizon="1h").failures == 1
    assert retraining.retrain(now=NOW + retraining.LEASE) == 2
    assert Apprenticeship.objects.get(horizon="1h").failures == 0
    assert ModelVersion.objects.filter(horizon="1h").exists()


def test_what_an_operator_asks_for_during_a_training_is_not_forgotten(
    taught: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = candidates.train

    def train_and_be_asked(*rows: Any, **options: Any) -> Any:
        turn = Apprenticeship.objects.get(horizon=options["horizon"].name)
        retraining.ask(turn, reason="the venue restated its bars", actor="ada", now=NOW)
        return train(*rows, **options)

    monkeypatch.setattr(candidates, "train", train_and_be_asked)
    assert retraining.retrain(now=NOW) == 2
    monkeypatch.undo()
    assert retraining.retrain(now=NOW + timedelta(minutes=1)) == 2
    assert retraining.retrain(now=NOW + timedelta(minutes=2)) == 0


def test_trials_nobody_judges_by_any_more_are_forgotten(taught: Season) -> None:
    round_ = tried(taught)
    assert trials.forget(now=round_.locks_at + trials.KEPT) == 0
    assert trials.forget(now=round_.locks_at + trials.KEPT + timedelta(seconds=1)) == 1
    assert not Trial.objects.exists()


def test_one_worker_trains_at_a_time(taught: Season) -> None:
    retraining.retrain(now=NOW)
    Apprenticeship.objects.update(next_at=NOW, leased_until=NOW + timedelta(minutes=3))
    assert retraining.retrain(now=NOW + timedelta(minutes=2)) == 0
    assert retraining.retrain(now=NOW + timedelta(minutes=3)) == 2


def test_too_little_history_is_looked_at_again(season: Season) -> None:
    store("BTC", hours=800)
    assert retraining.retrain(now=NOW) == 0
    assert not ModelVersion.objects.exists()
    turn = Apprenticeship.objects.get(horizon="24h")
    assert (turn.failures, turn.next_at) == (0, NOW + retraining.TOO_YOUNG)


def test_shadows_that_wait_are_few(taught: Season) -> None:
    for week in range(8):
        retraining.retrain(now=NOW + week * WEEK)
    shadows = ModelVersion.objects.filter(horizon="24h", status=Standing.SHADOW)
    assert shadows.count() == succession.MOST_SHADOWS


# -- what is served ---------------------------------------------------------------------------
@pytest.mark.parametrize("data", [b"", b"{}", b"\x80\x04K\x01."])
def test_a_tampered_artifact_is_not_served_and_its_version_goes(
    taught: Season, data: bytes
) -> None:
    retraining.retrain(now=NOW)
    found = version()
    ModelVersion.objects.filter(pk=found.pk).update(artifact=data)
    versions._models.clear()
    with pytest.raises(versions.TamperedArtifact):
        versions.model_of(found)
    assert versions.champion(course(taught), family="har") is None
    assert promotion.decide(now=NOW) == 1
    assert version().status == Standing.RETIRED
    assert "bytes" in version().reason


def test_a_digest_changed_with_the_bytes_is_of_no_use(taught: Season) -> None:
    """Whoever can write both still cannot serve what is no model."""
    retraining.retrain(now=NOW)
    data = b'{"coefficients": [1e9], "spread": 1.0}'
    ModelVersion.objects.update(artifact=data, size=len(data), sha256=artifacts.digest(data))
    assert versions.champion(course(taught), family="har") is None


# -- trials -----------------------------------------------------------------------------------
def finished(round_: Round, *, outcome_bp: float) -> None:
    Round.objects.filter(pk=round_.pk).update(
        status=Status.FINAL, reference_price=100, settlement_price=101, outcome_bp=outcome_bp,
        sigma_bp=200.0, width=0.9, is_sigma_borrowed=False, finalized_at=round_.settles_at,
    )  # fmt: skip


def tried(taught: Season) -> Round:
    retraining.retrain(now=NOW)
    round_ = open_round(taught, "BTC", horizon="24h")
    house_picks.enter(now=house_picks.finish_of(round_))
    return round_


def test_every_living_version_tries_every_round_once(taught: Season) -> None:
    retraining.retrain(now=NOW)
    Apprenticeship.objects.update(next_at=NOW)
    retraining.retrain(now=NOW)
    round_ = open_round(taught, "BTC", horizon="24h")
    house_picks.enter(now=NOW)
    assert not Trial.objects.exists()  # not before the last words
    for _ in range(2):
        house_picks.enter(now=house_picks.finish_of(round_))
    assert Trial.objects.filter(round=round_).count() == 2
    one = Trial.objects.first()
    assert one is not None
    assert one.low_bp == -one.high_bp < 0 == one.middle_bp
    said = picks.word(round_, "vol-scholar")
    assert float(said.p90) == pytest.approx(one.high_bp, abs=1e-3)


def test_a_private_leagues_pace_decides_about_no_model(taught: Season) -> None:
    retraining.retrain(now=NOW)
    League.objects.update(visibility="private")
    round_ = open_round(taught, "BTC", horizon="24h")
    assert house_picks.enter(now=house_picks.finish_of(round_))
    assert not Trial.objects.exists()
    Apprenticeship.objects.all().delete()
    assert retraining.retrain(now=NOW + WEEK) == 0
    assert not Apprenticeship.objects.exists()


@pytest.mark.parametrize(("outcome", "place", "missed"), [(10.0, 2, 0), (-3000.0, 0, 1)])
def test_a_trial_is_scored_once_and_counts_towards_calibration(
    taught: Season, outcome: float, place: int, missed: int
) -> None:
    round_ = tried(taught)
    assert trials.score(now=NOW) == 0
    finished(round_, outcome_bp=outcome)
    assert trials.score(now=NOW) == 1
    assert trials.score(now=NOW) == 0
    trial = Trial.objects.get(round=round_)
    assert (trial.pit_bin, trial.outcome) == (place, outcome / 200.0)
    counts = Calibration.objects.get(version=trial.version)
    assert (counts.asset, counts.settled, counts.missed) == ("BTC", 1, missed)
    serving = versions.served(trial.version)
    assert serving is not None
    assert serving.records["BTC"].missed == missed


def test_trials_of_void_rounds_go(taught: Season) -> None:
    round_ = tried(taught)
    Round.objects.filter(pk=round_.pk).update(status=Status.VOID)
    assert trials.score(now=NOW) == 0
    assert not Trial.objects.exists()


def test_models_that_fail_keep_nobody_from_entering(
    taught: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    round_ = open_round(taught, "BTC")

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("sick")

    monkeypatch.setattr(trials, "enter", fail)
    assert house_picks.enter(now=house_picks.finish_of(round_)) == len(picks.BUILT_IN)


# -- succession -------------------------------------------------------------------------------
def rivals(taught: Season) -> tuple[ModelVersion, ModelVersion]:
    retraining.retrain(now=NOW)
    retraining.retrain(now=NOW + WEEK)
    return version(number=1), version(number=2)


def test_promotion_retires_the_champion_and_rolling_back_revives_it(taught: Season) -> None:
    old, new = rivals(taught)
    why = "better by a point"
    assert succession.promote(new, actor="ada", reason=why, now=NOW)
    assert not succession.promote(new, actor="ada", reason=why, now=NOW)
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.status, new.status, new.promoted_by) == ("retired", "champion", "ada")
    assert succession.roll_back(new, actor="bob", reason="worse in fact", now=NOW)
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.status, new.status, old.promoted_by) == ("champion", "retired", "bob")
    with pytest.raises(succession.NotServing):
        succession.roll_back(old, actor="bob", reason="worse in fact", now=NOW)


def test_a_reason_is_needed(taught: Season) -> None:
    _, new = rivals(taught)
    for verb in (succession.promote, succession.retire, succession.roll_back):
        with pytest.raises(operations.ReasonTooShort):
            verb(new, actor="ada", reason="because", now=NOW)
    new.refresh_from_db()
    assert new.status == Standing.SHADOW


def test_learning_is_one_sweep(taught: Season) -> None:
    assert learning.learn(now=NOW) == 2
    round_ = open_round(taught, "BTC", horizon="24h")
    house_picks.enter(now=house_picks.finish_of(round_))
    finished(round_, outcome_bp=10.0)
    assert learning.learn(now=NOW) == 1
    assert version().drift["locks"] == 1
    assert learning.learn(now=NOW) == 0


# -- what operators and everybody see ---------------------------------------------------------
def chosen(client: Client, row: ModelVersion | Apprenticeship, action: str, **answers: str) -> str:
    address = reverse(f"admin:predictions_{type(row)._meta.model_name}_changelist")
    form = {"action": action, "_selected_action": str(row.pk), **answers}
    return client.post(address, form, follow=True).content.decode()


def test_an_operator_rolls_back_with_a_reason(taught: Season, admin_client: Client) -> None:
    old, new = rivals(taught)
    said = {"_confirmed": "1", "reason": "the newer is the better"}
    assert "Promote shadows" in chosen(admin_client, new, "promote")
    assert "at least 10 characters" in chosen(
        admin_client, new, "promote", _confirmed="1", reason="no"
    )
    assert "1 promoted." in chosen(admin_client, new, "promote", **said)
    assert "1 rolled back." in chosen(admin_client, new, "roll_back", **said)
    old.refresh_from_db()
    assert (old.status, old.promoted_by) == ("champion", "admin")
    assert "no champion" in chosen(admin_client, old, "roll_back", **said)
    turn = Apprenticeship.objects.get(horizon="24h")
    assert "1 asked for." in chosen(admin_client, turn, "train", **said)


def test_the_api_tells_of_every_model_but_its_bytes(taught: Season, client: Client) -> None:
    old, _ = rivals(taught)
    rows = client.get("/api/v1/models?horizon=24h").json()["results"]
    assert [row["name"] for row in rows] == ["har-24h-2", "har-24h-1"]
    assert rows[0]["follows"] == "har-24h-1"
    assert rows[0]["status"] == "shadow"
    assert client.get("/api/v1/models?status=champion&horizon=24h").json()["results"] == rows[1:]
    one = client.get(f"/api/v1/models/{old.pk}").json()
    assert one["sha256"] == old.sha256
    assert "artifact" not in one
    assert client.get("/api/v1/models?horizon=3w").status_code == 400
    assert client.get(f"/api/v1/models/{taught.pk}").status_code == 404


def test_drift_is_measured_where_everybody_watches(taught: Season, client: Client) -> None:
    finished(tried(taught), outcome_bp=10.0)
    learning.learn(now=NOW)
    text = client.get("/metrics").content.decode()
    labels = 'family="har",horizon="24h",price_mode="simulated",status="champion",version="1"'
    assert f"league_model_coverage{{{labels}}} 1.0" in text
    assert f'league_model_pit{{bin="2",{labels}}} 1.0' in text


# -- found by a hostile reader ----------------------------------------------------------------
def test_a_model_of_another_release_goes_and_silences_nobody(taught: Season) -> None:
    """Its bytes are its own, but no model of today's features."""
    retraining.retrain(now=NOW)
    data = b'{"coefficients": [0.0, 1.0], "spread": 1.0}'
    ModelVersion.objects.filter(horizon="24h").update(
        artifact=data, size=len(data), sha256=artifacts.digest(data)
    )
    round_ = open_round(taught, "BTC", horizon="24h")
    assert house_picks.enter(now=house_picks.finish_of(round_)) == len(picks.BUILT_IN)
    retraining.retrain(now=NOW + WEEK)
    assert version(number=1).status == Standing.RETIRED
    assert "coefficients" in version(number=1).reason
    assert version(number=2).status == Standing.SHADOW


def test_a_sick_version_keeps_no_other_from_trying(
    taught: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = rivals(taught)
    served = versions.served

    def sick(one: ModelVersion) -> Any:
        if one.pk == old.pk:
            raise AttributeError("_raw_predict")
        return served(one)

    monkeypatch.setattr(versions, "served", sick)
    round_ = open_round(taught, "BTC", horizon="24h")
    trials.enter([round_], desk=house_picks.Desk(house_picks.finish_of(round_)))
    assert list(Trial.objects.values_list("version_id", flat=True)) == [new.pk]


def test_rolling_back_brings_back_whom_it_followed(taught: Season) -> None:
    """Two shadows of one parent, promoted one after the other."""
    first, second = rivals(taught)
    retraining.retrain(now=NOW + 2 * WEEK)
    third = version(number=3)
    why = "better by a point"
    assert succession.promote(second, actor="ada", reason=why, now=NOW)
    assert succession.promote(third, actor="ada", reason=why, now=NOW)
    third.refresh_from_db()
    assert succession.roll_back(third, actor="ada", reason="worse in fact", now=NOW)
    assert {one.number: one.status for one in ModelVersion.objects.filter(horizon="24h")} == {
        1: "retired", 2: "champion", 3: "retired",
    }  # fmt: skip
    assert first.number == 1


@pytest.mark.parametrize("verb", [succession.promote, succession.roll_back])
def test_nobody_makes_way_for_bytes_that_cannot_be_served(taught: Season, verb: Any) -> None:
    old, new = rivals(taught)
    broken = new
    if verb is succession.roll_back:
        assert succession.promote(new, actor="ada", reason="better by a point", now=NOW)
        new.refresh_from_db()
        broken = old
    ModelVersion.objects.filter(pk=broken.pk).update(artifact=b"{}")
    versions._models.clear()
    before = dict(ModelVersion.objects.values_list("pk", "status"))
    with pytest.raises(succession.NotServing):
        verb(new, actor="ada", reason="for good reasons", now=NOW)
    assert dict(ModelVersion.objects.values_list("pk", "status")) == before


def test_a_verdict_on_a_shadow_does_not_fall_on_the_champion_it_has_become(
    taught: Season,
) -> None:
    _, new = rivals(taught)
    seen = version(number=2)
    assert succession.promote(new, actor="ada", reason="better by a point", now=NOW)
    assert not succession.retire(seen, actor="gate", reason="refused: too wide", now=NOW)
    assert version(number=2).status == Standing.CHAMPION


def test_full_of_shadows_nothing_is_trained_in_vain(
    taught: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "FAMILIES", ("har",))
    for week in range(succession.MOST_SHADOWS + 1):
        retraining.retrain(now=NOW + week * WEEK)
    later = NOW + 6 * WEEK

    def never(*_: object, **__: object) -> None:
        raise AssertionError("trained in vain")

    monkeypatch.setattr(candidates, "train", never)
    assert retraining.retrain(now=later) == 0
    assert Apprenticeship.objects.get(horizon="24h").next_at == later + WEEK


@pytest.mark.parametrize("failures", [9, 40, 30_000])
def test_a_training_that_always_fails_is_tried_daily_for_ever(
    taught: Season, monkeypatch: pytest.MonkeyPatch, failures: int
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("sick")

    retraining.retrain(now=NOW)
    Apprenticeship.objects.update(failures=failures, next_at=NOW)
    monkeypatch.setattr(candidates, "train", fail)
    assert retraining.retrain(now=NOW) == 0
    assert Apprenticeship.objects.get(horizon="24h").next_at == NOW + timedelta(days=1)


@pytest.mark.parametrize("horizon", ["1h", "24h", "7d"])
def test_a_losing_champion_goes_at_the_pace_of_its_rounds(taught: Season, horizon: str) -> None:
    """Rounds lock at their own cadence and settle some minutes late."""
    course(taught, horizon="24h")
    terms = TABLE[horizon]
    retraining.retrain(now=NOW)
    found = version(horizon="24h")
    ModelVersion.objects.exclude(pk=found.pk).update(status="retired", retired_at=NOW)
    ModelVersion.objects.filter(pk=found.pk).update(horizon=horizon, number=99)
    count = gate.LEAST_WATCHED[horizon] + 2
    for number in range(count):
        locks_at = NOW - number * timedelta(seconds=terms.cadence_s)
        round_ = Round.objects.create(
            season=taught, asset_id="BTC", horizon=horizon, status=Status.FINAL,
            opens_at=locks_at - timedelta(hours=1), locks_at=locks_at,
            settles_at=locks_at + terms.length, finalized_at=locks_at + terms.length,
            reference_price=100, settlement_price=101, outcome_bp=100.0, sigma_bp=200.0,
            width=0.9,
        )  # fmt: skip
        Trial.objects.create(
            version=found, round=round_, entered_at=locks_at, low_bp=-1, middle_bp=0, high_bp=1,
            points_milli=-90_000 - number, outcome=0.5, pit_bin=1,
        )  # fmt: skip
    losing = trials.met(found, rival=None, since=NOW - promotion.WATCHED[horizon])
    assert gate.watch(losing, horizon=horizon).verdict == "refuse"


def test_no_list_reads_the_bytes_of_models(
    taught: Season, admin_client: Client, django_assert_max_num_queries: Any
) -> None:
    rivals(taught)
    with django_assert_max_num_queries(100) as asked:
        assert admin_client.get("/api/v1/models").status_code == 200
        for name in ("modelversion", "trial"):
            address = reverse(f"admin:predictions_{name}_changelist")
            assert admin_client.get(address).status_code == 200
    assert not [one["sql"] for one in asked.captured_queries if '"artifact"' in one["sql"]]
