"""Whoever carries digests to a chain dies anywhere: each still stands there once.

Run as a script on an empty migrated database, with CHAIN_* of a fresh contract: `crash SEED KILLS`
kills a pump at so many random moments (statements, COMMITs, questions to the node), and at the
five named ones; `race PROCESSES EACH` lets several sign with one key at the same time.
"""

import json
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from unittest import mock

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()

from django.conf import settings  # noqa: E402 -- Django first

from chain import anchors, contract, rpc, signers, words  # noqa: E402
from chain.hashing import keccak256  # noqa: E402
from chain.ledger import desks, registry  # noqa: E402
from chain.models import Anchor, Attempt, Fate, Kind, Transaction  # noqa: E402
from chain.txm import intents, signing, sweep, watching  # noqa: E402
from tests.chaos import children  # noqa: E402
from tests.chaos.killing import Moments, watched  # noqa: E402

NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)
LOCK_S = int(NOW.timestamp())
LOOK = timedelta(seconds=20)
EACH = 2  # wishes of an example
MOST_LOOKS = 12


def subject(number: int) -> bytes:
    return keccak256(b"crash %d" % number)


def digest(number: int) -> bytes:
    return keccak256(b"root %d" % number)


def wish(numbers: range) -> None:
    for number in numbers:
        anchors.request(
            network=registry.network().name,
            kind=Kind.COMMITMENT,
            subject=subject(number),
            digest=digest(number),
            payload={"count": 1, "lock_at": LOCK_S, "close_at": LOCK_S + 60},
            now=NOW,
        )


def pump(look: int) -> None:
    anchors.pump(now=NOW + look * LOOK)


# -- dying --------------------------------------------------------------------------------------
@contextmanager
def asked(moments: Moments) -> Iterator[None]:
    """A question to the node has a moment before it and one after, too."""
    ask, tell = rpc.Node.ask, rpc.Node.tell

    def around(call: Callable[..., Any]) -> Callable[..., Any]:
        def watched_call(*arguments: Any) -> Any:
            moments.next()
            answer = call(*arguments)
            moments.next()
            return answer

        return watched_call

    with (
        mock.patch.object(rpc.Node, "ask", around(ask)),
        mock.patch.object(rpc.Node, "tell", around(tell)),
    ):
        yield


def count(look: int) -> int:
    moments = Moments()
    with watched(moments), asked(moments):
        pump(look)
    return moments.passed


def die_at(moment: int, look: int) -> None:
    moments = Moments(fatal=moment)
    with watched(moments), asked(moments):
        pump(look)


def dead(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def told_and_dead(node: rpc.Node, raw: bytes) -> None:
    TELL(node, raw)
    dead()


TELL = rpc.Node.tell
NAMED: dict[str, tuple[object, str, Callable[..., None]]] = {
    "before the lock": (signing, "transaction", dead),
    "after signing, before the commit": (Attempt, "save", dead),
    "after the commit, before sending": (rpc.Node, "tell", dead),
    "after sending, before it is marked": (rpc.Node, "tell", told_and_dead),
    "after the receipt, before it is marked": (watching, "_move", dead),
}


def die_named(name: str, look: int) -> None:
    owner, attribute, instead = NAMED[name]
    # The names are looked up where they are used, so that only this use dies.
    if owner is signing:
        with mock.patch.object(signing, "transaction", mock.Mock(atomic=instead)):
            pump(look)
    else:
        with mock.patch.object(owner, attribute, instead):
            pump(look)


def recover(numbers: range, look: int) -> int:
    """Sweeps after it, until all stand; the number of the next look."""
    wanted = [subject(number).hex() for number in numbers]
    for one in range(look, look + MOST_LOOKS):
        pump(one)
        waiting = Anchor.objects.filter(subject__in=wanted, status="wished")
        if not waiting.exists():
            return one + 1
    return look + MOST_LOOKS


def crash(seed: int, kills: int) -> dict[str, Any]:
    chance, look, first = random.Random(seed), 0, 0
    children.run(partial(wish, range(EACH)))
    moments = children.run(partial(count, look)).answer
    named = [partial(die_named, name) for name in NAMED]
    missed, killed = [], 0
    for number in range(len(named) + 2 * kills):
        is_named = number < len(named)
        act = named[number] if is_named else partial(die_at, chance.randint(1, moments))
        first, look = first + EACH, look + 1
        children.run(partial(wish, range(first, first + EACH)))
        is_killed = children.run(partial(act, look)).signal == signal.SIGKILL
        killed += is_killed
        if is_named and not is_killed:
            missed.append(act.args[0])
        look = children.run(partial(recover, range(first + EACH), look + 1)).answer
        if killed >= kills + len(named):
            break
    judged = children.run(partial(judge, first + EACH)).answer
    return {"moments": moments, "killed": killed, "missed": missed, **judged}


# -- racing -------------------------------------------------------------------------------------
def race(processes: int, each: int) -> dict[str, Any]:
    workers = [children.start(partial(work, one, each)) for one in range(processes)]
    for worker in workers:
        worker.end()
    found: dict[str, Any] = children.run(partial(judge, processes * each)).answer
    return found


def work(one: int, each: int) -> None:
    """Intents of its own, carried by whoever comes first."""
    network = registry.network()
    for number in range(one * each, (one + 1) * each):
        row = (subject(number), digest(number), *map(words.uint, (1, LOCK_S, LOCK_S + 60)))
        data = contract.calldata(Kind.COMMITMENT, [row])
        intents.intend(key=f"race {number}", network=network, data=data, now=NOW)
    desk = desks.desk(network)
    for look in range(60):
        sweep.step(desk, now=NOW + look * LOOK)
        mine = Transaction.objects.filter(fate__in=(Fate.MINED, Fate.CONFIRMED))
        if mine.count() == Transaction.objects.count() >= each:
            return


# -- judging ------------------------------------------------------------------------------------
def judge(wishes: int) -> dict[str, Any]:
    """By the chain's own events, and by the nonces."""
    node = rpc.Node(settings.CHAIN_RPC_URLS, chain_id=settings.CHAIN_ID)
    logs = node.ask(
        "eth_getLogs",
        {"address": settings.CHAIN_CONTRACT, "fromBlock": "0x0", "toBlock": "latest"},
    )
    topic = "0x" + keccak256(contract.SHAPES[Kind.COMMITMENT].event.encode()).hex()
    seen = Counter(log["topics"][1] for log in logs if log["topics"][0] == topic)
    wanted = {f"0x{subject(number).hex()}" for number in range(wishes)}
    sent = Transaction.objects.filter(nonce__isnull=False, fate__in=(Fate.MINED, Fate.CONFIRMED))
    nonces = sorted(one.nonce or 0 for one in sent)
    return {
        "wishes": wishes,
        "missing": len(wanted - seen.keys()),
        "doubled": sum(times > 1 for times in seen.values()),
        "strange": len(seen.keys() - wanted),
        "unfinished": Anchor.objects.filter(status="wished").count(),
        "nonces": [nonces[0], nonces[-1], len(set(nonces))],
        "fates": dict(Counter(Transaction.objects.values_list("fate", flat=True))),
    }


if __name__ == "__main__":
    signers.signer()  # loads what the forks would load one by one
    play = {"crash": crash, "race": race}[sys.argv[1]]
    sys.stdout.write(json.dumps(play(int(sys.argv[2]), int(sys.argv[3]))))
