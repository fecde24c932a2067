"""What stands beside a policy: the newest call (申报通知) with its deadlines and telephones, and official interpretations."""

from __future__ import annotations

import re

from corpus.models import Document, RelationKind
from corpus.report import Paragraph
from corpus.text import parse_date
from corpus.validity import validity
from rag.calls import Call, calls, newest_of
from rag.slots import slots
from rag.source import named, short_title
from rag.statements import Statement, condense, sayable
from rag.work import Work, sentence


def call_phones(work: Work) -> int:
    """Telephones that the newest call (申报通知) of the policy gives."""
    if (call := newest(work)) is None:
        return 0
    d = work.store.documents.get(call.document_id, work.reader)
    late = call.notice(work.judged.as_of)
    done = 0
    for slot in [s for s in slots(d) if s.kind == "phone"][:4]:
        mark = work.out.mark(d, *sentence(d.text, slot.start), validity(d, (), work.judged.as_of))
        holder = slot.label if 1 < len(slot.label) < 30 else ""
        done += work.out.say(f"{call.year}年度通知{named(d)}：{(holder + ' ' + slot.value).strip()}{f'（{late}）' if late else ''}", (mark,), derived=f"{call.year}年度通知 {named(d)} {late} {holder}")
    return done


def newest(work: Work) -> Call | None:
    """The newest call of the policy's own place."""
    relations = work.store.documents.relations_of([work.document.id])
    ids = [r.document_id for r in relations if r.target_id == work.document.id]
    found = [c for c in calls(work.store, work.reader, work.judged.as_of, ids=ids) if c.region_code == work.document.region_code]
    return newest_of(found, work.document)


def call_dates(work: Work) -> int:
    """The deadlines of the newest call, marked when it is not of this year."""
    if (call := newest(work)) is None or not call.deadlines:
        return 0
    d = work.store.documents.get(call.document_id, work.reader)
    rows = [(f"{batch}{stage}", f"{day}{'（已过）' if day < work.judged.as_of else ''}", f"[{work.out.mark(d, a, b, validity(d, (), work.judged.as_of))}]") for stage, batch, day, a, b in call.deadlines]
    work.out.table(("环节", "截止", "出处"), rows, f"{call.year}年度申报通知{named(d)}{'：' + call.notice(work.judged.as_of) if call.notice(work.judged.as_of) else ''}")
    return len(rows)


def official(work: Work) -> None:
    """Official interpretations in the corpus: linked and quoted as such."""
    ids = [r.document_id for r in work.store.documents.relations_of([work.document.id]) if r.kind == RelationKind.interprets and r.target_id == work.document.id]
    key = short_title(work.document.title)
    heads = [h for h in work.store.documents.heads(work.reader, kind="interpretation") if h.id in ids or (len(key) > 6 and key in h.title and parse_date(h.published_on) >= (work.document.published_on or "")[:4])]
    shown = 0
    heads = [h for h in heads if h.id != work.document.id and (key in h.title or "《" not in h.title)]
    for d in work.store.documents.texts([h.id for h in heads], work.reader):
        told = [s for s in sayable(d) if s.end - s.start > 40]
        body = next((s for s in told if not re.search(r"解读如下|印发|出台", s.text(d)[:120])), told[0] if told else None)
        if body is None or d.genre in ("来信", "留言"):
            continue
        if not shown:
            work.out.heading("官方解读")
        shown += 1
        mark = work.out.mark(d, body.start, min(body.end, body.start + 300), validity(d, (), work.judged.as_of))
        work.out.blocks.append(quoted(d, body, mark))


def quoted(d: Document, body: Statement, mark: int) -> Paragraph:
    return Paragraph(f"{d.title if d.title.startswith('《') else f'《{d.title}》'}（{'、'.join(d.issuers)}，{d.published_on}）：“{condense(d.text[body.start : min(body.end, body.start + 300)])}”", (mark,))
