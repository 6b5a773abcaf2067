import json
from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from config import invariants, tasks
from league.models import InvariantReport, RoundEvent
from predictions.models import Tally
from tests import played
from tests.config.test_metrics import sample
from tests.played import PRESENT

pytestmark = pytest.mark.usefixtures("_played_season")


def check(*arguments: str) -> str:
    out = StringIO()
    call_command("check_invariants", *arguments, stdout=out)
    return out.getvalue()


def misjudged(*arguments: str) -> tuple[str, str]:
    """What is printed and what is complained of."""
    out = StringIO()
    with pytest.raises(CommandError) as complaint:
        call_command("check_invariants", *arguments, stdout=out)
    assert complaint.value.returncode == 1
    return out.getvalue(), str(complaint.value)


def test_a_healthy_season_violates_nothing() -> None:
    with played.ruin():
        assert played.violated() == {}


def test_every_check_has_an_id_a_name_of_its_own_and_a_reason() -> None:
    names = [invariants.name_of(one) for _, one in invariants.CHECKS]
    assert len(set(names)) == len(names)
    assert max(len(name) for name in names) <= 60
    for id_, one in invariants.CHECKS:
        assert one.__doc__ is not None
        assert id_ in one.__doc__.partition(":")[0].split(", "), one.__name__


def test_the_ids_come_in_their_order() -> None:
    assert invariants.IDS == (
        "I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9", "I10", "I14", "I16", "I17", "I18",
        "I19", "I20", "I22",
    )  # fmt: skip


def test_a_broken_check_hides_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_since: datetime) -> int:
        raise ZeroDivisionError

    def found(_since: datetime) -> int:
        return 3

    monkeypatch.setattr(invariants, "CHECKS", (("I1", broken), ("I2", found)))
    looks = invariants.look(since=invariants.EVERYTHING)
    assert [(one.id, one.name, one.violations) for one in looks] == [
        ("I1", "broken", None),
        ("I2", "found", 3),
    ]
    out, complaint = misjudged()
    assert "not checked" in out
    assert complaint == "3 violations; not as they must be: I1, I2."


def test_the_command_tells_every_check_and_ends_well() -> None:
    lines = check().splitlines()
    assert len([line for line in lines if line.endswith(" s") and " 0 " in line]) == len(
        invariants.CHECKS
    )


def test_the_command_ends_with_one_when_an_invariant_is_broken() -> None:
    with played.ruin():
        RoundEvent.objects.filter(to_status="locked").delete()
        out, complaint = misjudged()
        assert complaint == "6 violations; not as they must be: I5."
        assert "I5  histories that do not replay" in out
        assert check("--only", "i1, I6")
        misjudged("--only", "I5")


def test_what_waits_is_told_and_not_held_against_the_league() -> None:
    lines = check().splitlines()  # the season's present is long past
    assert any(line.startswith("waiting: 2 for lock, the oldest ") for line in lines)


def test_json_is_for_programs() -> None:
    with played.ruin():
        Tally.objects.filter(player__handle="crowd").delete()
        document = json.loads(misjudged("--json")[0])
    assert (document["violations"], document["unchecked"]) == (1, [])
    assert [one["name"] for one in document["checks"] if one["violations"]] == [
        "tallies unlike their scores"
    ]
    assert {one["name"]: one["count"] for one in document["waiting"]} == {
        "lock": 2, "reference_price": 0, "settlement_price": 1, "quarantine": 0,
        "announcement": 0, "errand": 0, "webhook": 0,
        "commitment": 0, "aggregate": 0, "grade": 0, "ending": 0, "board": 0, "anchor": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--only", "I6,I99"), "--only: unknown I99; known: I1, "),
        (("--only", " , "), "--only: unknown"),
        (("--since", "yesterday"), "--since: 'yesterday' is not an ISO 8601 instant."),
    ],
)
def test_a_mistyped_option_is_refused(arguments: tuple[str, str], complaint: str) -> None:
    assert misjudged(*arguments)[1].startswith(complaint)


def test_since_leaves_out_what_settled_before() -> None:
    with played.ruin():
        RoundEvent.objects.filter(to_status="locked").delete()
        assert check("--since", (PRESENT + timedelta(days=1)).isoformat())


def test_a_look_is_kept_for_the_metrics() -> None:
    InvariantReport.objects.all().delete()
    with played.ruin():
        InvariantReport.objects.create(
            invariant="I99", name="of old", violations=5, since=PRESENT, checked_at=PRESENT
        )
        RoundEvent.objects.filter(to_status="locked").delete()
        assert invariants.record(now=PRESENT) == 6
        rows = InvariantReport.objects.order_by("pk").values_list("invariant", "violations")
        assert [id_ for id_, _ in rows] == [id_ for id_, _ in invariants.CHECKS]
        assert dict(rows)["I5"] == 6
        assert invariants.record(now=PRESENT + timedelta(days=30)) == 0  # it was long ago by then


def test_a_broken_check_keeps_its_former_report(monkeypatch: pytest.MonkeyPatch) -> None:
    with played.ruin():
        invariants.record(now=PRESENT)

        def broken(_since: datetime) -> int:
            raise ZeroDivisionError

        id_, first = invariants.CHECKS[0]
        broken.__name__ = first.__name__
        monkeypatch.setattr(invariants, "CHECKS", ((id_, broken), *invariants.CHECKS[1:]))
        invariants.record(now=PRESENT + timedelta(minutes=15))
        ages = dict(InvariantReport.objects.values_list("name", "checked_at"))
        assert ages.pop(invariants.name_of(first)) == PRESENT
        assert set(ages.values()) == {PRESENT + timedelta(minutes=15)}


def test_metrics_read_the_reports_and_what_waits(client: Client) -> None:
    with played.ruin():
        RoundEvent.objects.filter(to_status="locked").delete()
        invariants.record(now=PRESENT)
        text = client.get("/metrics").content.decode()
    assert sample(text, 'league_invariant_violations{id="I5"}') == 6
    assert sample(text, 'league_invariant_violations{id="I1"}') == 0
    assert sample(text, 'league_invariant_age_seconds{id="I5"}') > 3600
    assert sample(text, 'league_obligations{kind="lock"}') == 2
    assert sample(text, 'league_obligation_age_seconds{kind="lock"}') > 3600
    assert sample(text, 'league_obligation_age_seconds{kind="grade"}') == 0


def test_the_task_looks_and_keeps() -> None:
    with played.ruin():
        tasks.check_invariants(anything="ignored")
        assert InvariantReport.objects.count() == len(invariants.CHECKS)
