"""竞争情报快递: a periodical digest for a field or a region over a period, every item cited, summaries and links only.

draft = compose(store, reader, "2026-10-27", "2026-11-26", field="新型储能")    a Content, nothing stored
number = put(store, draft, reader)                                           草稿, with its 期号 and 总期号
sign(store, number, "review", reader); sign(store, number, "issue", reader)    审核 → 签发, by different people
report_of(store, number, reader)                                             the report as it was signed
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from corpus.access import Reader
from corpus.errors import NotFound, NotPermitted, StoreError
from corpus.models import sha256_hex
from corpus.report import Block, Heading, Paragraph, Report
from corpus.store import Store
from corpus.store.base import now
from risk.constants import constants, day, seen_day
from risk.digest import Desk, gather
from risk.products import products
from risk.sections import advice, gist, moves, news, papers, pictures, policies, study

STEPS = ("edit", "review", "issue")
STEP_NAMES = {"edit": "责编", "review": "审核", "issue": "签发"}
STATES = {"draft": "草稿", "reviewed": "已审核", "issued": "已签发"}
AFTER = {"review": "reviewed", "issue": "issued"}
SIGNERS = ("official", "operator", "admin")
READERS = ("official", "operator", "auditor", "admin")


# ---- composing -------------------------------------------------------------------------------------------------------


def compose(store: Store, reader: Reader, start: str, end: str, *, field: str = "", region: str = "") -> dict[str, Any]:
    """The content of an issue over [start, end] (ISO days) as plain JSON: blocks, citations, security. Pure over the store; nothing is kept."""
    if reader.role not in (*READERS, "local"):
        raise NotPermitted("the bulletin is for the department", reader.role, f"ask for one of: {', '.join(READERS)}")
    desk = gather(store, reader, start, end, field=field, region=region)
    rule = products(store.home)
    parts: list[tuple[str, list[Block]]] = [
        ("专题研判", [*study(desk, rule), *pictures(desk)]),
        ("政策速递", policies(desk, rule)),
        ("产业动态", news(desk, rule)),
        ("前沿文献", papers(desk, rule)),
        ("风险变动", moves(desk, rule)),
        ("对我省的启示建议", advice(desk, rule)),
    ]
    blocks: list[Block] = [Heading("本期要点"), *gist(desk)]
    for number, (title, body) in zip("一二三四五六", parts, strict=True):
        blocks += [Heading(f"{number}、{title}"), *body]
    return _content(desk, blocks, rule)


def _content(desk: Desk, blocks: Sequence[Block], rule: Mapping[str, Any]) -> dict[str, Any]:
    from risk.blocks import pack

    security = max([int(rule["security"]), *(d.security for d in desk.cited.values())])
    held = {"start": desk.start, "end": desk.end, "field": desk.field, "region": desk.region, "place": desk.place, "as_of": desk.end, "security": security}
    return {**held, "blocks": [pack(b) for b in blocks], "citations": desk.sources.found, "constants_version": constants()["version"]}


# ---- keeping ---------------------------------------------------------------------------------------------------------


def put(store: Store, content: Mapping[str, Any], reader: Reader) -> int:
    """Keep a draft; the draft of the same period, field and region is replaced and keeps its number. Returns the 总期号."""
    reader.require(*SIGNERS)
    same = [b for b in store.risks.bulletins() if all(b[n] == content[n] for n in ("start", "end", "field", "region"))]
    packed = json.dumps(content, ensure_ascii=False, sort_keys=True)
    signed = [_signature("edit", reader, packed)]
    if same and same[0]["state"] == "draft":
        number = int(same[0]["n"])
        store.risks.set_bulletin(number, content=packed, signatures=signed)
    else:
        values = {n: content[n] for n in ("start", "end", "field", "region")}
        number = store.risks.add_bulletin({**values, "issue": "", "state": "draft", "content": packed})
        store.risks.set_bulletin(number, issue=_issue(store, number, str(content["end"])), signatures=signed)
    store.audit.add(reader.user, "bulletin.draft", str(number), {n: content[n] for n in ("start", "end", "field", "region")})
    return number


def _signature(step: str, reader: Reader, packed: str) -> dict[str, str]:
    return {"step": step, "user": reader.user, "at": now(), "sha256": sha256_hex(packed.encode())}


def _issue(store: Store, number: int, end: str) -> str:
    """年-期: counted within the year of the period's end."""
    year = end[:4]
    return f"{year}-{sum(b['end'][:4] == year and b['n'] <= number for b in store.risks.bulletins())}"


def bulletins(store: Store, reader: Reader) -> list[dict[str, Any]]:
    """Issues within the reader's reach, newest first, without their text."""
    if reader.role not in (*READERS, "local"):
        return []
    return [_head(b) for b in store.risks.bulletins() if _within(store, b, reader)]


def _within(store: Store, b: Mapping[str, Any], reader: Reader) -> bool:
    """Whether a reader may see an issue: by its own level, and by that which the documents that it cites have now."""
    content = json.loads(b["content"])
    return content["security"] <= reader.ceiling and not store.risks.above((c["document_id"] for c in content["citations"]), reader)


def _head(b: Mapping[str, Any]) -> dict[str, Any]:
    head = {n: b[n] for n in ("n", "start", "end", "field", "region", "issue", "state", "signatures", "created_at")}
    return {**head, "title": issue_words(b), "next": next((s for s in STEPS if s not in {x["step"] for x in b["signatures"]}), ""), "intact": intact(b)}


def issue_words(b: Mapping[str, Any]) -> str:
    """2026年第3期（总第15期）"""
    year, _, count = str(b["issue"]).partition("-")
    return f"{year}年第{count}期（总第{b['n']}期）"


def intact(b: Mapping[str, Any]) -> bool:
    """Whether the text is still the one that every signature was given to."""
    digest = sha256_hex(str(b["content"]).encode())
    return all(s["sha256"] == digest for s in b["signatures"])


def _one(store: Store, number: int, reader: Reader) -> dict[str, Any]:
    found = next(iter(store.risks.bulletins(number)), None) if number > 0 else None
    if found is None or reader.role not in (*READERS, "local") or not _within(store, found, reader):
        raise NotFound("no such bulletin", number, "see the list of bulletins")
    return found


def sign(store: Store, number: int, step: str, reader: Reader) -> dict[str, Any]:
    """审核, then 签发, each by another person than those who signed before; issuing tells the subscribers. Returns the head."""
    reader.require(*SIGNERS)
    b = _one(store, number, reader)
    done = [s["step"] for s in b["signatures"]]
    expected = STEPS[len(done)] if len(done) < len(STEPS) else ""
    if step != expected:
        raise StoreError("signatures come in order", f"{step}, expected {expected or 'none: it is issued'}", " → ".join(STEP_NAMES.values()))
    if not intact(b):
        raise StoreError("the text is not the one that was signed", number, "compose the draft again")
    if reader.user in {s["user"] for s in b["signatures"]}:
        raise NotPermitted("one person signs once", reader.user, "another person must sign this step")
    signed = [*b["signatures"], _signature(step, reader, b["content"])]
    store.risks.set_bulletin(number, state=AFTER[step], signatures=signed)
    store.audit.add(reader.user, f"bulletin.{step}", str(number), {"sha256": signed[-1]["sha256"]})
    fresh = {**b, "state": AFTER[step], "signatures": signed}
    if step == "issue":
        _tell(store, fresh)
    return _head(fresh)


def _tell(store: Store, b: Mapping[str, Any]) -> None:
    content = json.loads(b["content"])
    lead = next((x["text"] for x in content["blocks"] if x["type"] == "paragraph"), "")
    title = f"{products(store.home)['bulletin']['title']} {issue_words(b)}"
    store.outbox.tell("bulletin", str(b["n"]), title, lead[:200], link=f"/bulletins/{b['n']}", security=content["security"], field=b["field"], region=b["region"])


# ---- showing ---------------------------------------------------------------------------------------------------------


def report_of(store: Store, number: int, reader: Reader) -> Report:
    """A kept issue as a report; raises NotFound beyond the reader's reach and StoreError when it was changed after it was signed."""
    b = _one(store, number, reader)
    if not intact(b):
        raise StoreError("the text is not the one that was signed", number, "restore it from a backup")
    return _report(products(store.home), json.loads(b["content"]), issue_words(b), b["signatures"], b["state"])


def preview(store: Store, content: Mapping[str, Any]) -> Report:
    """A composed issue that is not kept: a draft without a number."""
    return _report(products(store.home), content, "草稿预览（未编号）", (), "draft")


def _report(rule: Mapping[str, Any], content: Mapping[str, Any], issue: str, signatures: Sequence[Mapping[str, Any]], state: str) -> Report:
    from risk.blocks import unpack

    own = rule["bulletin"]
    scope = "、".join(p for p in (content["field"], content["place"]) if p)
    end = content["end"].removeprefix(content["start"][:5])  # within a year the year is said once
    head = "　".join(p for p in (issue, f"{content['start']}至{end}", f"主办单位：{rule['organiser']}", scope) if p)
    signed = {s["step"]: f"{s['user']}（{seen_day(s['at'])}）" for s in signatures}
    close = "　".join(f"{STEP_NAMES[s]}：{signed.get(s, '　　　')}" for s in STEPS)
    tail: tuple[Block, ...] = (Heading("签署与报送"), Paragraph(close), Paragraph(f"报送范围：{own['addressees']}。本刊为{'、'.join(rule['marks'])}，只载摘要与链接，请勿外传。"))
    blocks: tuple[Block, ...] = (*(unpack(b) for b in content["blocks"]), *tail)
    marks = (*rule["marks"], f"数据安全{'一二三四'[content['security'] - 1]}级", STATES[state])
    return Report(own["title"], blocks, tuple(content["citations"]), subtitle=head, marks=marks, footer=rule["footer"], as_of=content["as_of"])


def period(end: str, days: int) -> str:
    """The first day of a period of so many days that ends on `end`."""
    from risk.constants import iso

    return iso(day(end) - days)
