"""F7 as a round lives it: whatever its sources do at either instant, no wrong price is taken.

Every mode x sources x instant is one cell: the round is carried by the league's own sweep until it
has a price, or is void at its deadline with a public reason.
"""

import itertools
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from league import history, rounds
from league.models import Round, RoundEvent
from league.models.round import Status
from markets import observations
from markets.models import Bar, Observation, Quote
from markets.providers import base, binance, coinbase, http, kraken, registry
from tests import factories
from tests.chaos import report
from tests.chaos.rollback import undone
from tests.markets import hostile_vendors as hostile
from tests.markets import vendor_server
from tests.markets.vendor_server import VendorServer

pytestmark = [pytest.mark.chaos, pytest.mark.django_db]
NOON = factories.NOON
HOUR = timedelta(hours=1)
INSTANTS = {"reference": NOON, "settlement": NOON + HOUR}
DEADLINE_S = 120
POISON = Decimal(55)
FOREIGN = ("sim-alpha", "sim-beta", "sim-gamma", "replay:binance")
DONE = {"reference": Status.RUNNING, "settlement": Status.SETTLED}


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> Iterator[VendorServer]:
    """Three vendors on loopback, asked once each and not for long."""
    monkeypatch.setattr(http, "ATTEMPTS", 1)
    monkeypatch.setattr(http, "TIMEOUT_S", (0.5, 0.15))
    monkeypatch.setattr(http, "BODY_S", 0.15)
    with vendor_server.serving(NOON) as server:
        live: list[base.Provider] = [
            binance.Binance(server.url), coinbase.Coinbase(server.url), kraken.Kraken(server.url),
        ]  # fmt: skip
        with registry.installed("live", live):
            yield server
    http._session.cache_clear()


@pytest.fixture
def round_(vendor: VendorServer, db: None) -> Round:
    """Open before noon, with a hundred hours of history behind it, among rows of other modes."""
    league = factories.league(settle_deadline_s=DEADLINE_S)
    season = factories.season(league, price_mode="live")
    found = factories.round_of(season, locks_at=NOON)
    vendor.now = NOON - timedelta(minutes=5)
    carry(found, now=NOON - timedelta(minutes=5))
    history.gather_for([factories.fresh(found)], now=vendor.now)
    assert Bar.objects.count() > 150
    poison()
    return factories.fresh(found)


def poison() -> None:
    """Simulated and replayed words on the very instants and hours the live round asks about."""
    for source, instant in itertools.product(FOREIGN, INSTANTS.values()):
        seen = {"asset_id": "BTC", "source": source}
        Observation.objects.create(
            **seen, instant=instant, value=POISON, source_time=instant, fetched_at=instant,
            is_valid=True, digest="0" * 64,
        )  # fmt: skip
        Quote.objects.create(**seen, source_time=instant, fetched_at=instant, price=POISON)
        prices = dict.fromkeys(("open", "high", "low", "close"), POISON)
        for interval, count in ((60, 9), (3600, 3)):
            step = timedelta(seconds=interval)
            Bar.objects.bulk_create(
                [
                    Bar(**seen, interval=interval, opened_at=instant - step * n, **prices)
                    for n in range(1, count)
                ],
                ignore_conflicts=True,
            )


def carry(round_: Round, *, now: datetime) -> Round:
    rounds.advance(now=now)
    return factories.fresh(round_)


def lived_through(vendor: VendorServer, round_: Round, what: str) -> Round:
    """Swept whenever it wants to be looked at again, until it has a price or is void."""
    now = INSTANTS[what]
    for _ in range(60):
        vendor.now = now
        round_ = carry(round_, now=now)
        if round_.status in {DONE[what], Status.VOID}:
            return round_
        now = max(round_.retry_at or now, now + timedelta(seconds=3))
    raise AssertionError(f"neither priced nor void: {round_.status} {round_.hold_reason}")


def right_price(vendor: VendorServer, round_: Round, what: str) -> Decimal:
    """What the sources agree on when none of them is broken."""
    with undone():
        done = lived_through(vendor, round_, what)
        price = done.reference_price if what == "reference" else done.settlement_price
        assert price is not None
        assert 800 < price < 1200
        return price


def cells(what: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Long: each mode in one, two and three sources. Short: in one, and at one instant in two."""
    ones = [(one,) for one in hostile.PATHS]
    pairs = list(itertools.combinations(hostile.PATHS, 2))
    at_reference = what == "reference"
    for number, mode in enumerate(hostile.MODES):
        broken: list[tuple[str, ...]] = [*ones, *pairs, tuple(hostile.PATHS)]
        if not report.is_long():
            two = [pairs[number % 3]] if number % 2 == at_reference else []
            broken = [ones[(number + at_reference) % 3], *two]
        yield from ((mode, sources) for sources in broken)


@pytest.mark.timeout(500)
def test_no_mode_of_failure_at_either_instant_gives_a_wrong_price(
    vendor: VendorServer, round_: Round
) -> None:
    counted: Counter[str] = Counter()
    wrong: list[str] = []
    for what in INSTANTS:
        right = right_price(vendor, round_, what)
        for mode, broken in cells(what):
            with undone():
                hostile.spoil(vendor, mode, broken)
                done = lived_through(vendor, round_, what)
                wrong += faults(done, what, mode, broken, right)
                counted["void" if done.status == Status.VOID else "priced"] += 1
                held = RoundEvent.objects.filter(round=done, to_status=Status.HELD)
                counted["held"] += held.exists()
            hostile.spoil(vendor, mode, ())
        round_ = lived_through(vendor, round_, what)
    report.add(
        "provider matrix",
        engine=connection.vendor,
        modes=len(hostile.MODES),
        cells=counted["priced"] + counted["void"],
        **{"wrong prices": len(wrong)},
        priced=counted["priced"],
        held=counted["held"],
        void=counted["void"],
    )
    assert not wrong, "\n".join(wrong)
    assert counted["priced"] >= 2 * len(hostile.MODES)
    assert counted["void"] >= len(hostile.MODES) - len(hostile.HARMLESS)


def faults(
    done: Round, what: str, mode: str, broken: tuple[str, ...], right: Decimal
) -> Iterator[str]:
    cell = f"{what}, {mode}, {'+'.join(broken)}"
    price = done.reference_price if what == "reference" else done.settlement_price
    seen = observations.evidence(symbol="BTC", instant=INSTANTS[what], price_mode="live")
    if {str(line["source"]) for line in seen} - set(hostile.PATHS):
        yield f"{cell}: a source of another mode was heard"
    if done.status == Status.VOID:
        if price is not None:
            yield f"{cell}: void with a price"
        if not done.hold_reason:
            yield f"{cell}: void without a public reason"
        if len(broken) == 1 or mode in hostile.HARMLESS:
            yield f"{cell}: void though two sources were right: {done.hold_reason}"
    elif not hostile.is_near(price, right):
        yield f"{cell}: {price} instead of {right}"
    elif len(broken) > 1 and mode not in hostile.HARMLESS:
        yield f"{cell}: priced by one source"
