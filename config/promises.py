"""What every operation may answer besides success, for the schema: problems, 304, headers.

A status that is not here is never answered: tests/chaos/test_schema_fuzz.py and tests/api hold
the API to it.
"""

from http import HTTPStatus
from typing import Any, Final

from config import problems

ALWAYS: Final = (400, 406, 429, 500, 503)
WITH_IDENTITY: Final = (401, 403)  # a key that is shown is checked, even where none is needed
WITH_BODY: Final = (411, 413, 415)
ONCE: Final = (409, 422)  # of an Idempotency-Key: still in flight, or of another body
# Of single operations: what their path, body and key do not tell.
OWN: Final[dict[str, tuple[int, ...]]] = {
    "invite_accept": (404,),
    "invite_create": (409,),
    "key_issue": (404,),
    "key_rotate": (409,),
    "league_leave": (409,),
    "machine_withdraw": (409,),
    "league_member_change": (409,),
    "league_member_remove": (409,),
    "league_transfer": (409,),
    "leaderboard": (404,),
    "predict": (409,),
    "prediction_bulk": (404,),
    "prediction_receipt": (409,),
    "prediction_typed_data": (409,),
    "prediction_withdraw": (409,),
    "price_read": (404,),
    "round_anchor": (409,),
    "round_leaves": (409,),
    "round_predictions": (409,),
    "user_register": (404, 409),
    "verdict": (404,),
    "versus": (404,),
    "wallet_link": (409,),
    "wallet_verify": (403, 404, 409),
    "webhook_create": (409,),
    "webhook_ping": (409,),
    "webhook_replay": (409,),
}
SECONDS: Final[dict[str, Any]] = {"type": "integer", "minimum": 0}
HEADERS: Final[dict[str, Any]] = {
    "XRequestID": {
        "description": "Yours if it was harmless, else a new one: quote it.",
        "required": True,
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{8,64}$"},
    },
    "RateLimitPolicy": {
        "description": 'Each limit: `"name";q=requests;w=seconds`.',
        "schema": {"type": "string"},
    },
    "RateLimit": {
        "description": 'What is left of each limit: `"name";r=requests;t=seconds until more`.',
        "schema": {"type": "string"},
    },
    "XRateLimitLimit": {"description": "Of the tightest limit.", "schema": SECONDS},
    "XRateLimitRemaining": {"description": "Of the tightest limit.", "schema": SECONDS},
    "XRateLimitReset": {"description": "Seconds until there is more.", "schema": SECONDS},
    "RetryAfter": {
        "description": "Seconds to wait before asking again.",
        "required": True,
        "schema": SECONDS,
    },
    "WWWAuthenticate": {
        "description": "How to say who you are.",
        "required": True,
        "schema": {"type": "string"},
    },
    "ETag": {
        "description": "Send it as If-None-Match, and what has not changed is not sent again.",
        "schema": {"type": "string"},
    },
    "Link": {"description": "The next and the previous page.", "schema": {"type": "string"}},
}
EVERYWHERE: Final = (
    "X-Request-ID", "RateLimit-Policy", "RateLimit", "X-RateLimit-Limit",
    "X-RateLimit-Remaining", "X-RateLimit-Reset",
)  # fmt: skip
MORE: Final = {401: "WWW-Authenticate", 429: "Retry-After", 503: "Retry-After", 304: "ETag"}
FIELD: Final = {"pointer": "/p50", "code": "required", "detail": "This field is required."}


def complete(operation: dict[str, Any], *, verb: str, has_place: bool) -> None:
    """`has_place`: the path holds a parameter, so there may be nothing at it."""
    answers: dict[str, Any] = operation["responses"]
    is_read = verb == "get"
    for status, answer in answers.items():
        names = [*EVERYWHERE, "ETag"] if is_read else EVERYWHERE
        answer["headers"] = answer.get("headers", {}) | headers(*names)
        if is_paged(operation):
            answer["headers"] |= headers("Link")
        answer["description"] = answer["description"] or HTTPStatus(int(status)).phrase
    more = set(refused(operation, has_place=has_place)) | ({304, 412} if is_read else set())
    for number in sorted(more):
        answers[str(number)] = {"$ref": f"#/components/responses/{name_of(number)}"}


def refused(operation: dict[str, Any], *, has_place: bool) -> tuple[int, ...]:
    """The statuses of problems."""
    parameters = operation.get("parameters", ())
    named = {one["name"] for one in parameters}
    return (
        *ALWAYS,
        *(WITH_IDENTITY if "security" in operation else ()),
        *((404,) if has_place or is_paged(operation) else ()),
        *(WITH_BODY if "requestBody" in operation else ()),
        *(ONCE if "Idempotency-Key" in named else ()),
        *((412,) if "If-Match" in named else ()),
        *OWN.get(operation["operationId"], ()),
    )


def is_paged(operation: dict[str, Any]) -> bool:
    return any(one["name"] == "cursor" for one in operation.get("parameters", ()))


def responses() -> dict[str, Any]:
    """By name: every refusal with an example of each of its codes, and 304."""
    statuses = {problem.status for problem in problems.TABLE.values()}
    found = {name_of(status): refusal(status) for status in sorted(statuses)}
    not_modified = {"description": "As you have it.", "headers": shown(304)}
    return found | {name_of(304): not_modified}


def refusal(status: int) -> dict[str, Any]:
    codes = [code for code, problem in problems.TABLE.items() if problem.status == status]
    content = {
        "schema": {"$ref": "#/components/schemas/Problem"},
        "examples": {code: {"value": example(code)} for code in codes},
    }
    return {
        "description": f"{HTTPStatus(status).phrase}: {', '.join(codes)}.",
        "headers": shown(status),
        "content": {problems.CONTENT_TYPE: content},
    }


def example(code: str) -> dict[str, Any]:
    problem = problems.TABLE[code]
    return {
        "type": f"/problems/{code}",
        "title": problem.title,
        "status": problem.status,
        "code": code,
        "detail": problem.advice,
        "instance": "/api/v1/rounds/0193f8a0-0000-7000-8000-000000000000/prediction",
        "request_id": "5d1c7a0b9e9f4f0f8f6f5e2b7c1d3a4e",
        "retryable": problem.is_retryable,
        "errors": [FIELD] if code == "invalid" else [],
    }


def shown(status: int) -> dict[str, Any]:
    more = (MORE[status],) if status in MORE else ()
    return headers(*EVERYWHERE, *more)


def headers(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name.replace('-', '')}"} for name in names}


def name_of(status: int) -> str:
    """NotFound of 404."""
    return "".join(word.capitalize() for word in HTTPStatus(status).name.split("_"))
