from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.db import IntegrityError, transaction

from markets import assets, observations
from markets.models import Asset, Observation, Quote
from markets.observations import InstantPrice, PriceDisputed, PriceNotReady
from markets.providers import base, registry
from tests.markets.conftest import NOON
from tests.markets.recordings import Scripted, agreeing, bar, minutes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("known_assets")]
SOON, LATER, MUCH_LATER = (NOON + timedelta(seconds=s) for s in (5, 61, 18_000))


def ask(
    sources: Sequence[base.Provider], *, at: datetime = SOON, symbol: str = "BTC"
) -> InstantPrice:
    with registry.installed("live", sources):
        return observations.price_of_instant(
            symbol=symbol, instant=NOON, price_mode="live", now=at
        )


def row(source: str) -> Observation:
    return Observation.objects.get(source=source, instant=NOON)


def test_an_observation_is_the_median_of_five_minute_closes() -> None:
    sources = agreeing(NOON, "a", "b", close="100.05")
    sources.append(Scripted("c", minutes(NOON, "100", "100.1", "99.9", "100.2", "100.05")))
    found = ask(sources)
    assert found.price == Decimal("100.05")
    assert found.sources == ("a", "b", "c")
    assert row("c").value == Decimal("100.05")
    assert row("c").source_time == NOON
    assert len(found.observation_ids) == 3


def test_the_window_is_open_at_its_start_and_closed_at_the_instant() -> None:
    closes = minutes(NOON + timedelta(minutes=1), "1", "100", "100", "100", "100", "100", "9")
    found = ask([*agreeing(NOON, "a", "b"), Scripted("c", closes)])
    assert row("c").value == Decimal(100)
    assert found.price == Decimal(100)


def test_asking_five_hours_later_gives_the_identical_answer_without_asking_anyone() -> None:
    sources = agreeing(NOON, "a", "b", "c")
    first = ask(sources)
    before = observations.evidence(symbol="BTC", instant=NOON, price_mode="live")
    for source in sources:
        source.held = minutes(NOON, "777", "777", "777", "777", "777")
    assert ask(sources, at=MUCH_LATER) == first
    assert [source.calls for source in sources] == [1, 1, 1]
    with registry.installed("live", sources):
        after = observations.evidence(symbol="BTC", instant=NOON, price_mode="live")
    assert [one for one in after if str(one["source"]) in "abc"] == after
    assert before == []  # sources unknown to the mode are shown only while installed


def test_a_first_question_hours_late_equals_a_punctual_one() -> None:
    punctual = ask(agreeing(NOON, "a", "b", "c", close="100.01"))
    evidence = list(Observation.objects.order_by("source").values_list("value", "digest"))
    Observation.objects.all().delete()
    late = ask(agreeing(NOON, "a", "b", "c", close="100.01"), at=MUCH_LATER)
    assert (late.price, late.sources) == (punctual.price, punctual.sources)
    again = list(Observation.objects.order_by("source").values_list("value", "digest"))
    assert again == evidence


def test_the_instant_must_have_passed_and_its_bars_been_published() -> None:
    with pytest.raises(PriceNotReady) as caught:
        ask(agreeing(NOON, "a", "b", "c"), at=NOON - timedelta(seconds=1))
    assert caught.value.retry_at == NOON + timedelta(seconds=3)
    assert not Observation.objects.exists()


def test_a_halted_source_is_invalid_at_once() -> None:
    halted = Scripted("c", minutes(NOON, *["166.0"] * 5, volume="0"))
    found = ask([*agreeing(NOON, "a", "b"), halted])
    assert found.sources == ("a", "b")
    assert (row("c").is_valid, row("c").reason, row("c").value) == (False, "halted", None)


def test_a_source_that_tells_no_volume_is_believed() -> None:
    quiet = Scripted("c", minutes(NOON, *["100"] * 5, volume=None))
    assert ask([*agreeing(NOON, "a", "b"), quiet]).sources == ("a", "b", "c")


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (None, "no_bar"),
        (base.ProviderUnavailable("server_error", "500"), "unavailable:server_error"),
        (base.ProviderRejected("rejected", "403"), "unavailable:rejected"),
    ],
)
def test_a_silent_source_is_waited_for_and_its_silence_written_with_the_price(
    failure: Exception | None, reason: str
) -> None:
    sources = [*agreeing(NOON, "a", "b"), Scripted("c", failure=failure)]
    with pytest.raises(PriceNotReady) as caught:
        ask(sources)
    assert caught.value.retry_at == SOON + timedelta(seconds=5)
    assert set(Observation.objects.values_list("source", flat=True)) == {"a", "b"}
    assert ask(sources, at=LATER).sources == ("a", "b")
    assert (row("c").is_valid, row("c").reason) == (False, reason)
    sources[2] = Scripted("c", minutes(NOON, *["100.2"] * 5))
    assert ask(sources, at=MUCH_LATER).sources == ("a", "b")


def test_a_bar_still_missing_at_the_instant_is_waited_for() -> None:
    late = Scripted("c", minutes(NOON, *["100.2"] * 5)[:-1])
    sources = [*agreeing(NOON, "a", "b"), late]
    with pytest.raises(PriceNotReady):
        ask(sources)
    late.held = minutes(NOON, "100.2", "100.2", "100.2", "100.2", "100.2")
    assert ask(sources).sources == ("a", "b", "c")


def test_a_minute_without_trades_does_not_silence_a_source_for_ever() -> None:
    late = Scripted("c", minutes(NOON, *["100.2"] * 5)[:-1])
    assert ask([*agreeing(NOON, "a", "b"), late], at=LATER).sources == ("a", "b", "c")


def test_a_disputed_instant_may_still_be_settled_when_a_source_comes_back() -> None:
    down = Scripted("c", failure=base.ProviderUnavailable("unreachable"))
    sources = [Scripted("a", minutes(NOON, *["100"] * 5)), down]
    sources.append(Scripted("b", minutes(NOON, *["102"] * 5)))
    with pytest.raises(PriceDisputed, match="sources_disagree"):
        ask(sources, at=LATER)
    assert not Observation.objects.filter(source="c").exists()
    down.failure, down.held = None, minutes(NOON, *["100.1"] * 5)
    assert ask(sources, at=LATER).sources == ("a", "c")


def test_live_prices_want_three_configured_sources() -> None:
    with pytest.raises(PriceDisputed, match="too_few"):
        ask(agreeing(NOON, "a", "b"), at=LATER)


def test_a_source_that_does_not_trade_the_asset_is_no_source() -> None:
    stranger = Scripted("z", failure=base.UnknownSymbol("BTC"))
    found = ask([*agreeing(NOON, "a", "b", "c"), stranger])
    assert found.sources == ("a", "b", "c")
    assert row("z").reason == "not_traded"
    assert not row("z").is_valid


def test_a_source_that_lists_the_asset_later_changes_no_price_already_asked_for() -> None:
    stranger = Scripted("z", failure=base.UnknownSymbol("BTC"))
    before = ask([*agreeing(NOON, "a", "b", "c"), stranger])
    after = ask([*agreeing(NOON, "a", "b", "c"), *agreeing(NOON, "z", close="100.2")])
    assert (after.price, after.sources) == (before.price, before.sources)


def test_an_hour_and_a_day_that_share_an_instant_share_its_price_and_evidence() -> None:
    listing = Scripted("z", failure=base.UnknownSymbol("BTC"))
    sources = [*agreeing(NOON, "a", "b", "c"), listing]
    hour = ask(sources)
    listing.failure, listing.held = None, minutes(NOON, *["100.2"] * 5)
    day = ask(sources, at=MUCH_LATER)
    assert day == hour
    assert listing.calls == 1
    with registry.installed("live", sources):
        told = observations.evidence(symbol="BTC", instant=NOON, price_mode="live")
    assert [line["source"] for line in told] == ["a", "b", "c"]


def test_a_source_configured_later_joins_no_price_that_stands_without_it() -> None:
    sources = agreeing(NOON, "a", "b", "c")
    before = ask(sources)
    sources += agreeing(NOON, "d", close="100.2")
    for _ in range(2):
        assert ask(sources, at=MUCH_LATER) == before
    assert (sources[3].calls, row("d").reason) == (0, "not_asked")
    with registry.installed("live", sources):
        told = observations.evidence(symbol="BTC", instant=NOON, price_mode="live")
    assert [line["source"] for line in told] == ["a", "b", "c"]


def test_a_source_that_does_not_trade_the_asset_does_not_count_as_configured() -> None:
    stranger = Scripted("z", failure=base.UnknownSymbol("BTC"))
    with pytest.raises(PriceDisputed, match="too_few"):
        ask([*agreeing(NOON, "a", "b"), stranger], at=LATER)


def test_a_dispute_goes_on_asking_the_silent_hours_later() -> None:
    down = Scripted("c", failure=base.ProviderUnavailable("unreachable"))
    sources = [*agreeing(NOON, "a"), *agreeing(NOON, "b", close="102"), down]
    for at in (LATER, MUCH_LATER):
        with pytest.raises(PriceDisputed, match="sources_disagree"):
            ask(sources, at=at)
    down.failure, down.held = None, minutes(NOON, *["100.1"] * 5)
    assert ask(sources, at=MUCH_LATER).sources == ("a", "c")


def test_a_source_of_quotes_gives_its_last_quote_before_the_instant() -> None:
    quoting = Scripted("q", intervals=frozenset())
    for seconds, price in ((-130, "90"), (-60, "100.1"), (-20, "100.2"), (3, "111")):
        at = NOON + timedelta(seconds=seconds)
        Quote.objects.create(
            asset_id="BTC", source="q", source_time=at, fetched_at=at, price=Decimal(price)
        )
    found = ask([*agreeing(NOON, "a", "b"), quoting])
    assert found.sources == ("a", "b", "q")
    assert row("q").value == Decimal("100.2")
    assert row("q").source_time == NOON - timedelta(seconds=20)


def test_a_quote_is_final_only_once_the_source_has_moved_past_the_instant() -> None:
    quoting = Scripted("q", intervals=frozenset())
    at = NOON - timedelta(seconds=50)
    Quote.objects.create(asset_id="BTC", source="q", source_time=at, fetched_at=at, price=100)
    sources = [*agreeing(NOON, "a", "b"), quoting]
    with pytest.raises(PriceNotReady):
        ask(sources)
    assert ask(sources, at=LATER).sources == ("a", "b", "q")


def test_a_lagging_source_of_quotes_says_the_same_to_whoever_asks_when() -> None:
    for lag, heard, price in ((60, -10, "100.1"), (20, 59, "100.2"), (5, 90, "100.3")):
        Quote.objects.create(
            asset_id="BTC", source="q", source_time=NOON - timedelta(seconds=lag),
            fetched_at=NOON + timedelta(seconds=heard), price=Decimal(price),
        )  # fmt: skip
    sources = [*agreeing(NOON, "a", "b"), Scripted("q", intervals=frozenset())]
    words = []
    for at in (LATER, MUCH_LATER):
        ask(sources, at=at)
        words.append((row("q").value, row("q").source_time, row("q").digest))
        Observation.objects.all().delete()
    assert words[0] == words[1]
    assert words[0][0] == Decimal("100.2")


def test_once_patience_is_over_a_source_of_quotes_has_said_its_last() -> None:
    at = NOON - timedelta(seconds=50)
    Quote.objects.create(asset_id="BTC", source="q", source_time=at, fetched_at=at, price=100)
    sources = [Scripted("q", intervals=frozenset()), Scripted("r", intervals=frozenset())]
    with pytest.raises(PriceDisputed, match="too_few"):
        ask(sources, at=NOON + observations.PATIENCE)
    assert (row("q").is_valid, row("r").reason) == (True, "no_quote")


def test_an_old_quote_is_no_quote() -> None:
    quoting = Scripted("q", intervals=frozenset())
    at = NOON - timedelta(seconds=121)
    Quote.objects.create(asset_id="BTC", source="q", source_time=at, fetched_at=at, price=100)
    assert ask([*agreeing(NOON, "a", "b"), quoting], at=LATER).sources == ("a", "b")
    assert row("q").reason == "no_quote"


def test_hours_answer_only_for_the_instant_they_close_at() -> None:
    def hourly(name: str) -> Scripted:
        held = [bar(NOON - timedelta(hours=n), f"10{n}") for n in (2, 1, 0)]
        return Scripted(name, held, intervals=frozenset({3600}))

    assert ask([hourly(name) for name in "abc"]).price == Decimal(101)
    half_past = NOON - timedelta(minutes=30)
    installed = registry.installed("live", [hourly(name) for name in "abc"])
    with installed, pytest.raises(PriceDisputed, match="too_few"):
        observations.price_of_instant(
            symbol="BTC", instant=half_past, price_mode="live", now=LATER
        )


def test_a_jump_is_measured_against_what_the_caller_knows() -> None:
    sources = agreeing(NOON, "a", "b") + agreeing(NOON, "c", close="100.6")
    Asset.objects.filter(symbol="BTC").update(divergence_bp=80)
    with registry.installed("live", sources):
        ask_jump = partial(
            observations.price_of_instant,
            symbol="BTC", instant=NOON, price_mode="live", now=SOON, sigma_bp=50.0,
        )  # fmt: skip
        with pytest.raises(PriceDisputed, match="implausible_jump"):
            ask_jump(last_price=Decimal(70))
        found = ask_jump(last_price=Decimal(99))
    assert found.price == Decimal(100)


def test_an_unknown_asset_has_no_price() -> None:
    with pytest.raises(assets.UnknownAsset):
        ask(agreeing(NOON, "a", "b", "c"), symbol="NOPE")


def test_evidence_is_plain_json_that_gives_the_price_again() -> None:
    sources = [*agreeing(NOON, "a", "b"), Scripted("c", minutes(NOON, *["9"] * 5, volume="0"))]
    found = ask(sources)
    with registry.installed("live", sources):
        lines = observations.evidence(symbol="BTC", instant=NOON, price_mode="live")
    assert [line["source"] for line in lines] == ["a", "b", "c"]
    assert lines[0]["value"] == "100.00000000"
    assert lines[0]["source_time"] == "2025-01-15T12:00:00Z"
    assert (lines[2]["value"], lines[2]["reason"]) == (None, "halted")
    rows = Observation.objects.filter(instant=NOON)
    assert observations.compute_price(rows, divergence_bp=25).price == found.price


def test_simulated_prices_need_nobody() -> None:
    found = observations.price_of_instant(
        symbol="ETH", instant=NOON, price_mode="simulated", now=NOON
    )
    assert found.sources == ("sim-alpha", "sim-beta", "sim-gamma")
    assert found.fragility.widest_bp < 10


def test_live_and_simulated_evidence_never_mix() -> None:
    ask(agreeing(NOON, "a", "b", "c"))
    observations.price_of_instant(symbol="BTC", instant=NOON, price_mode="simulated", now=NOON)
    simulated = observations.evidence(symbol="BTC", instant=NOON, price_mode="simulated")
    assert {str(line["source"])[:4] for line in simulated} == {"sim-"}
    assert observations.evidence(symbol="BTC", instant=NOON, price_mode="live") == []


@pytest.mark.parametrize(
    "wrong",
    [{"value": None}, {"value": Decimal(0)}, {"value": Decimal(-1)}, {"is_valid": False}],
)
def test_the_database_refuses_impossible_observations(wrong: dict[str, object]) -> None:
    right = {
        "asset_id": "BTC", "source": "a", "instant": NOON, "fetched_at": SOON,
        "value": Decimal(1), "is_valid": True, "digest": "0" * 64,
    }  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        Observation.objects.create(**(right | wrong))
