"""The risk room: signals with their stories, scored lists as they were made, the register with its history, alerts, bulletins.

Payloads are plain JSON; what they mean is the business of `risk`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Engine, Select, Table, delete, func, insert, select, update

from corpus.access import Reader
from corpus.errors import NotFound
from corpus.store.base import inserted, now, rows_of
from corpus.store.document_rows import changes, documents, observations, origins
from corpus.store.risk_rows import alerts, bulletins, entries, history, marks, mentions, register, runs, signals, terms

_MATERIAL = ("id", "kind", "title", "text", "published_on", "first_seen_at", "security", "extra", "topics", "level", "issuers")

class Risks:
    """Storage of the risk part."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    # ---- what is read --------------------------------------------------------------------------------------------

    def material(self, kinds: Sequence[str], ids: Sequence[str] | None = None, *, batch: int = 2000) -> Iterator[dict[str, Any]]:
        """Active documents of `kinds` with what mining needs (id, kind, title, text, dates, security, extra, source), in one pass, in flat memory.

        In no order: a page by id would sort what is left for each page, and the texts of neighbouring ids lie far apart on the disk.
        """
        query = select(*(documents.c[n] for n in _MATERIAL)).where(documents.c.kind.in_(list(kinds)), documents.c.state == "active")
        if ids is None:
            yield from self._material(query, batch)
            return
        for i in range(0, len(ids), 500):
            yield from self._material(query.where(documents.c.id.in_(list(ids[i : i + 500]))), batch)

    def _material(self, query: Select[Any], batch: int) -> Iterator[dict[str, Any]]:
        with self.engine.connect() as connection, self.engine.connect() as other:
            for rows in connection.execution_options(yield_per=batch).execute(query).partitions():
                seen_at = select(origins.c.document_id, func.min(origins.c.source_id)).where(origins.c.document_id.in_([r.id for r in rows]))
                sources = {r[0]: r[1] for r in other.execute(seen_at.group_by(origins.c.document_id))}
                for row in rows:
                    yield {**dict(zip(_MATERIAL, row, strict=True)), "source": sources.get(row.id, "")}

    def sightings(self) -> Iterator[tuple[str, str, float]]:
        """(document, instant, heat) of every hot-list observation of a document that holds a signal; heat 0 where unknown."""
        wanted = select(signals.c.document_id).distinct().subquery()
        query = select(observations.c.document_id, observations.c.at, observations.c.heat).join(wanted, wanted.c.document_id == observations.c.document_id)
        with self.engine.connect() as connection:
            for document_id, at, heat in connection.execution_options(yield_per=5000).execute(query.order_by(observations.c.n)):
                yield document_id, at, float(heat or 0.0)

    def undated(self, kinds: Sequence[str]) -> Iterator[tuple[str, str, int, int]]:
        """(source, instant of first sight, security, how many) of the documents of `kinds` without a date of their own."""
        groups = (origins.c.source_id, documents.c.first_seen_at, documents.c.security)
        query = select(*groups, func.count()).join(documents, documents.c.id == origins.c.document_id)
        query = query.where(documents.c.kind.in_(list(kinds)), documents.c.published_on == "").group_by(*groups)
        with self.engine.connect() as connection:
            for source, instant, security, n in connection.execution_options(yield_per=5000).execute(query):
                yield source, instant, security, int(n)

    def readable(self, ids: Sequence[str], reader: Reader) -> set[str]:
        """Which of `ids` are documents that the reader may see now."""
        found: set[str] = set()
        with self.engine.connect() as connection:
            for i in range(0, len(ids), 500):
                for row in connection.execute(select(documents.c.id, documents.c.security).where(documents.c.id.in_(list(ids[i : i + 500])))):
                    if reader.may_read(row.security, row.id):
                        found.add(row.id)
        return found

    def above(self, ids: Iterable[str], reader: Reader) -> bool:
        """Whether one of `ids` is a document that the reader may not see now (one that was erased is none)."""
        wanted = sorted(set(ids))
        with self.engine.connect() as connection:
            for i in range(0, len(wanted), 500):
                found = connection.execute(select(documents.c.id, documents.c.security).where(documents.c.id.in_(wanted[i : i + 500])))
                if any(not reader.may_read(row.security, row.id) for row in found):
                    return True
        return False

    def term_titles(self, kinds: Sequence[str], *, until: str, ceiling: int = 4) -> Iterator[str]:
        """Titles of active documents of `kinds` first seen by an instant, by id."""
        query = select(documents.c.title).where(documents.c.kind.in_(list(kinds)), documents.c.state == "active", documents.c.first_seen_at <= until, documents.c.security <= ceiling)
        with self.engine.connect() as connection:
            yield from connection.execution_options(yield_per=5000).execute(query.order_by(documents.c.id)).scalars()

    def term_counts(self, *, until: str, ceiling: int = 4) -> dict[str, tuple[str, int]]:
        """Technology term → (field, active documents first seen by an instant that name it)."""
        number = func.count().label("number")
        query = select(terms.c.term, func.min(terms.c.field), number).join(documents, documents.c.id == terms.c.document_id)
        query = query.where(documents.c.state == "active", documents.c.first_seen_at <= until, documents.c.security <= ceiling).group_by(terms.c.term).order_by(terms.c.term)
        with self.engine.connect() as connection:
            return {term: (field, int(n)) for term, field, n in connection.execute(query)}

    def replace_terms(self, document_ids: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
        """Replace the technology terms of some documents: {document_id, term, field}."""
        self._replace(terms, document_ids, rows)

    # ---- signals -------------------------------------------------------------------------------------------------

    def replace_signals(self, document_ids: Sequence[str], rows: Iterable[Mapping[str, Any]], *, mark: Mapping[str, str] | None = None) -> int:
        """Replace all signals of some documents, and set marks, in one transaction; returns how many were written."""
        fresh = [{"key": r["key"], "document_id": r["document_id"], "seen": r["seen"], "security": r["security"], "payload": json.dumps(r["payload"], ensure_ascii=False)} for r in rows]
        with self.engine.begin() as connection:
            for i in range(0, len(document_ids), 500):
                connection.execute(delete(signals).where(signals.c.document_id.in_(list(document_ids[i : i + 500]))))
            for i in range(0, len(fresh), 2000):
                connection.execute(insert(signals), fresh[i : i + 2000])
            for name, value in (mark or {}).items():
                connection.execute(delete(marks).where(marks.c.name == name))
                connection.execute(insert(marks).values(name=name, value=value))
        return len(fresh)

    def replace_mentions(self, document_ids: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
        """Replace what some policies and projects say of objects: {document_id, thing, kind, seen, security, value, known_from}."""
        self._replace(mentions, document_ids, rows)

    def _replace(self, table: Table, document_ids: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
        with self.engine.begin() as connection:
            for i in range(0, len(document_ids), 500):
                connection.execute(delete(table).where(table.c.document_id.in_(list(document_ids[i : i + 500]))))
            for i in range(0, len(rows), 2000):
                connection.execute(insert(table), [dict(r) for r in rows[i : i + 2000]])

    def mentions(self, kinds: Sequence[str], *, until: str, ceiling: int = 4) -> list[dict[str, Any]]:
        """Mentions by documents first seen by `until`, in order of document and object."""
        query = select(mentions).where(mentions.c.kind.in_(list(kinds)), mentions.c.seen <= until, mentions.c.security <= ceiling)
        return rows_of(self.engine, query.order_by(mentions.c.document_id, mentions.c.thing))

    def titles(self, ids: Sequence[str]) -> dict[str, str]:
        """Titles of documents by id."""
        found: dict[str, str] = {}
        with self.engine.connect() as connection:
            for i in range(0, len(ids), 500):
                rows = connection.execute(select(documents.c.id, documents.c.title).where(documents.c.id.in_(list(ids[i : i + 500]))))
                found.update((row.id, row.title) for row in rows)
        return found

    def changed_at(self, kinds: Sequence[str]) -> int:
        """The newest change of a document of `kinds` in the change sequence; 0 without any."""
        query = select(func.max(changes.c.seq)).join(documents, documents.c.id == changes.c.document_id).where(documents.c.kind.in_(list(kinds)))
        with self.engine.connect() as connection:
            return int(connection.scalar(query) or 0)

    def clear_signals(self) -> None:
        """Forget all signals (the taxonomy or the weights changed)."""
        with self.engine.begin() as connection:
            connection.execute(delete(signals))
            connection.execute(delete(mentions))
            connection.execute(delete(terms))

    def signals(self) -> Iterator[dict[str, Any]]:
        """Payloads of all signals in order of first sight."""
        query = select(signals.c.payload).order_by(signals.c.seen, signals.c.key)
        with self.engine.connect() as connection:
            for payload in connection.execution_options(yield_per=5000).execute(query).scalars():
                yield json.loads(payload)

    def signal_count(self) -> int:
        """How many signals are stored."""
        with self.engine.connect() as connection:
            return int(connection.scalar(select(func.count()).select_from(signals)) or 0)

    def mark(self, name: str) -> str:
        """A remembered value (sequence read, versions); empty when unset."""
        with self.engine.connect() as connection:
            return str(connection.scalar(select(marks.c.value).where(marks.c.name == name)) or "")

    def set_mark(self, name: str, value: str) -> None:
        """Remember a value."""
        self.replace_signals((), (), mark={name: value})

    # ---- lists as they were made ---------------------------------------------------------------------------------

    def put_run(self, as_of: str, ceiling: int, sequence: int, version: str, summary: Mapping[str, Any], records: Sequence[Mapping[str, Any]]) -> int:
        """Store a scored list; the list of the same date, ceiling, sequence and constants is replaced. Returns its number."""
        with self.engine.begin() as connection:
            same = (runs.c.as_of == as_of, runs.c.ceiling == ceiling, runs.c.sequence == sequence, runs.c.constants_version == version)
            old = list(connection.scalars(select(runs.c.n).where(*same)))
            connection.execute(delete(entries).where(entries.c.run.in_(old)))
            connection.execute(delete(runs).where(runs.c.n.in_(old)))
            values = {"as_of": as_of, "ceiling": ceiling, "sequence": sequence, "constants_version": version, "made_at": now(), "summary": dict(summary)}
            run = inserted(connection.execute(insert(runs).values(**values)))
            rows = [
                {"run": run, "risk_id": r["id"], "place": i, "field": r["field"], "level": r["level"], "record": json.dumps(r, ensure_ascii=False)}
                for i, r in enumerate(records, 1)
            ]
            if rows:
                connection.execute(insert(entries), rows)
        return run

    def run_at(self, as_of: str, ceiling: int) -> dict[str, Any] | None:
        """The newest list made for a date at or before `as_of`, of the highest ceiling that the reader may see."""
        query = select(runs).where(runs.c.as_of <= as_of, runs.c.ceiling <= ceiling)
        with self.engine.connect() as connection:
            row = connection.execute(query.order_by(runs.c.as_of.desc(), runs.c.sequence.desc(), runs.c.ceiling.desc(), runs.c.n.desc()).limit(1)).first()
        return dict(row._mapping) if row else None

    def runs(self, *, ceiling: int = 4) -> list[dict[str, Any]]:
        """All lists within a ceiling, oldest date first."""
        return rows_of(self.engine, select(runs).where(runs.c.ceiling <= ceiling).order_by(runs.c.as_of, runs.c.ceiling, runs.c.n))

    def entries(self, run: int, *, field: str = "") -> list[dict[str, Any]]:
        """The records of a list in order of place."""
        query = select(entries.c.record).where(entries.c.run == run).order_by(entries.c.place)
        with self.engine.connect() as connection:
            return [json.loads(r) for r in connection.scalars(query.where(entries.c.field == field) if field else query)]

    def entry(self, run: int, risk_id: str) -> dict[str, Any] | None:
        """One record of a list."""
        with self.engine.connect() as connection:
            found = connection.scalar(select(entries.c.record).where(entries.c.run == run, entries.c.risk_id == risk_id))
        return json.loads(found) if found else None

    # ---- register ------------------------------------------------------------------------------------------------

    def enrol(self, pairs: Iterable[tuple[str, str]], state: str) -> list[str]:
        """Make register entries for (risk id, key) pairs that have none; returns the new ids."""
        with self.engine.begin() as connection:
            known = set(connection.scalars(select(register.c.risk_id)))
            fresh: list[dict[str, Any]] = [
                {"risk_id": i, "key": k, "state": state, "merged_into": "", "owner": "", "due_on": "", "residual": None, "edits": {}, "created_at": now()}
                for i, k in pairs
                if i not in known
            ]
            if fresh:
                connection.execute(insert(register), fresh)
        return [str(r["risk_id"]) for r in fresh]

    def registered(self, risk_id: str = "") -> list[dict[str, Any]]:
        """Register entries, or one of them; raises NotFound for an unknown id."""
        query = select(register).order_by(register.c.risk_id)
        found = rows_of(self.engine, query.where(register.c.risk_id == risk_id) if risk_id else query)
        if risk_id and not found:
            raise NotFound("no such risk", risk_id, "see `jianwei risks list`")
        return found

    def amend(self, risk_id: str, by: str, what: str, detail: Mapping[str, Any], *, as_of: str = "", **values: Any) -> None:
        """Change columns of one register entry and append to its history in the same transaction."""
        with self.engine.begin() as connection:
            if values and not connection.execute(update(register).where(register.c.risk_id == risk_id).values(**values)).rowcount:
                raise NotFound("no such risk", risk_id, "see `jianwei risks list`")
            connection.execute(insert(history).values(risk_id=risk_id, at=now(), as_of=as_of, by=by, what=what, detail=dict(detail)))

    def note(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Append history rows {risk_id, as_of, by, what, detail}."""
        if rows:
            with self.engine.begin() as connection:
                connection.execute(insert(history), [{"at": now(), **r} for r in rows])

    def history(self, risk_id: str = "", *, limit: int = 200) -> list[dict[str, Any]]:
        """What happened to a risk, oldest first."""
        query = select(history).order_by(history.c.n.desc()).limit(limit)
        return rows_of(self.engine, query.where(history.c.risk_id == risk_id) if risk_id else query)[::-1]

    # ---- alerts and bulletins ------------------------------------------------------------------------------------

    def add_alert(self, values: Mapping[str, Any]) -> int:
        """Store one alert; returns its number."""
        with self.engine.begin() as connection:
            return inserted(connection.execute(insert(alerts).values(**values)))

    def alerts(self, *, risk_id: str = "", states: Sequence[str] = (), ceiling: int = 4) -> list[dict[str, Any]]:
        """Alerts, newest first."""
        query = select(alerts).where(alerts.c.security <= ceiling).order_by(alerts.c.n.desc())
        query = query.where(alerts.c.risk_id == risk_id) if risk_id else query
        return rows_of(self.engine, query.where(alerts.c.state.in_(list(states))) if states else query)

    def set_alert(self, number: int, **values: Any) -> None:
        """Change one alert; raises NotFound."""
        with self.engine.begin() as connection:
            if not connection.execute(update(alerts).where(alerts.c.n == number).values(**values)).rowcount:
                raise NotFound("no such alert", number, "see the list of alerts")

    def add_bulletin(self, values: Mapping[str, Any]) -> int:
        """Store a draft; returns its total number (总期号)."""
        with self.engine.begin() as connection:
            return inserted(connection.execute(insert(bulletins).values(created_at=now(), signatures=[], **values)))

    def bulletins(self, number: int = 0) -> list[dict[str, Any]]:
        """Bulletins, newest first, or the one with a number."""
        query = select(bulletins).order_by(bulletins.c.n.desc())
        return rows_of(self.engine, query.where(bulletins.c.n == number) if number else query)

    def set_bulletin(self, number: int, **values: Any) -> None:
        """Change a bulletin; raises NotFound."""
        with self.engine.begin() as connection:
            if not connection.execute(update(bulletins).where(bulletins.c.n == number).values(**values)).rowcount:
                raise NotFound("no such bulletin", number, "see the list of bulletins")
