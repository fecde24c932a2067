"""What may be done to a risk of the register, as buttons: decide, edit, merge, split. The API checks the role again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from corpus.access import Reader
from ui.messages import say
from ui.pages.html import act, e

KEEPERS = ("official", "operator", "admin", "local")
STATES = ("monitoring", "validation", "listed", "handling", "closed")


def acts(r: Mapping[str, Any], others: Sequence[Mapping[str, Any]], types: Sequence[str], reader: Reader, language: str) -> str:
    """The row of buttons (`others` it may be merged into, `types` it may be split by); nothing for those who only read, or for what is not in the register."""
    if reader.role not in KEEPERS or r.get("state") in (None, "candidate"):
        return ""
    key = quote(str(r["id"]))
    parts = [_decide(r, key, language), _edit(r, key, language)]
    parts += [_merge(r, others, language)] if others else []
    parts += [_split(r, key, types, language)] if len(types) > 1 else []
    return f'<div class="jw-actions" role="group" aria-label="{e(say("risk_act.group", language))}">{"".join(parts)}</div>'


def _title(name: str, r: Mapping[str, Any], language: str) -> str:
    return f"{say(f'risk_act.{name}', language)} · {r.get('title') or r['statement'][:40]}"


def _field(name: str, kind: str, language: str, **more: Any) -> dict[str, Any]:
    word = "types" if kind == "checks" else name.rpartition(".")[2]
    return {"name": name, "label": say(f"risk_act.{word}", language), "type": kind, **more}


def _decide(r: Mapping[str, Any], key: str, language: str) -> str:
    states = [[say(f"risk_state.{s}", language), s] for s in STATES]
    fields = [
        _field("state", "select", language, options=states, value=r["state"]),
        _field("owner", "text", language, value=r.get("owner") or ""),
        _field("due_on", "date", language, value=r.get("due_on") or ""),
        _field("residual", "number", language, value="" if r.get("residual") is None else r["residual"]),
        _field("note", "textarea", language),
    ]
    return act(say("risk_act.decide", language), f"PATCH /api/v1/risks/{key}", fields=fields, title=_title("decide", r, language), tone="good")


def _edit(r: Mapping[str, Any], key: str, language: str) -> str:
    measures = "\n".join(str(m["measure"] if isinstance(m, Mapping) else m) for m in r.get("counter_measures") or ())
    fields = [
        _field("edits.statement", "textarea", language, value=r["statement"]),
        _field("edits.lead", "text", language, value=r.get("lead") or ""),
        _field("edits.counter_measures", "lines", language, value=measures),
        _field("note", "textarea", language, required=True),
    ]
    return act(say("risk_act.edit", language), f"PATCH /api/v1/risks/{key}", fields=fields, title=_title("edit", r, language))


def _merge(r: Mapping[str, Any], others: Sequence[Mapping[str, Any]], language: str) -> str:
    options = [[o["title"], o["id"]] for o in others]
    fields = [_field("into", "select", language, options=options), _field("reason", "textarea", language, required=True)]
    return act(say("risk_act.merge", language), "POST /api/v1/risks/{into}/merge", body={"risks": [r["id"]]}, fields=fields, title=_title("merge", r, language))


def _split(r: Mapping[str, Any], key: str, types: Sequence[str], language: str) -> str:
    fields = [_field("part", "text", language, required=True), _field("parts.{part}", "checks", language, options=[[t, t] for t in types]), _field("reason", "textarea", language, required=True)]
    return act(say("risk_act.split", language), f"POST /api/v1/risks/{key}/split", fields=fields, title=_title("split", r, language))
