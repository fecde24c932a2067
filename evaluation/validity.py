"""Validity on real laws: one current version a family, dates that the texts contradict, and ends that other texts state."""

from __future__ import annotations

import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import typer

from corpus.access import LOCAL
from corpus.ingest import import_paths
from corpus.models import CURRENT, Document, Event
from corpus.settings import load_settings
from corpus.store import Store, open_store
from corpus.validity import today, validity, version_date
from evaluation.commands import app
from evaluation.figures import OUT, keep


@app.command("validity")
def validity_(data: Path = typer.Option(..., exists=True, help="Folder of the data."), on: str = typer.Option("", help="Date, today by default."), show: int = 12, out: Path | None = OUT) -> None:
    """Import the laws into a throw-away home and measure families, dates and ends."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(load_settings(Path(folder)))
        import_paths(store, [data / "policy"])
        for line in report(store, on or today(), show):
            typer.echo(line)
        keep(out, families_one_current=one_current(store, on or today()))
        store.close()


def report(store: Store, on: str, show: int) -> Iterator[str]:
    """The figures as lines."""
    heads = store.documents.heads(LOCAL, kind="policy")
    happened = store.documents.events_of(LOCAL)
    laws = [d for d in heads if d.extra.get("versioned")]
    yield f"documents {len(heads)}; status on {on}: " + ", ".join(f"{k} {n}" for k, n in Counter(str(validity(d, happened.get(d.id, []), on).status) for d in heads).most_common())
    yield from _families(laws, happened, on)
    yield from _doubts(laws, show)
    yield from _ends(heads, happened, on, show)


def families_of(laws: list[Document]) -> list[list[Document]]:
    """Laws by family."""
    families: dict[str, list[Document]] = defaultdict(list)
    for d in laws:
        families[d.family_id].append(d)
    return list(families.values())


def currents(several: list[list[Document]], happened: dict[str, list[Event]], on: str) -> Counter[int]:
    """Of how many families 0, 1, 2 … versions are current on a day."""
    return Counter(sum(validity(d, happened.get(d.id, []), on).status in CURRENT for d in f) for f in several)


def one_current(store: Store, on: str) -> float:
    """Share of the families with several versions of which exactly one is current on a day."""
    laws = [d for d in store.documents.heads(LOCAL, kind="policy") if d.extra.get("versioned")]
    several = [f for f in families_of(laws) if len(f) > 1]
    return currents(several, store.documents.events_of(LOCAL), on)[1] / max(1, len(several))


def _families(laws: list[Document], happened: dict[str, list[Event]], on: str) -> Iterator[str]:
    families = families_of(laws)
    several = [f for f in families if len(f) > 1]
    current = currents(several, happened, on)
    yield f"laws {len(laws)} in {len(families)} families; {len(several)} with several versions: exactly one current {current[1]}, none {current[0]}, several {sum(n for k, n in current.items() if k > 1)}"
    gaps = sum(_both(f, happened) for f in several)
    yield f"families with two current versions on any day on which one of them begins or ends: {gaps}"


def _both(family: list[Document], happened: dict[str, list[Event]]) -> bool:
    days = {day for d in family for day in (d.effective_on, version_date(d), *(e.on for e in happened.get(d.id, []))) if len(day) == 10}
    return any(sum(validity(d, happened.get(d.id, []), day).status in CURRENT for d in family) > 1 for day in days)


def _doubts(laws: list[Document], show: int) -> Iterator[str]:
    """Declared dates that are missing or contradicted by the texts themselves."""
    found: dict[str, list[str]] = defaultdict(list)
    for d in laws:
        for doubt in d.extra.get("date_doubts", []):
            found[re.sub(r"\d{4}-\d\d-\d\d", "D", doubt)].append(f"{d.external_id}: {doubt}")
    for kind, items in sorted(found.items(), key=lambda x: -len(x[1])):
        yield f"dates: {len(items)} × {kind} (for example {items[0]})"
    yield f"dates: without a version date {sum(not version_date(d) for d in laws)}, without a day of effect {sum(not d.effective_on for d in laws)}"
    del show


def _ends(heads: list[Document], happened: dict[str, list[Event]], on: str, show: int) -> Iterator[str]:
    ended = [(d, validity(d, happened.get(d.id, []), on)) for d in heads]
    rows = [(d, v) for d, v in ended if str(v.status) in ("repealed", "expired")]
    yield f"ended by other texts or by their own period: {len(rows)}"
    yield from (f"  {v.status} {d.title[:40]} ({version_date(d)}): {v.basis[:80]}" for d, v in rows[:show])
