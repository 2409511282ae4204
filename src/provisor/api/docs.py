"""What a person reads before scripting: the OpenAPI document, and a page made from it on our own server.

Swagger and Redoc would load from a CDN and need inline scripts; this page is plain HTML without any script.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template import Context, Engine

from provisor.api import v1
from provisor.api.answers import json_answer

_engine = Engine(dirs=[str(Path(__file__).parent / "templates")])
METHODS = ("get", "post", "put", "patch", "delete")


def openapi_json(request: HttpRequest) -> HttpResponse:
    """GET /api/v1/openapi.json"""
    return json_answer(v1.openapi())


def page(request: HttpRequest) -> HttpResponse:
    """GET /api/v1/docs"""
    document = v1.openapi()
    context = Context({"info": document["info"], "parts": parts_of(document)})
    answer = HttpResponse(_engine.get_template("docs.html").render(context))
    answer["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    return answer


def parts_of(document: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Tag -> its calls, as the page shows them."""
    parts: dict[str, list[dict[str, Any]]] = {}
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                call = _call(document, path, method, methods[method])
                parts.setdefault(call["tag"], []).append(call)
    return parts


def _call(document: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    return {
        "tag": operation["tags"][0],
        "method": method.upper(),
        "path": path,
        "anchor": operation["operationId"],
        "summary": operation["summary"],
        "description": operation.get("description", ""),
        "parameters": [_parameter(parameter) for parameter in operation.get("parameters", [])],
        "fields": _fields(document, content.get("schema", {})),
        "good": [status for status in operation["responses"] if int(status) < 300],
    }


def _parameter(parameter: dict[str, Any]) -> dict[str, Any]:
    shown = {"name": parameter["name"], "in": parameter["in"], "required": parameter["required"]}
    return {**shown, "type": _type(parameter["schema"])}


def _fields(document: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The fields of a body, one level deep."""
    schema = _resolved(document, schema)
    required = schema.get("required", [])
    return [
        {"name": name, "type": _type(field), "required": name in required}
        for name, field in schema.get("properties", {}).items()
    ]


def _resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = document["components"]["schemas"][name] if name else schema
    return found


def _type(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if "anyOf" in schema:
        return " | ".join(_type(option) for option in schema["anyOf"])
    if "items" in schema:
        return f"list of {_type(schema['items'])}"
    return str(schema.get("format") or schema.get("type") or schema.get("$ref", "any").rpartition("/")[2])
