"""/docs: the OpenAPI description as one plain page; no script and nothing from outside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import HTMLResponse

from ui.pages.html import badge, e, page

TONES = {"get": "calm", "post": "good", "put": "warn", "patch": "warn", "delete": "bad"}


def describe(schema: Mapping[str, Any]) -> HTMLResponse:
    """Every path with its method, parameters, body and answers, grouped by tag."""
    groups: dict[str, list[str]] = {}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            groups.setdefault(operation.get("tags", ["running"])[0], []).append(_operation(path, method, operation))
    body = "".join(f"<h2>{e(tag)}</h2>{''.join(rows)}" for tag, rows in groups.items())
    head = f'<h1>{e(schema["info"]["title"])} API</h1><p>{e(schema["info"].get("description", ""))}</p><p><a href="/openapi.json">openapi.json</a></p>'
    return HTMLResponse(page("API", f'<div class="jw-card jw-docs">{head}{body}</div>', "zh"))


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{e(p['name'])}</code></td><td>{e(p['in'])}</td><td>{e(_kind(p.get('schema', {})))}</td><td>{e(p.get('description', ''))}</td></tr>" for p in operation.get("parameters", [])
    )
    body = operation.get("requestBody", {}).get("content", {})
    kinds = "、".join(f"{media}: {_kind(content.get('schema', {}))}" for media, content in body.items())
    answers = "".join(badge(code, "good" if code.startswith("2") else "dim", r.get("description", "")) for code, r in operation.get("responses", {}).items())
    table = f'<table class="jw-table">{rows}</table>' if rows else ""
    sent = f"<p><small>{e(kinds)}</small></p>" if kinds else ""
    return f"<details><summary>{badge(method.upper(), TONES.get(method, 'dim'))} <code>{e(path)}</code> {e(operation.get('description', ''))}</summary>{table}{sent}<p>{answers}</p></details>"


def _kind(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in schema:
        return " | ".join(_kind(s) for s in schema["anyOf"])
    return str(schema.get("type", "")) + (f" {schema['enum']}" if "enum" in schema else "")
