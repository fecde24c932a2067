"""政策协同与纠偏清单 for officials: policies in force that rest on ended ones, texts that tell other figures than their basis, periods that ended
without a successor, detailed rules that were announced and are not held. Every row is a hint with its words, not a finding.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from corpus.access import Reader
from corpus.models import CURRENT, Document, EventKind, Relation, RelationKind, Status, Validity
from corpus.report import Report
from corpus.store import Store
from corpus.validity import validity
from rag.align import dice
from rag.fit import bag
from rag.odds import odds
from rag.places import covers
from rag.quoting import Quoting
from rag.source import named, short_title
from rag.statements import condense
from rag.work import sentence

_RESTS = (RelationKind.based_on, RelationKind.implements)
_ENDED = (Status.repealed, Status.expired)
_ENDING = (EventKind.repealed, EventKind.amended, EventKind.extended, EventKind.continued)
_DETAIL = re.compile(r"(?:具体(?:办法|规定)|实施细则|配套(?:办法|细则)|操作细则)[^。；]{0,20}(?:另行制定|另行规定|另行发布)|(?:制定|出台|发布)(?:实施细则|配套细则|具体(?:实施)?办法)")
FOOTER = "系统按库内文件关系比对生成，仅提示可能需要核对的问题，供参考，不作为认定依据；“未收录”只表示本库没有，不表示没有制定。"


def coherence(store: Store, reader: Reader, on: str, *, region: str = "") -> Report:
    """The list at a date, of a place and what lies above it (all places without one)."""
    heads = {h.id: h for h in store.documents.heads(reader, kind="policy") if not region or covers(h.region_code, region)}
    happened = store.documents.events_of(reader, list(heads))
    judged = {i: validity(h, happened.get(i, ()), on) for i, h in heads.items()}
    relations = [r for r in store.documents.relations_of(list(heads)) if r.kind in _RESTS and r.target_id]
    replaced = {i for i, found in happened.items() for e in found if e.kind in _ENDING and e.stated_by != i}
    out = Quoting()
    _ended_basis(out, store, reader, heads, judged, relations)
    _odd(out, store, reader, heads, judged, on)
    _over(out, heads, judged, replaced)
    _without_rules(out, store, reader, heads, judged, relations)
    return Report("政策协同与纠偏清单", tuple(out.blocks), out.records(), marks=("系统生成",), footer=FOOTER, as_of=on)


def _ended_basis(out: Quoting, store: Store, reader: Reader, heads: Mapping[str, Document], judged: Mapping[str, Validity], relations: Sequence[Relation]) -> None:
    """Policies in force whose basis has ended."""
    standing = {i: Status(v.status) for i, v in judged.items()}
    found = [r for r in relations if standing.get(r.document_id) in CURRENT and standing.get(str(r.target_id)) in _ENDED]
    texts = {d.id: d for d in store.documents.texts(list({r.document_id for r in found}), reader)}
    rows = []
    for r in found:
        d = texts[r.document_id]
        if r.start >= r.end or re.search(r"废止|失效", d.text[slice(*sentence(d.text, r.start))]):
            continue
        mark = out.mark(d, *sentence(d.text, r.start), judged[d.id])
        rows.append((named(d), named(heads[str(r.target_id)]), _why(judged[str(r.target_id)]), f"[{mark}]"))
    out.heading("所依据的文件已废止或失效")
    out.table(("现行文件", "所依据的文件", "依据的现状", "出处"), list(dict.fromkeys(rows)))
    if not rows:
        out.note("未发现。")


def _odd(out: Quoting, store: Store, reader: Reader, heads: Mapping[str, Document], judged: Mapping[str, Validity], on: str) -> None:
    """Policies and calls that tell other figures than the text that they carry out."""
    notices = {h.id: h for h in store.documents.heads(reader, kind="notice") if on[:4] in (h.published_on or h.written_on)[:4] and (h.published_on or h.written_on) <= on}
    everyone = {**heads, **notices}
    happened = store.documents.events_of(reader, list(notices))
    standing = {i: str(v.status) for i, v in judged.items()} | {i: str(validity(h, happened.get(i, ()), on).status) for i, h in notices.items()}
    relations = [r for r in store.documents.relations_of(list(everyone)) if r.kind in _RESTS and r.document_id in everyone and r.target_id in heads and r.target_id != r.document_id]
    rows = []
    for odd in odds(store, reader, relations, standing, on):
        marks = out.mark(odd.lower, odd.start, odd.end, _of(odd.lower, judged, on)), out.mark(odd.upper, odd.there, odd.until, _of(odd.upper, judged, on))
        rows.append((named(odd.lower), condense(odd.lower.text[odd.start : odd.end])[:120], f"{named(odd.upper)}：{condense(odd.upper.text[odd.there : odd.until])[:120]}", odd.what, f"[{marks[0]}][{marks[1]}]"))
    out.heading("与依据文件的标准不一致")
    out.table(("文件", "写明", "依据文件写明", "提示", "出处"), list(dict.fromkeys(rows)))
    if not rows:
        out.note("未发现。")


def _of(d: Document, judged: Mapping[str, Validity], on: str) -> Validity:
    return judged.get(d.id) or validity(d, (), on)


def _why(judged: Validity) -> str:
    return f"{'已废止' if judged.status == Status.repealed else '已失效'}：{condense(judged.basis)[:80]}"


def _over(out: Quoting, heads: Mapping[str, Document], judged: Mapping[str, Validity], replaced: set[str]) -> None:
    """Periods that ended while nothing held extends, continues or replaces the text."""
    current = [h for i, h in heads.items() if judged[i].status in CURRENT]
    rows = [(named(h), h.expires_on, _hint(h, current)) for i, h in sorted(heads.items()) if judged[i].status == Status.expired and h.expires_on and i not in replaced]
    out.heading("有效期届满而未见后续处理")
    out.table(("文件", "有效期至", "提示"), rows)
    if not rows:
        out.note("未发现。")


def _hint(old: Document, current: Sequence[Document]) -> str:
    """A newer text of the same place with a like name may carry on; people must see."""
    near = [h for h in current if h.region_code == old.region_code and h.published_on > old.published_on and dice(bag(short_title(h.title)), bag(short_title(old.title))) >= 0.55]
    newest = max(near, key=lambda h: h.published_on, default=None)
    return f"有相近的新文件{named(newest)}，请核对是否接续" if newest else "本库未见评估、延期、修订或废止文件"


def _without_rules(out: Quoting, store: Store, reader: Reader, heads: Mapping[str, Document], judged: Mapping[str, Validity], relations: Sequence[Relation]) -> None:
    """Policies in force that announce detailed rules of which none is held."""
    served = {r.target_id for r in relations}
    rows = []
    for d in store.documents.texts([i for i in heads if judged[i].status in CURRENT and i not in served], reader):
        if (match := _DETAIL.search(d.text)) is not None:
            mark = out.mark(d, *sentence(d.text, match.start()), judged[d.id])
            rows.append((named(d), condense(d.text[slice(*sentence(d.text, match.start()))])[:120], f"[{mark}]"))
    out.heading("规定另行制定细则而本库未收录")
    out.table(("文件", "原文", "出处"), rows)
    if not rows:
        out.note("未发现。")
