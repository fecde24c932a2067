"""Notices of an answer: validity and date, texts that ended, figures set elsewhere, level and place, what the corpus lacks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from corpus.models import Status
from corpus.validity import today as _today
from rag import meaning
from rag.rates import touched
from rag.records import ANSWERED, PARTIAL, Context
from rag.source import named
from rag.tools import Tools


def today() -> str:
    """The calendar date in Asia/Shanghai."""
    return _today()


def add(tools: Tools, c: Context) -> Context:
    """The context with its notices; an answer that rests on replaced figures becomes partial."""
    if not c.sentences:
        return c
    rates = [] if c.composer in ("standing", "deadlines") else list(_rates(tools, c))
    found = list(dict.fromkeys([*_told(c), *c.notices, *rates, *_undefined(c), *_ended(c), *_date(c), *_presumed(c), *_kind(c)]))
    partial = c.status == ANSWERED and bool(rates or c.named.told)
    return replace(c, notices=tuple(found), status=PARTIAL if partial else c.status)


def _told(c: Context) -> Iterator[str]:
    """That a named document is not held and the answer rests on what others tell of it."""
    if c.named.told:
        yield f"本库未收录{'、'.join(w if w.startswith('《') else f'《{w}》' for w in c.named.lost)}原文，以上为其他文件对它的说明。"


def _rates(tools: Tools, c: Context) -> Iterator[str]:
    """The notice of each figure whose announcements the corpus lacks."""
    return (f.notice for f in touched(tools, c) if f.notice)


def _undefined(c: Context) -> Iterator[str]:
    """That what is given only speaks of the thing whose meaning was asked for."""
    thing = meaning.thing(c.rewritten)
    if thing and c.composer == "extractive" and not any(meaning.defines(thing, x.quote) >= meaning.KIN for x in c.citations):
        yield f"已收录的文件没有给“{thing}”下定义，以上是写到它的规定。"


def _ended(c: Context) -> Iterator[str]:
    """Near evidence that no longer (or not yet) holds: named, with why; it was not used."""
    words = {Status.repealed: "已废止", Status.expired: "已失效", Status.amended: "已有新版本", Status.draft: "是征求意见稿，未生效", Status.not_yet: "尚未施行"}
    seen: set[str] = set()
    for e in c.ended[:6]:
        if e.score >= 0.75 and e.document.id not in seen and e.validity.status in words:
            seen.add(e.document.id)
            basis = _because(e.validity.basis, words[Status(e.validity.status)])
            yield f"{named(e.document)}{_version(e)}{words[Status(e.validity.status)]}{basis}，未作依据。"


def _because(basis: str, said: str) -> str:
    """Why, in words that add something: no row of a table, no bare list item, nothing that only repeats what is said."""
    plain = re.sub(r"^[\d一二三四五六七八九十]+[.．、]\s*", "", basis).strip("；;。 ")
    if not plain or len(plain) > 80 or "|" in plain or plain.startswith("《") or plain[:5] in said or said[:5] in plain:
        return ""
    return f"：{plain}"


def _version(e: Any) -> str:
    on = e.document.written_on or e.document.published_on
    return f"（{on}）" if on and e.validity.status == Status.amended else ""


def _date(c: Context) -> Iterator[str]:
    if c.as_of != today():
        yield f"以上按{c.as_of}时的规定作答。"


def _presumed(c: Context) -> Iterator[str]:
    presumed = [x for x in c.citations if x.validity.status == Status.presumed_in_force]
    if presumed:
        yield f"所引文件未见失效记录（截至{c.as_of}，待核）。"


def _kind(c: Context) -> Iterator[str]:
    """The marks that documents carry (演示数据，非真实文件; 摘编，以原文为准)."""
    marks = {"fictional": "演示数据，非真实文件", "digest": "摘编，以原文为准"}
    for mark in dict.fromkeys(marks.get(x.notice, x.notice) for x in c.citations if x.notice):
        yield f"{'所引国家文件为' if mark.startswith('摘编') else '所引地方文件为' if mark.startswith('演示') else ''}{mark}。"
