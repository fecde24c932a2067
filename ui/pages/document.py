"""A document as HTML: metadata, clauses with anchors, highlighted spans, timeline, relations, versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from rag.source import short_title
from ui.cited import citation_text, cited_path, named
from ui.messages import say
from ui.pages.html import act, badge, e, empty, level_badge, place, validity_badge

Span = tuple[int, int]


def anchor(clause: Mapping[str, Any]) -> str:
    """The permanent anchor of a clause: its path without blanks (第五条-第一款)."""
    return "-".join("".join(p.split()) for p in cited_path(clause))


def link(document_id: str, clause: Mapping[str, Any] | None = None, span: Span | None = None) -> str:
    """The permanent link to a clause, with the highlighted span."""
    query = f"?h={span[0]}-{span[1]}" if span else ""
    return f"/d/{quote(document_id)}{query}" + (f"#{quote(anchor(clause))}" if clause and clause.get("path") else "")


def heading(d: Mapping[str, Any], language: str) -> str:
    """Title, number, level, region and validity."""
    marks = [level_badge(d["level"], language), badge(place(d["region_code"]), "plain") if place(d["region_code"], short=True) else "", validity_badge(d["validity"], language)]
    marks += [badge(d["area_type"], "plain")] if d.get("area_type") else []
    marks += [badge(d["genre"], "plain")] if d.get("genre") else []
    marks += [badge(d["notice"], "warn")] if d.get("notice") else []
    number = f'<span class="jw-number">{e(d["doc_number"])}</span>' if d["doc_number"] else ""
    return f'<h1 class="jw-title">{e(d["title"])}</h1><p class="jw-marks">{number}{"".join(marks)}</p>'


SHARED = ("security", "share", "open")
FACTS = ("issuers", "doc_number", "index_number", "legal_rank", "written_on", "published_on", "effective_on", "expires_on", "topics", "delivery", "region_code", "excludes", *SHARED)


def facts(d: Mapping[str, Any], language: str) -> str:
    """The metadata table."""
    rows = []
    for name in FACTS:
        value = d.get(name)
        words = _fact(name, value, language)
        if words:
            rows.append(f"<dt>{e(say(f'field.{name}', language))}</dt><dd>{e(words)}</dd>")
    rows += [f"<dt>{e(say('field.validity', language))}</dt><dd>{validity_badge(d['validity'], language)} <small>{e(_row_of_a_table(d['validity']['basis']))}</small></dd>"]
    rows += [f"<dt>{e(say('field.source', language))}</dt><dd>{_origins(d, language)}</dd>"] if d.get("sources") else []
    return f'<dl class="jw-facts">{"".join(rows)}</dl>'


def _fact(name: str, value: Any, language: str) -> str:
    """A value of the metadata in words: regions by name, vocabularies in the reader's language."""
    if name in ("region_code", "excludes"):
        return "、".join(place(code) for code in ([value] if isinstance(value, str) else value or ()) if code)
    if name == "security":
        return say(f"security.{value}", language)
    return "、".join(value) if isinstance(value, list) else value or ""


def _row_of_a_table(words: str) -> str:
    """A quoted row of a table (| 9 | 办法 | 继续有效 |) without its bars."""
    return "　".join(cell for c in words.split("|") if (cell := c.strip())) if words.count("|") > 1 else words


def _origins(d: Mapping[str, Any], language: str) -> str:
    parts = []
    for o in d["sources"][:4]:
        url = o["url"]
        name = e(say("health.imported", language) if o["source_id"].startswith("import-") else o.get("publisher") or o["source_id"]) + (f" {badge(say('official', language), 'good')}" if o["official"] else "")
        shown = f'<a href="{e(url)}" rel="noopener noreferrer nofollow" target="_blank">{name}</a>' if url.startswith(("http://", "https://")) else name
        original = f' <a href="/d/{quote(d["id"])}/original">{e(say("doc.original", language))}</a>' if o["snapshot_sha256"] else ""
        parts.append(f"{shown} <small>{e(o['first_seen_at'][:10])}</small>{original}")
    return "<br>".join(parts)


def body(d: Mapping[str, Any], spans: Sequence[Span] = (), *, context: int | None = None) -> str:
    """The text by clauses with anchors; `spans` are highlighted; `context` keeps only so many clauses around them."""
    clauses = d["clauses"] or [{"path": [], "kind": "paragraph", "start": 0, "end": len(d["text"])}]
    wanted = _near(clauses, spans, context)
    seen: set[str] = set()
    parts: list[str] = []
    skipped = False
    for i, clause in enumerate(clauses):
        if i not in wanted:
            skipped = True
            continue
        if skipped and parts:
            parts.append('<p class="jw-gap" aria-hidden="true">⋯</p>')
        skipped = False
        parts.append(_clause(d["text"], clause, spans, seen))
    return f'<div class="jw-text" tabindex="0" lang="zh-CN">{"".join(parts)}</div>'


def _near(clauses: Sequence[Mapping[str, Any]], spans: Sequence[Span], context: int | None) -> set[int]:
    if context is None or not spans:
        return set(range(len(clauses)))
    hit = [i for i, c in enumerate(clauses) if any(s < c["end"] and end > c["start"] for s, end in spans)]
    near = {j for i in hit for j in range(max(0, i - context), min(len(clauses), i + context + 1))}
    article = {clauses[i].get("article") for i in hit} - {None}
    return near | {i for i, c in enumerate(clauses) if c.get("article") in article}


def _clause(text: str, clause: Mapping[str, Any], spans: Sequence[Span], seen: set[str]) -> str:
    start, end = clause["start"], clause["end"]
    if not text[start:end].strip():
        return ""
    marks = "".join(f'<a id="{e(name)}" class="jw-anchor"></a>' for name in _names(clause, seen))
    inner = _marked(text, start, end, spans)
    kind = clause.get("kind", "paragraph")
    if kind == "table":
        return f'<div class="jw-c jw-table-wrap" data-s="{start}">{marks}{_pipe_table(text, start, end, spans)}</div>'
    return f'<p class="jw-c jw-{e(kind)}" data-s="{start}" data-e="{end}">{marks}{inner}</p>'


def _names(clause: Mapping[str, Any], seen: set[str]) -> list[str]:
    names = [anchor(clause)] if clause["path"] else []
    if clause.get("article"):
        names.insert(0, clause["article"])
    fresh = [n for n in dict.fromkeys(names) if n not in seen]
    seen.update(fresh)
    return fresh


def _marked(text: str, start: int, end: int, spans: Sequence[Span]) -> str:
    inside = sorted((max(s, start), min(t, end)) for s, t in spans if s < end and t > start)
    out, at = [], start
    for s, t in inside:
        if t <= at:
            continue
        s = max(s, at)
        out += [e(text[at:s]), f'<mark class="jw-hit">{e(text[s:t])}</mark>']
        at = t
    out.append(e(text[at:end]))
    return "".join(out).strip().replace("\n", "<br>")


def _pipe_table(text: str, start: int, end: int, spans: Sequence[Span]) -> str:
    rows: list[str] = []
    at = start
    for line in text[start:end].splitlines(keepends=True):
        cells = line.strip().strip("|").split("|")
        if line.strip() and not all(set(c.strip()) <= {"-", ":"} for c in cells):
            hit = any(s < at + len(line) and t > at for s, t in spans)
            tag = "th" if not rows else "td"
            rows.append(f'<tr{" class=jw-hit" if hit else ""}>' + "".join(f"<{tag}>{e(c.strip())}</{tag}>" for c in cells) + "</tr>")
        at += len(line)
    return f'<table class="jw-table">{"".join(rows)}</table>'


def timeline(d: Mapping[str, Any], titles: Mapping[str, str], language: str) -> str:
    """The events of validity that happen to this document, in order, each with the words that state it."""
    events = [v for v in d["events"] if v["document_id"] == d["id"]]
    if not events:
        return f"<p class='jw-dim'>{e(say('doc.no_events', language))}</p>"
    rows = []
    for v in sorted(events, key=lambda v: v["on"]):
        by = v["stated_by"]
        stated = f'<a href="{e(link(by, None, (v["start"], v["end"])))}">{e(titles.get(by, by))}</a>' if by and by != d["id"] else e(say("doc.itself", language))
        quote_ = f"<q>{e(_row_of_a_table(v['quote']))}</q>" if v["quote"] else e(v["basis"])
        rows.append(f"<li><time>{e(v['on'] or '—')}</time><div><strong>{e(say('event.' + v['kind'], language))}</strong><p>{quote_}</p><small>{stated}</small></div></li>")
    return f'<ol class="jw-timeline">{"".join(rows)}</ol>'


def relations(d: Mapping[str, Any], titles: Mapping[str, str], language: str) -> str:
    """How this document speaks of others and others of it."""
    rows = []
    for r in d["relations"]:
        out = r["document_id"] == d["id"]
        other = r["target_id"] if out else r["document_id"]
        name = titles.get(other or "", "") or r["target_title"] or r["target_number"]
        words = say(f"relation.{r['kind']}" + ("" if out else "_by"), language)
        shown = f'<a class="jw-open" data-doc="{e(other)}" href="{e(link(other))}">{e(name)}</a>' if other else f'{e(name)} {badge(say("doc.not_held", language), "dim")}'
        rows.append(f"<li>{badge(words, 'plain')} {shown}</li>")
    return f'<ul class="jw-relations">{"".join(dict.fromkeys(rows))}</ul>' if rows else f"<p class='jw-dim'>{e(say('doc.no_relations', language))}</p>"


def versions(d: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], language: str) -> str:
    """The versions of a text, the newest first; each other one can be laid beside this one."""
    if len(rows) < 2:
        return empty(say("doc.no_versions", language), say("doc.no_versions_hint", language), "⇄")
    return f'<ol class="jw-timeline">{"".join(_version(d, r, language) for r in rows)}</ol>'


def _version(d: Mapping[str, Any], r: Mapping[str, Any], language: str) -> str:
    if r["id"] == d["id"]:
        shown, act = f"<strong>{e(r['title'])}</strong> {badge(say('doc.itself', language), 'calm')}", ""
    else:
        shown = f'<a class="jw-open" data-doc="{e(r["id"])}" href="{e(link(r["id"]))}">{e(r["title"])}</a>'
        act = f' <button type="button" class="jw-button jw-small jw-diff" data-a="{e(r["id"])}" data-b="{e(d["id"])}">{e(say("doc.diff", language))}</button>'
    return f'<li><time>{e(r["published_on"] or "—")}</time><div>{shown}<p class="jw-marks"><span class="jw-number">{e(r["doc_number"])}</span>{validity_badge(r["validity"], language)}{act}</p></div></li>'


def chain(d: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], language: str) -> str:
    """承接链: what a document rests on and what rests on it, one column a level from nation to county."""
    if len(rows) < 2:
        return empty(say("doc.no_chain", language), say("doc.no_chain_hint", language), "⛓")
    parts = []
    for level in ("national", "province", "city", "county", ""):
        mine = [r for r in rows if (r["level"] or "") == level]
        if mine:
            cards = "".join(_step(d, r, language) for r in mine)
            parts.append(f'<section class="jw-level"><h3>{e(say(f"level.{level}", language) if level else "—")} <small>{len(mine)}</small></h3><ul>{cards}</ul></section>')
    return f'<p class="jw-dim">{e(say("doc.chain_hint", language))}</p><div class="jw-chain">{"".join(parts)}</div>'


def _step(d: Mapping[str, Any], r: Mapping[str, Any], language: str) -> str:
    here = r["id"] == d["id"]
    words = say("doc.itself", language) if here else say(f"relation.{r['step']}" + ("" if r["depth"] < 0 else "_by"), language)
    title = f"<b>{e(r['title'])}</b>" if here else f'<a class="jw-open" data-doc="{e(r["id"])}" href="{e(link(r["id"]))}">{e(r["title"])}</a>'
    return f'<li{" aria-current=true" if here else ""}>{badge(words, "calm" if here else "plain")} {validity_badge(r["validity"], language)}<br>{title}<small>{e(r["doc_number"] or r["published_on"])}</small></li>'


def evidence(d: Mapping[str, Any], spans: Sequence[Span], n: str, language: str) -> str:
    """The panel beside the chat: the highlighted clause in its surroundings, badges, copying and the permanent link."""
    clause = next((c for c in d["clauses"] if spans and c["start"] <= spans[0][0] < c["end"]), None)
    here = link(d["id"], clause, spans[0] if spans else None)
    cite = citation_text(d["title"], d["doc_number"], clause)
    number = f'<span class="jw-mark jw-mark-still">{e(n)}</span>' if n else ""
    where = " ".join(clause["path"]) if clause else ""
    return (
        f'<article class="jw-evidence" data-doc="{e(d["id"])}"><header>{number}{heading(d, language)}'
        f'<p class="jw-dim">{e("、".join(d["issuers"]))} {e(d["published_on"])}</p><p class="jw-where">{e(where)}</p></header>'
        f"{body(d, spans, context=2)}"
        f'<footer class="jw-actions"><button type="button" class="jw-copy" data-copy="{e(cite)}">{e(say("doc.copy_citation", language))}</button>'
        f'<button type="button" class="jw-copy" data-copy-link="{e(here)}">{e(say("doc.copy_link", language))}</button>'
        f'<a href="{e(here)}" target="_blank" rel="noopener">{e(say("doc.open", language))}</a>'
        f'<button type="button" class="jw-report-error" data-doc="{e(d["id"])}">{e(say("doc.report_error", language))}</button></footer></article>'
    )


def whole(d: Mapping[str, Any], titles: Mapping[str, str], spans: Sequence[Span], language: str, lineage: Mapping[str, Sequence[Mapping[str, Any]]] | None = None, *, ceiling: int = 0) -> str:
    """The whole document: heading, facts, text, timeline, relations, versions, 承接链, actions; for who may set its level (up to `ceiling`) that too."""
    known = lineage or {"versions": (), "chain": ()}
    sections = {
        "text": body(d, spans),
        "facts": facts(d, language),
        "timeline": timeline(d, titles, language),
        "relations": relations(d, titles, language),
        "versions": versions(d, known["versions"], language),
        "chain": chain(d, known["chain"], language),
    }
    counts = {"timeline": sum(v["document_id"] == d["id"] for v in d["events"]), "relations": len(d["relations"]), "versions": len(known["versions"]), "chain": len(known["chain"])}
    tabs = "".join(_tab(d["id"], n, counts.get(n, 0) if counts.get(n, 0) > (n in ("versions", "chain")) else 0, language) for n in sections)
    panes = "".join(
        f'<section role="tabpanel" id="{e(d["id"])}-{n}" aria-labelledby="{e(d["id"])}-tab-{n}" tabindex="0" data-pane="{n}"{"" if n == "text" else " hidden"}>{content}</section>' for n, content in sections.items()
    )
    return (
        f'<article class="jw-document" data-doc="{e(d["id"])}"><header>{heading(d, language)}<p class="jw-dim">{e("、".join(d["issuers"]))} {e(d["published_on"])}</p></header>'
        f'{_actions(d, language, _secure(d, ceiling, language) if ceiling else "")}<div class="jw-slot" data-slot="interpretation" aria-live="polite"></div><div class="jw-tabs" role="tablist">{tabs}</div>{panes}'
        f'<p class="jw-foot">{e(say("doc.foot", language, date=d["first_seen_at"][:10], on=d["validity"]["as_of"]))}</p></article>'
    )


def _tab(document_id: str, name: str, count: int, language: str) -> str:
    chosen = name == "text"
    number = f" <small>{count}</small>" if count else ""
    return (
        f'<button type="button" role="tab" id="{e(document_id)}-tab-{name}" aria-controls="{e(document_id)}-{name}" data-tab="{name}" '
        f'aria-selected="{str(chosen).lower()}" tabindex="{0 if chosen else -1}">{e(say("doc." + name, language))}{number}</button>'
    )


def _secure(d: Mapping[str, Any], ceiling: int, language: str) -> str:
    """The button that sets the level of a document."""
    levels = [[say(f"security.{n}", language), str(n)] for n in range(1, ceiling + 1)]
    fields = [
        {"name": "security", "label": say("field.security", language), "type": "select", "options": levels, "value": str(d["security"]), "required": True},
        {"name": "share", "label": say("field.share", language), "value": d["share"]},
        {"name": "open", "label": say("field.open", language), "value": d["open"]},
        {"name": "reason", "label": say("doubt.reason", language), "type": "textarea", "required": True},
    ]
    return act(say("doc.secure", language), f"PATCH /api/v1/documents/{quote(d['id'])}", fields=fields, title=say("doc.secure", language))


def _actions(d: Mapping[str, Any], language: str, more: str = "") -> str:
    key, buttons = e(d["id"]), []
    buttons.append(f'<button type="button" class="jw-interpret jw-strong" data-doc="{key}">{e(say("doc.interpret", language))}</button>')
    if d["kind"] == "notice":
        buttons.append(f'<a href="/d/{quote(d["id"])}/deadlines.ics">{e(say("doc.calendar", language))}</a>')
    buttons.append(f'<button type="button" class="jw-copy" data-copy="{e(citation_text(d["title"], d["doc_number"], None))}">{e(say("doc.copy_citation", language))}</button>')
    buttons.append(f'<button type="button" class="jw-copy" data-copy-link="{e(link(d["id"]))}">{e(say("doc.copy_link", language))}</button>')
    buttons.append(f'<button type="button" class="jw-compare" data-doc="{key}" data-title="{e(named(short_title(d["title"])))}">{e(say("doc.compare", language))}</button>')
    if any(o["snapshot_sha256"] for o in d["sources"]):
        buttons.append(f'<a href="/d/{quote(d["id"])}/original" download>{e(say("doc.original", language))}</a>')
    buttons.append(f'<button type="button" class="jw-watch" data-kind="policy.changed" data-document="{key}">{e(say("doc.watch", language))}</button>')
    buttons.append(f'<button type="button" class="jw-report-error" data-doc="{key}">{e(say("doc.report_error", language))}</button>')
    return f'<div class="jw-actions">{"".join(buttons)}{more}</div>'
