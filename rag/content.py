"""主要内容: of each chapter (numbered part, or article where there are no headings) what it says first, in the text's own words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.statements import Statement, condense
from rag.work import KEPT, Work

_ASIDE = re.compile(r"附则|总则|^附件|联系方式|纪律|填报说明|计算|示例|样表|申请表|附：")
_FORMAL = re.compile(r"制定本|负责解释|起施行|有效期|起试行|同时废止|所称[^，。]{2,30}(?:是指|包括)|印发给你们|特此|^根据[^。]{4,200}(?:通知如下|如下)")
_TITLE = re.compile(r"^[^，；：]{2,26}[。]")
A_PART, ROOM = 3, 260
"""At most so many statements a part; characters of a list's items."""


def content(work: Work) -> int:
    """主要内容."""
    groups = _groups(work.parts)
    return sum(_part(work, name, found) for name, found in groups[:KEPT]) if groups else _plain(work)


def _groups(parts: Sequence[Statement]) -> list[tuple[str, list[Statement]]]:
    """Statements under each top heading of the body, in order; annexes, forms and closing chapters left out."""
    found: dict[str, list[Statement]] = {}
    for s in parts:
        top = s.heading.split(" ")[0]
        name = re.sub(r"\s", "", top)
        if s.kind == "table" or not name or _ASIDE.search(name) or _ASIDE.search(re.sub(r"\s", "", s.heading)):
            continue
        found.setdefault(name, []).append(s)
    return list(found.items())


def _part(work: Work, name: str, found: Sequence[Statement]) -> int:
    """One paragraph: the titles of its items when they have titles (（一）加强组织领导。…), else what its first statements say."""
    said = [(s, text) for s in found if (text := _gist(work, s))]
    titled = [(s, m.group()) for s in found if (m := _TITLE.match(condense(s.text(work.document)))) and len(condense(s.text(work.document))) > len(m.group()) + 6]
    chosen = titled[:8] if len(titled) >= max(2, len(found) // 2) else said[:A_PART]
    if not chosen:
        return 0
    marks = [work.out.mark(work.document, s.start, s.end, work.judged) for s, _ in chosen]
    words = "；".join(text.rstrip("。；") for _, text in chosen)
    altered = "、".join(dict.fromkeys(s.article for s, _ in chosen if s.article and work.altered(s.article)))
    note = f"（其中{altered}已修改，见“时效与后续修改”）" if altered else ""
    return int(work.out.say(f"{_bare(name)}：{words}。{note}", marks, derived=f"{name} {_bare(name)} {note}"))


def _bare(name: str) -> str:
    return re.sub(r"^第[一二三四五六七八九十百]+[章节编]", "", name)[:40]


def _gist(work: Work, s: Statement) -> str:
    """The first sentence of a statement; of a list its lead with the opening words of its items; nothing for formal statements."""
    text = condense(s.lead(work.document) if s.items else s.text(work.document))
    if not text or _FORMAL.search(text[:200]) or (text.endswith("：") and not s.items):
        return ""
    parts = re.split(r"(?<=。)" if re.match(r"[^。；]{4,60}：", text) else r"(?<=[。；])", text)
    first = parts[0] if len(parts[0]) > 12 or len(parts) == 1 else "".join(parts[:2])
    if first.rstrip().endswith("？"):
        return ""
    return f"{first}{_items(work, s)}"


def _items(work: Work, s: Statement) -> str:
    """The items of a list whole, as many as the room allows: a condition is never cut; how many are left is said."""
    said: list[str] = []
    for a, b in s.items:
        item = condense(work.document.text[a:b]).rstrip("；。")
        if said and sum(map(len, said)) + len(item) > ROOM:
            return "；".join(said) + f"……（共{len(s.items)}项）"
        said.append(item)
    return "；".join(said)


def _plain(work: Work) -> int:
    """Without headings: the gist of each article or paragraph that is not formal."""
    done = 0
    articled = any(s.article for s in work.parts)
    for s in work.parts:
        if done >= KEPT or s.kind == "table" or (articled and not s.article):
            continue
        text = _gist(work, s)
        if len(text) < 10 or re.search(r"[：:]$", text) or _TITLE.fullmatch(text):
            continue
        done += work.out.say(text if text.endswith(("。", "；")) else f"{text}。", (work.out.mark(work.document, s.start, s.end, work.judged),))
    return done
