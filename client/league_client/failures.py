"""How a request can fail: `Retryable` (the same may succeed later) or `Rejected` (it will not)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict


class Fault(TypedDict):
    """One wrong field: `pointer` is a JSON pointer (RFC 6901) into what was sent."""

    pointer: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem document (RFC 9457); `status` 0 when nothing was answered at all."""

    status: int
    code: str
    detail: str
    request_id: str = ""
    errors: Sequence[Fault] = ()
    retry_after_s: float | None = None


class LeagueError(Exception):
    """`problem` says what happened; quote its `request_id` to the league's operators."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        places = "".join(f"\n  {one['pointer']}: {one['detail']}" for one in problem.errors)
        where = f" [request {problem.request_id}]" if problem.request_id else ""
        super().__init__(f"{problem.status} {problem.code}: {problem.detail}{where}{places}")

    @property
    def code(self) -> str:
        return self.problem.code


class Rejected(LeagueError):
    """Asking the same again would change nothing."""


class Retryable(LeagueError):
    """The same request may succeed later: after `problem.retry_after_s`, where that is known."""


class Unreachable(Retryable):
    """No answer, or one that is not the league's: what was asked may have been done or not."""


def unreachable(detail: str, *, status: int = 0) -> Unreachable:
    return Unreachable(Problem(status, "unreachable", detail))


def of_answer(status: int, headers: Mapping[str, str], body: Any) -> LeagueError:
    """The failure that an answer of 4xx or 5xx is; `body` is its JSON, or None if it has none."""
    if not isinstance(body, dict) or not isinstance(body.get("code"), str):
        detail = f"The answer {status} is not the league's."
        is_ours_to_mend = status < 500 and status != 429  # noqa: PLR2004 -- server's, too many
        problem = Problem(status, "unreadable", detail, retry_after_s=waited(headers))
        return Rejected(problem) if is_ours_to_mend else Unreachable(problem)
    problem = Problem(
        status=status,
        code=body["code"],
        detail=str(body.get("detail", "")),
        request_id=str(body.get("request_id", "")),
        errors=tuple(body.get("errors", ())),
        retry_after_s=waited(headers),
    )
    return Retryable(problem) if body.get("retryable") is True else Rejected(problem)


def waited(headers: Mapping[str, str]) -> float | None:
    """Retry-After in seconds; the league never sends a date."""
    said = headers.get("Retry-After", "")
    return float(said) if said.isascii() and said.isdigit() else None
