"""The history at the head of a law: who passed or published it and when; the date of a version from its own lines."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from corpus.metadata import parse_number
from corpus.readers.base import clean
from corpus.text import parse_date

_LINE = re.compile(r"^[（(]?\s*(?:根据)?\s*(\d{4}年\d{1,2}月\d{1,2}日)\s*(.*)$")
_STEP = re.compile(r"(\d{4}年\d{1,2}月\d{1,2}日)([^；;]*?)(?=(?:[，,、；;\s]|根据)*\d{4}年\d{1,2}月\d{1,2}日|[；;]|$)")
_START = re.compile(r"^(?:起)?(?:施行|实施|执行|生效)")


def clean_law(text: str, name: str) -> tuple[str, list[tuple[str, str]], str]:
    """Title, history [(date, words)] and text of a Markdown law; marks of Markdown are dropped, its words stay."""
    head, _, body = text.partition("<!-- INFO END -->")
    lines = [line.strip() for line in head.split("\n") if line.strip()]
    title = re.sub(r"\s+", "", lines[0].lstrip("#")) if lines else name
    history: list[tuple[str, str]] = []
    for line in lines[1:]:
        if _LINE.match(line):
            history.extend((parse_date(step[1]), step[2].strip(" ，,、）)")) for step in _STEP.finditer(line))
    body = re.sub(r"<!--.*?-->", "", body)
    body = re.sub(r"(?m)^#+\s*", "", body)
    body = re.sub(r"(?m)^>\s?", "", body)
    body = re.sub(r"\*\*(.+?)\*\*", r"\1", body)
    return title, history, clean("\n".join([title, *lines[1:], "", body]))


_ISSUERS = (
    (re.compile(r"全国人民代表大会常务委员会|全国人大常委会"), "全国人民代表大会常务委员会"),
    (re.compile(r"全国人民代表大会"), "全国人民代表大会"),
    (re.compile(r"(北京|上海|天津|重庆)市?(?:第[^届]{1,4}届)?人民代表大会常务委员会"), "{0}市人民代表大会常务委员会"),
    (re.compile(r"(北京|上海|天津|重庆)市?(?:第[^届]{1,4}届)?人民代表大会"), "{0}市人民代表大会"),
    (re.compile(r"国务院"), "国务院"),
    (re.compile(r"中央军事委员会|中央军委"), "中央军事委员会"),
    (re.compile(r"最高人民法院"), "最高人民法院"),
    (re.compile(r"最高人民检察院"), "最高人民检察院"),
)
_BODY = re.compile(r"^((?:国家|中国|中华人民共和国)?[\u4e00-\u9fff]{2,24}?(?:部|委员会|总局|局|署|银行|办公室|会))(?:令|公告|公布|发布|第)")
_CONGRESS = re.compile(r"第[^届]{1,5}届全国人民代表大会(常务委员会)?")


def issuers_of(history: Sequence[tuple[str, str]], path: str) -> tuple[str, ...]:
    """The bodies that passed or published a law, from the lines of its history, oldest first."""
    for _, words in history:
        if match := _CONGRESS.search(words):
            return ("全国人民代表大会常务委员会" if match[1] else "全国人民代表大会",)
        found: list[str] = []
        for pattern, name in _ISSUERS:
            if match := pattern.search(words.split("《")[0]):
                named = name.format(*match.groups())
                if not any(named in f or f in named for f in found):
                    found.append(named)
        if not found and (match := _BODY.match(words)):
            found = [match[1]]
        if found:
            return tuple(found)
    return ()


_RANKS = {
    "宪法": "宪法", "宪法相关法": "法律", "民法典": "法律", "民法商法": "法律", "行政法": "法律", "经济法": "法律", "社会法": "法律", "刑法": "法律", "诉讼与非诉讼程序法": "法律",
    "行政法规": "行政法规", "司法解释": "司法解释", "部门规章": "部门规章",
}  # fmt: skip
_REGIONS = {"北京": "110000", "上海": "310000", "重庆": "500000", "天津": "120000"}


def version_of(declared: str, acts: Sequence[str]) -> tuple[str, list[str]]:
    """The date of a version and the doubts: the declared one, unless the text's own history says another.

    A declared date up to 60 days behind the last act is its publication; a later act than declared, or one much earlier, is a doubt.
    """
    last = max(acts, default="")
    if not declared or not last:
        return declared or last, [] if declared or last else ["no date: neither declared nor in the text"]
    if last > declared:
        return (last, [f"declared {declared}, but the text was last changed on {last}"])
    if (date.fromisoformat(declared) - date.fromisoformat(last)).days > 60:
        return declared, [f"declared {declared}, but the last act that the text names is of {last}"]
    return declared, []


_CLOSING = re.compile(r"(?:本\w{1,12}|)(?:自|从)((?:\d{4}|[一二〇○零九八七六五四三]{4})年[\d一二三四五六七八九十]{1,3}月[\d一二三四五六七八九十]{1,3}日)起(?:施行|实施|执行|生效)")


def _years(a: str, b: str) -> float:
    return abs((date.fromisoformat(b) - date.fromisoformat(a)).days) / 365.25


def effect_of(written: str, starts: Sequence[str], text: str, known: Mapping[str, str], *, amended: bool) -> tuple[str, list[str]]:
    """The day from which this version holds, and the doubts: what the text says if it is not of an older version, else what
    its history says, else what was declared where that can be true."""
    stated = [parse_date(m[1]) for m in _CLOSING.finditer(text[-1500:])]
    clause = stated[-1] if stated else ""
    declared, doubts = known.get("valid_from", ""), []
    if known and not declared:
        doubts.append("declared start is missing")
    if declared and written and declared < written:
        doubts.append(f"declared start {declared} is before the version of {written}")
        declared = ""
    if clause and (not written or clause >= written or (not amended and _years(clause, written) < 2)):
        if declared and declared != clause:
            doubts.append(f"declared start {declared}, the text says {clause}")
        return clause, doubts
    later = [on for on in starts if on >= written]
    if declared and written and declared not in starts and (date.fromisoformat(declared) - date.fromisoformat(written)).days > 730:
        doubts.append(f"declared start {declared} is more than two years after {written}")
        declared = ""
    return (later[0] if later else declared), doubts


def history_of(title: str, history: Sequence[tuple[str, str]], path: str, version_date: str, known: Mapping[str, str], text: str = "") -> tuple[dict[str, Any], dict[str, Any]]:
    """Metadata fields of a law and, in extra, its history and the doubts about the dates that came with it."""
    folder = path.split("/")[0]
    city = next((c for c in _REGIONS if f"{c}地方法规" in path), "")
    acts = [on for on, words in history if on and not _START.match(words)]
    starts = [on for on, words in history if on and _START.match(words)]
    written, doubts = version_of(version_date, acts)
    fields: dict[str, Any] = {
        "written_on": written,
        "issuers": issuers_of(history, path),
        "level": "province" if city else "national",
        "region_code": _REGIONS[city] if city else "000000",
        "legal_rank": "地方性法规" if city else _RANKS.get(folder, ""),
        "doc_number": _number(history),
        "topics": () if city else (folder,),
    }
    effective, more = effect_of(written, starts, text, known, amended=len(set(acts)) > 1)
    fields["effective_on"] = effective
    doubts += more
    extra: dict[str, Any] = {"history": [[on, words] for on, words in history]}
    extra["part" if folder == "民法典" else "versioned"] = path.split("/")[-1].removesuffix(".md") if folder == "民法典" else True
    if doubts:
        extra["date_doubts"] = doubts
    if known:
        extra["declared"] = dict(known)
    return {k: v for k, v in fields.items() if v}, extra


def _number(history: Sequence[tuple[str, str]]) -> str:
    for _, words in history:
        if re.search(r"令第|公告.{0,12}第", words) and (number := parse_number(words)):
            return str(number)
    return ""
