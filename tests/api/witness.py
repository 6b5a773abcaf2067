"""Holds every answer a test is given to the committed schema: its status, type, body, headers."""

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jsonschema_rs
import yaml
from django.http import HttpResponseBase
from django.urls import Resolver404, resolve

from config import known_queries

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"
Json = dict[str, Any]


@functools.cache
def document() -> Json:
    parsed: Json = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    return parsed


@functools.cache
def validator(pointer: str) -> jsonschema_rs.Draft202012Validator:
    """Of one schema of the document, by its JSON pointer."""
    reference = f"#{quote(pointer, safe='/~')}"
    root = {"$ref": reference, "components": document()["components"]} | {
        "paths": document()["paths"]
    }
    return jsonschema_rs.Draft202012Validator(root)


def faults(pointer: str, value: Any) -> list[str]:
    found = validator(pointer).iter_errors(value)
    return [f"{error.instance_path}: {error.message[:200]}" for error in found]


def escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def operation_of(method: str, path: str) -> tuple[str, Json] | None:
    """Its JSON pointer and itself; None of what the schema does not describe."""
    try:
        template = known_queries.template_of(resolve(path).route)
    except Resolver404:
        return None
    verb = "get" if method == "HEAD" else method.lower()
    operation = document()["paths"].get(template, {}).get(verb)
    return None if operation is None else (f"/paths/{escaped(template)}/{verb}", operation)


def objections(method: str, path: str, answer: HttpResponseBase) -> list[str]:
    """What the schema has against it."""
    found = operation_of(method, path)
    if found is None or getattr(answer, "accepted_media_type", None) == "text/html":
        return []
    pointer, operation = found
    promised = operation["responses"].get(str(answer.status_code))
    if promised is None:
        return [f"{answer.status_code} is not documented"]
    if "$ref" in promised:
        pointer = promised["$ref"][1:]
        promised = document()["components"]["responses"][pointer.rpartition("/")[2]]
    else:
        pointer = f"{pointer}/responses/{answer.status_code}"
    return [*headers_amiss(promised, answer), *body_amiss(pointer, promised, method, answer)]


def headers_amiss(promised: Json, answer: HttpResponseBase) -> list[str]:
    every = document()["components"]["headers"]
    return [
        f"no {name}"
        for name, reference in promised.get("headers", {}).items()
        if every.get(reference.get("$ref", "").rpartition("/")[2], {}).get("required")
        and name not in answer.headers
    ]


def body_amiss(pointer: str, promised: Json, method: str, answer: Any) -> list[str]:
    content: Mapping[str, Any] = promised.get("content", {})
    if method == "HEAD" or answer.status_code in {204, 304}:
        return []
    kind = answer.headers.get("Content-Type", "").partition(";")[0]
    if kind not in content:
        return [f"{kind} is not documented"]
    if not kind.endswith("json"):
        return []
    return faults(f"{pointer}/content/{escaped(kind)}/schema", json.loads(whole(answer)))


def whole(answer: Any) -> bytes:
    """Its body; of a stream, which its reader will want again, too."""
    body: bytes = answer.getvalue()
    if answer.streaming:
        answer.streaming_content = [body]
    return body
