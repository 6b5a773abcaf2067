import logging
from typing import Any

import django_guid
import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from config import request_id
from config.celery import app


def served(header: str | None) -> tuple[HttpResponse, str]:
    seen: list[str] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(request_id.current())
        return HttpResponse("x")

    headers = {} if header is None else {"X-Request-ID": header}
    request = RequestFactory().get("/", headers=headers)
    return request_id.RequestIdMiddleware(view)(request), seen[0]


@pytest.mark.parametrize("given", ["abcd1234", "A.b_c-d9", "x" * 64])
def test_a_harmless_id_is_kept(given: str) -> None:
    response, seen = served(given)
    assert response["X-Request-ID"] == seen == given


@pytest.mark.parametrize(
    "given", [None, "", "short", "x" * 65, "with space", "new\nline", "\u0661" * 8, "a;b;c;d;e"]
)
def test_any_other_is_replaced(given: str | None) -> None:
    response, seen = served(given)
    assert response["X-Request-ID"] == seen
    assert len(seen) == 32
    assert int(seen, 16) >= 0


def test_the_id_is_in_the_log_line_of_the_refusal(client: Client, db: None, caplog: Any) -> None:
    guids: list[str | None] = []

    class Watch(logging.Filter):
        def filter(self, record: logging.LogRecord) -> bool:
            guids.append(django_guid.get_guid())
            return True

    watch = Watch()
    logging.getLogger("django.request").addFilter(watch)
    try:
        client.get("/api/v1/nowhere", headers={"X-Request-ID": "trace-me-1234"})
    finally:
        logging.getLogger("django.request").removeFilter(watch)
    assert guids == ["trace-me-1234"]


def test_the_id_is_forgotten_after_the_response(client: Client, db: None) -> None:
    client.get("/livez", headers={"X-Request-ID": "trace-me-1234"})
    assert request_id.current() == ""


def test_the_id_travels_in_the_headers_of_a_task() -> None:
    sent: list[dict[str, Any]] = []
    django_guid.set_guid("trace-me-1234")
    try:
        with app.connection_for_write() as connection, app.amqp.Producer(connection) as producer:
            producer.publish = lambda *_, headers, **__: sent.append(headers)
            app.send_task("league.advance_rounds", producer=producer)
    finally:
        django_guid.clear_guid()
    assert sent[0]["X-Request-ID"] == "trace-me-1234"
