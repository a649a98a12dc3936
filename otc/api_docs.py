"""The readable page of the API: what the schema says, without a script."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from drf_spectacular.generators import SchemaGenerator

from kernel.http import public


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter of a call or a member of its body or answer."""

    name: str
    kind: str
    is_required: bool
    description: str


@dataclass(frozen=True, slots=True)
class Call:
    """One method at one address."""

    method: str
    path: str
    description: str
    parameters: list[Field]
    body: list[Field]
    answer: list[Field]


@public
def show(request: HttpRequest) -> HttpResponse:
    """Show every call of the API with its fields."""
    generator: Any = SchemaGenerator
    schema: dict[str, Any] = generator().get_schema(request=None, public=True)
    return render(request, "otc/api_docs.html", {"calls": calls_of(schema)})


def calls_of(schema: dict[str, Any]) -> list[Call]:
    """Return the calls of an OpenAPI document, in the order of their addresses."""
    return [
        Call(
            method=method.upper(),
            path=path,
            description=operation.get("description", ""),
            parameters=[
                Field(
                    parameter["name"],
                    kind_of(parameter["schema"]),
                    bool(parameter.get("required")),
                    parameter.get("description", ""),
                )
                for parameter in operation.get("parameters", [])
            ],
            body=_members(schema, operation.get("requestBody", {}).get("content", {})),
            answer=_members(schema, _success(operation).get("content", {})),
        )
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]


def _success(operation: dict[str, Any]) -> dict[str, Any]:
    answers: dict[str, Any] = operation["responses"]
    return next((answer for status, answer in answers.items() if status.startswith("2")), {})


def _members(schema: dict[str, Any], content: dict[str, Any]) -> list[Field]:
    """Return the members of a body; those of one result where the answer is a page of results."""
    if not content:
        return []
    form = _resolved(schema, next(iter(content.values())).get("schema", {}))
    results = form.get("properties", {}).get("results")
    if results:
        form = _resolved(schema, results["items"])
    required = form.get("required", [])
    return [
        Field(name, kind_of(member), name in required, member.get("description", ""))
        for name, member in form.get("properties", {}).items()
    ]


def _resolved(schema: dict[str, Any], form: dict[str, Any]) -> dict[str, Any]:
    """Return what a `$ref` points to."""
    if "$ref" not in form:
        return form
    found: dict[str, Any] = schema["components"]["schemas"][form["$ref"].rsplit("/", 1)[-1]]
    return found


def kind_of(form: dict[str, Any]) -> str:
    """Return the type of a member in one word or two: `string date`, `array of DueLine`."""
    if "$ref" in form:
        return str(form["$ref"].rsplit("/", 1)[-1])
    if form.get("type") == "array":
        return f"array of {kind_of(form['items'])}"
    kind = form.get("type", "")
    name = " or ".join(str(one) for one in kind) if isinstance(kind, list) else str(kind)
    return f"{name} {form.get('format', '')}".strip()
