"""``/docs``: the routes with parameters and answers, from our own OpenAPI document.

FastAPI's pages fetch scripts from another host; this one is rendered here and needs none.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from api.access.policy import allowed
from api.dependencies import TemplatesDep
from api.responses import json_response

_MAY_READ = [Depends(allowed("docs.read"))]
router = APIRouter(include_in_schema=False, dependencies=_MAY_READ)
description = APIRouter(include_in_schema=False, dependencies=_MAY_READ)


@description.get("/openapi.json")
async def openapi(request: Request) -> Response:
    """Describe every route for programs."""
    return json_response(request.app.openapi(), request)


@router.get("/docs")
async def docs(templates: TemplatesDep, request: Request) -> Response:
    """Show every documented route."""
    document = request.app.openapi()
    operations = [
        {
            "method": method.upper(),
            "path": path,
            "summary": operation["summary"],
            "description": operation.get("description", ""),
            "parameters": operation.get("parameters", []),
            "statuses": sorted(operation["responses"]),
            "fields": _fields(document, operation),
        }
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]
    return templates.render(request, "docs.html", document=document["info"], operations=operations)


def _fields(document: dict[str, Any], operation: dict[str, Any]) -> list[dict[str, str]]:
    """Return the fields of the outermost model of the answer to a call that went well."""
    schema = _answer(operation)
    if schema.get("type") == "array":
        schema = schema["items"]
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    properties = document["components"]["schemas"].get(name, {}).get("properties", {})
    return [
        {"name": field, "description": str(schema.get("description", ""))}
        for field, schema in properties.items()
    ]


def _answer(operation: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of the first answer that is a success and has a body; {} for none."""
    for status, response in sorted(operation["responses"].items()):
        for content in response.get("content", {}).values() if status < "300" else ():
            schema: dict[str, Any] = content.get("schema", {})
            return schema
    return {}
