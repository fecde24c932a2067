"""The register behind the three doors: identification list, blind spots, technologies, comparisons, what-if, decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from corpus.access import Reader
from risk import lineage, overview, register, whatif
from risk.taxonomy import home_taxonomy
from ui.desk import Desk, date_or_bad
from ui.records import plain

CATCHING_UP = 3_000
"""An index that is further behind the store than this is not waited for: it is built by `jianwei index`."""


def finder(desk: Desk) -> Any:
    """The retriever when its index is there and near the store, else None (no list waits for an index to be built)."""
    retriever = desk.retriever
    return retriever if retriever.sequence > 0 and desk.store.documents.sequence() - retriever.sequence <= CATCHING_UP else None


def risk(desk: Desk, risk_id: str, reader: Reader, *, as_of: str = "") -> dict[str, Any]:
    """One risk with history, lineage and the clauses behind its counter-measures; raises NotFound."""
    found = register.get_risk(desk.store, reader, risk_id, as_of=date_or_bad(as_of), finder=finder(desk), settings=desk.settings)
    result: dict[str, Any] = plain(found)
    return result


def identification(desk: Desk, reader: Reader, *, as_of: str = "") -> dict[str, Any]:
    """技术风险识别清单 (field × type); a risk that the reader rates blind is left out."""
    return overview.identification(desk.store, reader, as_of=date_or_bad(as_of), hidden=desk.blinded(reader))


def blind_spots(desk: Desk, reader: Reader, *, as_of: str = "") -> dict[str, Any]:
    """Fields and kinds without recent evidence, silent sources."""
    return overview.blind_spots(desk.store, reader, as_of=date_or_bad(as_of))


def technologies(desk: Desk, reader: Reader, *, as_of: str = "", field: str = "") -> dict[str, Any]:
    """Technology terms by field."""
    return overview.technologies(desk.store, desk.settings, reader, as_of=date_or_bad(as_of), field=field)


def compare(desk: Desk, before: str, after: str, reader: Reader) -> dict[str, Any]:
    """What moved between the lists of two dates, and why; `without_list` names the dates for which, and before which, no list was made."""
    moves, hidden = overview.compare_lists(desk.store, reader, date_or_bad(before), date_or_bad(after)), desk.blinded(reader)
    missing = [on for on in (before, after) if not desk.store.risks.run_at(date_or_bad(on), reader.ceiling)]
    return {"before": before, "after": after, "without_list": missing, "moves": [m for m in moves if m["id"] not in hidden]}


def what_if(desk: Desk, risk_id: str, assumed: Mapping[str, float], reader: Reader, *, as_of: str = "") -> dict[str, Any]:
    """One risk, or the whole list without an id, under assumptions."""
    if risk_id:
        desk.unblinded(risk_id, reader)
        return whatif.what_if(desk.store, desk.settings, reader, risk_id, assumed, as_of=date_or_bad(as_of))
    found, hidden = whatif.what_if_list(desk.store, desk.settings, reader, assumed, as_of=date_or_bad(as_of)), desk.blinded(reader)
    return {**found, "changed": [c for c in found["changed"] if c["id"] not in hidden]}


def types_of(desk: Desk, record: Mapping[str, Any]) -> list[str]:
    """The risk types that count for this risk: what a split may divide."""
    bucket = str(record.get("key", "")).partition("|")[2]
    return [t.name for t in home_taxonomy(desk.store.home).types.values() if t.bucket == bucket]


def decide(desk: Desk, risk_id: str, reader: Reader, *, state: str = "", note: str = "", edits: Mapping[str, Any] | None = None, **values: Any) -> dict[str, Any]:
    """State, owner, due date, residual score and edits of a risk; the register entry afterwards. Raises NotFound, BadInput, NotPermitted."""
    reader.require(*register.KEEPERS)
    if edits:
        register.edit(desk.store, risk_id, reader, note=note, **edits)
    row = desk.store.risks.registered(risk_id)[0]
    if state or any(v is not None for v in values.values()):
        register.set_state(desk.store, risk_id, state or row["state"], reader, note=note, **values)
    return entry(desk, risk_id)


def entry(desk: Desk, risk_id: str) -> dict[str, Any]:
    """The register entry of a risk with its lineage."""
    row: dict[str, Any] = plain(desk.store.risks.registered(risk_id)[0])
    return {**row, "lineage": register.lineage(desk.store, risk_id)}


def merge(desk: Desk, risk_ids: Sequence[str], into: str, reason: str, reader: Reader) -> dict[str, Any]:
    """Merge risks into one; their signals count for it from the next mining on."""
    lineage.merge(desk.store, risk_ids, into, reader, reason)
    return entry(desk, into)


def split(desk: Desk, risk_id: str, parts: Mapping[str, Sequence[str]], reason: str, reader: Reader) -> dict[str, Any]:
    """Split a risk by its types into named parts."""
    lineage.split(desk.store, risk_id, parts, reader, reason)
    return entry(desk, risk_id)
