"""What schemathesis makes of the served schema: nothing gives a 5xx or an undocumented answer.

In this process, through the WSGI door; seeded (hypothesis, derandomized), as a stranger and with
a bot's key, with values the schema allows and with values it does not.
"""

import contextlib
import copy
import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.db import connection
from django.utils import timezone
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from config import wsgi
from league import keys
from league.webhooks import deliveries, endpoints
from tests.api import world as worlds
from tests.api.world import ALICE_WALLET, World
from tests.chaos import report
from tests.chaos.rollback import connected, undone

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


@dataclass
class Fuzz:
    """`known` are parameters that exist: every other pair of cases asks for something real."""

    known: dict[str, Iterator[str]]
    identities: Iterator[dict[str, str]]
    cases: int = 0
    answers: Counter[int] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)

    def ask(self, case: Any) -> None:
        self.cases += 1
        if self.cases // 2 % 2:  # of each pair one is asked with a key
            self.point_at_something_real(case)
        answer = case.call(headers=next(self.identities))
        self.answers[answer.status_code] += 1
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as found:
            told = "; ".join(f"{type(one).__name__}: {one}" for one in found.exceptions)
            self.violations.append(f"{case.method} {case.formatted_path}: {told[:600]}")

    def point_at_something_real(self, case: Any) -> None:
        for place in (case.path_parameters, case.query):
            place.update({name: next(self.known[name]) for name in place if name in self.known})
        examples = examples_of(case.operation)
        if examples and self.cases // 4 % 2:
            case.body = examples[self.cases // 8 % len(examples)]

    def share(self) -> str:
        """Of the answers that are no refusal: on these the bodies are what is checked."""
        good = sum(number for status, number in self.answers.items() if status < 300)
        return f"{good / self.cases:.0%}"


def examples_of(operation: Any) -> list[Any]:
    """The bodies that the schema itself shows."""
    content = operation.definition.raw.get("requestBody", {}).get("content", {})
    shown = content.get("application/json", {}).get("examples", {})
    return [copy.deepcopy(one["value"]) for one in shown.values()]


@pytest.fixture
def fuzz(db: None, settings: Any) -> Iterator[Fuzz]:
    settings.RATE_LIMIT_RPM = 1_000_000
    settings.ENABLE_USER_REGISTRATION = True
    world = worlds.build(timezone.now().replace(microsecond=0))
    key = keys.issue(player=world.alice, now=world.now, scopes=keys.SCOPES).secret
    access = {"Authorization": f"Bearer {key}"}
    with connected():
        yield Fuzz(known_of(world), itertools.cycle([access, {}]))


def known_of(world: World) -> dict[str, Iterator[str]]:
    """By parameter: what there is, in turn."""
    assert world.alice.user is not None
    wanted = endpoints.Wanted("https://hook.example.org/", ["round.opened"], "https://a.b")
    webhook = endpoints.create(account=world.alice.user, wanted=wanted, now=world.now).webhook
    given = {
        "webhook_id": [str(webhook.pk)],
        "delivery_id": [str(deliveries.ping(webhook, now=world.now).pk)],
        "round_id": [str(world.open_round.pk), str(world.final_round.pk)],
        "prediction_id": [str(world.scored.pk)],
        "slug": ["demo"],
        "season": ["demo"],
        "horizon": ["1h"],
        "asset": ["ETH", "BTC"],
        "handle": ["alice", "bob"],
        "player": ["alice"],
        "players": ["alice,bob", "alice,house-walker"],
        "symbol": ["ETH", "BTC"],
        "address": [ALICE_WALLET],
        "prefix": [world.bob_key.split("_")[2]],
    }
    return {name: itertools.cycle(values) for name, values in given.items()}


@pytest.mark.chaos
@pytest.mark.timeout(600)
def test_the_schema_holds_whatever_is_sent(fuzz: Fuzz) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/v1/schema", wsgi.application)
    found = list(schema.get_all_operations())
    operations = [one.ok() for one in found if isinstance(one, Ok)]
    assert len(operations) == len(found) > 40
    each = 50 if report.is_long() else 5
    for operation, mode in itertools.product(operations, MODES):
        run(fuzz, operation.as_strategy(generation_mode=mode), cases=each)
    report.add(
        "schema fuzz",
        engine=connection.vendor,
        operations=len(operations),
        cases=fuzz.cases,
        **{"5xx": sum(n for status, n in fuzz.answers.items() if status >= 500)},
        answered=fuzz.share(),
        violations=len(fuzz.violations),
    )
    assert not fuzz.violations, "\n\n".join(fuzz.violations[:20])
    assert fuzz.cases >= (5_000 if report.is_long() else 300), fuzz.answers
    assert {200, 201, 204, 400, 401, 404, 409} <= set(fuzz.answers), fuzz.answers


def run(fuzz: Fuzz, cases_of: Any, *, cases: int) -> None:
    @hypothesis.settings(
        max_examples=cases,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(case=cases_of)
    def ask(case: Any) -> None:
        with undone():
            fuzz.ask(case)

    # What takes no parameter has no wrong ones.
    with contextlib.suppress(hypothesis.errors.Unsatisfiable):
        ask()
