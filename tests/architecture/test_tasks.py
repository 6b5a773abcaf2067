"""Celery decides when to look: what that demands of tasks, schedule and broker."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from config import schedule, sweeps
from config.celery import app
from tests.architecture import sources
from tests.architecture.sources import REPOSITORY

TASK_MODULES = [module for module in sources.modules() if module.stem == "tasks"]


def is_task(function: sources.Function) -> bool:
    calls = [node for node in function.decorator_list if isinstance(node, ast.Call)]
    return any(sources.dotted(call.func) == "shared_task" for call in calls)


TASKS = [
    pytest.param(module, function, id=f"{module.parts[0]}.{function.name}")
    for module in TASK_MODULES
    for function in sources.functions(module)
    if is_task(function)
]


def own_tasks() -> set[str]:
    app.finalize()
    app.loader.import_default_modules()
    return {name for name in app.tasks if not name.startswith(("celery.", "django_guid."))}


def test_beat_sends_exactly_the_tasks_that_exist() -> None:
    assert own_tasks() == set(schedule.TASKS)
    assert {entry["task"] for entry in schedule.ENTRIES.values()} == set(schedule.TASKS)


def test_the_sweep_command_does_what_the_workers_do() -> None:
    assert set(sweeps.STAGES) == set(schedule.SWEEPS) | set(schedule.RIDERS)
    assert set(schedule.RIDERS.values()) <= set(schedule.SWEEPS)


@pytest.mark.parametrize(("module", "function"), TASKS)
def test_a_task_is_one_call_into_the_domain(module: Path, function: sources.Function) -> None:
    assert len(function.body) <= 3
    assert [argument.arg for argument in function.args.args] == []
    assert function.args.kwarg is not None, "a task swallows what a newer beat may send"


@pytest.mark.parametrize(("module", "function"), TASKS)
def test_a_task_says_its_name(module: Path, function: sources.Function) -> None:
    names = [
        keyword.value.value
        for node in function.decorator_list
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "name" and isinstance(keyword.value, ast.Constant)
    ]
    assert names == [f"{module.parts[0]}.{function.name}"]


def test_hints_expire_with_their_period_and_go_to_a_declared_queue() -> None:
    queues = {queue.name for queue in schedule.QUEUES}
    for task, (queue, period) in schedule.TASKS.items():
        assert queue in queues
        assert app.conf.task_routes[task] == {"queue": queue}
        assert schedule.ENTRIES[task]["options"] == {"expire_seconds": period}
        assert schedule.ENTRIES[task]["schedule"] == period


def test_a_queue_is_bound_to_itself_alone() -> None:
    assert [(q.exchange.name, q.routing_key) for q in schedule.QUEUES] == [
        (q.name, q.name) for q in schedule.QUEUES
    ]


@pytest.mark.parametrize("module", [f"{path.parts[0]}.tasks" for path in TASK_MODULES])
def test_a_shared_task_uses_the_configured_broker(module: str, tmp_path: Path) -> None:
    """Without the app imported first, Celery would silently talk to amqp://localhost."""
    program = (
        "import django; django.setup(); import importlib;"
        f"tasks = importlib.import_module({module!r});"
        "from celery import Task;"
        "print({t.app.conf.broker_url for t in vars(tasks).values() if hasattr(t, 'delay')})"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(REPOSITORY),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "REDIS_URL": "redis://127.0.0.1:6399/5",
            "VAR_DIR": str(tmp_path),
        },
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.stdout == "{'redis://127.0.0.1:6399/5'}\n", done.stderr


def test_no_result_backend_and_json_only() -> None:
    assert app.conf.result_backend is None
    assert app.conf.task_ignore_result is True
    assert app.conf.accept_content == ["json"]
    assert app.conf.task_serializer == "json"


def test_no_chains_no_delays_no_results() -> None:
    """Rule 7: a hint that carries meaning could be lost; ours cannot."""
    banned = {"chord", "chain", "group", "signature", "AsyncResult"}
    used = [
        f"{module}: {name}"
        for module in sources.modules()
        for name in sources.imported(module)
        if name.startswith("celery.") and name.rpartition(".")[2] in banned
    ]
    calls = [
        f"{module}:{node.lineno}"
        for module in sources.modules()
        for node in ast.walk(sources.tree(module))
        if isinstance(node, ast.Call)
        and {keyword.arg for keyword in node.keywords} & {"eta", "countdown"}
    ]
    assert not used + calls
