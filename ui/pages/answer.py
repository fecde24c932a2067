"""A conversation as HTML: questions, answers with numbered marks, notices, citations, follow-ups, tools."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from ui.cited import citation_text
from ui.messages import say
from ui.pages.document import link
from ui.pages.html import badge, e, level_badge, table, validity_badge
from ui.pages.report import mark

_THUMB = (
    '<svg viewBox="0 0 24 24" width="16" height="16" fill="none" stroke="currentColor" stroke-width="1.7" stroke-linejoin="round" aria-hidden="true">'
    '<path d="M7 11v9H3.5v-9zM7 11l4-8c1.6 0 2.6 1.2 2.3 2.7L12.7 9h6.1c1.2 0 2 1.1 1.7 2.2l-1.9 7.3c-.2.9-1 1.5-1.9 1.5H7"/></svg>'
)
_ROW = re.compile(r"\|\s*\n\s*\||\|\s+\|")
TONES = {"answered": "good", "partial": "warn", "no_support": "dim", "out_of_scope": "dim", "needs_clarification": "calm", "refused": "bad", "not_permitted": "bad"}


def talk(turns: Sequence[Mapping[str, Any]], language: str, *, running: Mapping[str, Any] | None = None) -> str:
    """Finished turns and, if one is under way, its question with what is there so far."""
    parts = [question(t["question"]) + answer(t, language) for t in turns]
    if running is not None:
        parts.append(question(running["question"]) + _running(running, language))
    return f'<div class="jw-talk" role="log" aria-live="polite" aria-busy="{"true" if running else "false"}">{"".join(parts)}</div>'


def question(text: str) -> str:
    """A question as the reader's bubble."""
    return f'<div class="jw-q"><div>{e(text)}</div></div>'


def _running(running: Mapping[str, Any], language: str) -> str:
    said = "".join(f"<p>{e(p)}</p>" for p in running.get("text", "").split("\n") if p.strip())
    step = running.get("step", "")
    return f'<div class="jw-a"><div class="jw-said">{said}</div><div class="jw-steps"><span class="jw-pulse"></span>{e(step or say("ask.thinking", language))}</div></div>'


def answer(a: Mapping[str, Any], language: str) -> str:
    """One answer."""
    cited = {c["n"]: c for c in a["citations"]}
    notices = "".join(f'<div class="jw-notice"><span aria-hidden="true">⚑</span><span>{e(_notice(n))}</span></div>' for n in a["notices"])
    cites = "".join(_cite(c, language) for c in a["citations"])
    follow = "".join(f'<button type="button" class="jw-chip jw-ask-this">{e(f)}</button>' for f in a["follow_ups"])
    return (
        f'<div class="jw-a">{_status(a, language)}<div class="jw-said">{_said(a, cited, language)}</div>{notices}'
        + (f'<section class="jw-cites" aria-label="{e(say("ask.evidence", language))}">{cites}</section>' if cites else "")
        + (f'<div class="jw-chips jw-follow" role="group" aria-label="{e(say("ask.follow_ups", language))}"><small>{e(say("ask.follow_ups", language))}</small>{follow}</div>' if follow else "")
        + _tools(a, language)
        + "</div>"
    )


def _notice(notice: Any) -> str:
    return notice if isinstance(notice, str) else str(notice.get("text") or notice.get("words") or "")


def _status(a: Mapping[str, Any], language: str) -> str:
    seconds = sum(v for k, v in a["elapsed_ms"].items() if isinstance(v, (int, float)) and k != "total") / 1000 if a["elapsed_ms"] else 0
    if isinstance(a["elapsed_ms"].get("total"), (int, float)):
        seconds = a["elapsed_ms"]["total"] / 1000
    cited = f'<span>{e(say("ask.cited", language, n=len(a["citations"])))}</span>' if a["citations"] else ""
    changed = a["rewritten"] and a["rewritten"] != a["question"]
    rewritten = f"<span>{e(say('ask.rewritten', language, text=a['rewritten']))}</span>" if changed else ""
    return f'<div class="jw-status">{badge(say("status." + a["status"], language), TONES.get(a["status"], "dim"))}<span>{e(say("ask.took", language, seconds=f"{seconds:.2f}"))}</span>{cited}{rewritten}</div>'


def _said(a: Mapping[str, Any], cited: Mapping[int, Mapping[str, Any]], language: str) -> str:
    if not a["sentences"]:
        return "".join(f"<p>{e(p)}</p>" for p in a["text"].split("\n") if p.strip())
    said = "".join(f"<p>{e(p)}</p>" for p in opening(a))
    return said + "".join(_headed(s) + _sentence(s["text"].strip(), "".join(mark(n, cited.get(n), language) for n in s["citations"])) for s in a["sentences"])


def opening(a: Mapping[str, Any]) -> list[str]:
    """The lines of an answer before its first sentence: how many there are, for which year."""
    first = a["sentences"][0]
    said, found, _ = a["text"].partition(first.get("heading") or first["text"])
    return [line for line in said.split("\n") if found and line.strip()]


def headings(sentence: Mapping[str, Any]) -> list[str]:
    """The lines before a sentence: the place that it is of, above the level."""
    return [line.strip("【】") for line in (sentence.get("heading") or "").split("\n") if line.strip()]


def _headed(sentence: Mapping[str, Any]) -> str:
    lines = headings(sentence)
    return "".join(f'<p class="jw-of{" jw-where" if i == 0 and len(lines) > 1 else ""}">{e(line)}</p>' for i, line in enumerate(lines))


def parted(text: str) -> tuple[str, list[list[str]]]:
    """The words of a sentence and the rows of the table that it quotes (none where there is no whole table)."""
    before, bar, rest = text.partition("|")
    rows = [[c.strip() for c in row.strip(" |").split("|")] for row in _ROW.split(bar + rest)] if rest.count("|") > 3 else []
    rows = [r for r in rows if any(r) and not all(set(c) <= {"-", ":"} for c in r)]
    return (text, []) if len(rows) < 2 or len({len(r) for r in rows}) > 1 else (before.strip(), rows)


def _sentence(text: str, marks: str) -> str:
    """A sentence with its marks; a quoted table stays a table."""
    words, rows = parted(text)
    return f"<p>{e(words)}{marks}</p>" + (table(rows[0], ([e(c) for c in r] for r in rows[1:])) if rows else "")


def _clause(c: Mapping[str, Any]) -> Mapping[str, Any]:
    """The clause of a citation, also of an answer that was kept with its words only."""
    return c["clause"] if isinstance(c["clause"], Mapping) else {"path": [str(c["clause"])] if c["clause"] else []}


def _cite(c: Mapping[str, Any], language: str) -> str:
    clause = _clause(c)
    where = " ".join(clause.get("path", ())[-3:])
    href = link(c["document_id"], clause if clause.get("path") else None, (c["start"], c["end"]))
    place = " · ".join(p for p in (c["doc_number"], where) if p)
    region = badge(c["region"], "plain") if c.get("region") else ""
    return (
        f'<a class="jw-cite" href="{e(href)}" data-doc="{e(c["document_id"])}" data-h="{c["start"]}-{c["end"]}" data-n="{c["n"]}">'
        f'<b><span class="jw-mark jw-mark-still">{c["n"]}</span> {e(c["title"])}</b><small>{e(place)}</small>'
        f"{level_badge(c.get('level'), language)} {region} {validity_badge(c['validity'], language)}</a>"
    )


def _tools(a: Mapping[str, Any], language: str) -> str:
    key = e(a["id"])
    thumbs = "".join(
        f'<button type="button" class="jw-thumb" data-answer="{key}" data-useful="{useful}" aria-label="{e(say("ask." + useful, language))}" title="{e(say("ask." + useful, language))}">{icon}</button>'
        for useful, icon in (("yes", _THUMB), ("no", _THUMB.replace("<svg ", '<svg style="transform:rotate(180deg)" ', 1)))
    )
    plain = a["text"] + "".join(f"\n[{c['n']}] {citation_text(c['title'], c['doc_number'], _clause(c))}" for c in a["citations"])
    copy = f'<button type="button" class="jw-copy" data-copy="{e(plain)}">{e(say("ask.copy", language))}</button>'
    report = f'<button type="button" class="jw-report-error" data-answer="{key}">{e(say("doc.report_error", language))}</button>'
    files = "".join(f'<a href="/answers/{quote(a["id"])}.{form}" download>{form.upper()}</a>' for form in ("docx", "pdf", "md"))
    export = f'<details class="jw-menu"><summary>{e(say("ask.export", language))}</summary><div>{files}</div></details>' if a.get("kept") else ""
    watch = f'<button type="button" class="jw-watch" data-kind="answer.changed" data-answer="{key}">{e(say("doc.watch", language))}</button>' if a.get("kept") and a["citations"] else ""
    return f'<div class="jw-tools">{thumbs}{copy}{export}{watch}{report}<span class="jw-ai">{e(say("ask.mark", language))}</span></div>'


def welcome(language: str, questions: Sequence[str], numbers: Sequence[tuple[str, str]]) -> str:
    """The first sight: what can be asked, and what there is."""
    chips = "".join(f'<button type="button" class="jw-chip jw-ask-this">{e(q)}</button>' for q in questions)
    stats = "".join(f"<span><b>{e(value)}</b>{e(name)}</span>" for name, value in numbers)
    return (
        f'<div class="jw-talk"><div class="jw-welcome"><h2>{e(say("ask.welcome", language))}</h2><p>{e(say("ask.welcome_hint", language))}</p>'
        f'<div class="jw-chips">{chips}</div><div class="jw-stats">{stats}</div></div></div>'
    )
