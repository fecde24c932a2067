"""Metadata of a document with the provenance and confidence of each field.

Order: meta tag → label table → pattern in the title or text → position. A 文号 is {form, code, year, serial, raw}.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from corpus.excludes import excludes_of
from corpus.marks import is_signer
from corpus.numbers import Number, official_number, parse_number
from corpus.regions import Place, area_type_of, name_of, national_body, place_of, places_in, stem_of
from corpus.text import parse_date

__all__ = ["Metadata", "Number", "describe", "official_number", "parse_number"]

LABELS: dict[str, tuple[str, ...]] = {
    "index_number": ("索引号", "索取号", "信息索引号", "信息索引", "公开索引号"),
    "doc_number": ("发文字号", "发文文号", "文号", "文件编号", "公文文号", "文件文号", "文件字号", "文件号", "公文编号", "发布文号", "发文号"),
    "issuers": ("发文机关", "发文机构", "制发机关", "制文机关", "制定机关", "印发机关", "颁布机关", "发布机构", "发文单位", "发文部门", "发布机关", "公开主体", "责任部门", "所属机构", "公开责任部门", "发布单位", "发布部门", "制定单位", "来源", "信息来源"),
    "written_on": ("成文日期", "成文时间", "生成日期", "发文日期", "发文时间", "制发日期", "印发日期", "印发时间", "签发日期", "签署日期", "颁布日期"),
    "published_on": ("发布日期", "发布时间", "公开日期", "公开时间", "公布日期", "公布时间"),
    "topics": ("主题分类", "主题词", "所属主题", "分类", "信息分类", "主题"),
    "genre": ("体裁分类", "体裁", "文种", "公文种类", "公文类型"),
    "effective_on": ("施行日期", "施行时间", "实施日期", "实施时间", "生效日期", "生效时间"),
    "expires_on": ("失效日期", "失效时间", "废止日期", "废止时间", "有效期至", "有效期截止日期"),
    "marked_status": ("有效性", "时效性", "时效", "公文时效", "文件时效", "效力状态", "效力状况", "时效状态", "是否有效", "文件状态", "文件有效性", "效力", "文件效力"),
    "open": ("公开属性", "公开方式", "公开类别", "公开形式"),
    "title": ("标题", "名称", "文件名称", "信息名称", "公文名称", "文件标题", "公文标题", "信息标题"),
}
"""Field → labels of the metadata table that carry it."""

GENRES = ("命令", "决定", "公告", "通告", "通知", "通报", "批复", "复函", "意见", "函", "办法", "规定", "条例", "细则", "规则", "指南", "目录", "方案", "规划", "计划", "措施", "公示", "解读", "请示", "报告", "纪要", "议案", "决议", "解释", "法", "令")
_STATUS = {
    "有效": "in_force", "现行有效": "in_force", "全文有效": "in_force", "是": "in_force", "1": "in_force", "继续有效": "in_force", "已废止": "repealed", "废止": "repealed", "全文废止": "repealed",
    "失效": "expired", "已失效": "expired", "全文失效": "expired", "无效": "expired", "否": "expired", "已修改": "amended", "已被修改": "amended", "部分废止": "partly_ended", "部分失效": "partly_ended",
    "部分有效": "partly_ended", "部分条款废止": "partly_ended", "部分条款失效": "partly_ended", "尚未施行": "not_yet", "尚未生效": "not_yet",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Metadata:
    """Field values and, beside them, {"from", "confidence"} of each."""

    values: dict[str, Any] = field(default_factory=dict)
    provenance: dict[str, dict[str, Any]] = field(default_factory=dict)


def from_labels(fields: Mapping[str, str]) -> dict[str, str]:
    """Our field names from a label table (索引号：… and so on); spaces inside labels do not matter."""
    by_label = {re.sub(r"[\s\u3000：:]+", "", label): value.strip() for label, value in fields.items()}
    found = {}
    for name, labels in LABELS.items():
        for label in labels:
            if by_label.get(label):
                found[name] = by_label[label]
                break
    return found


def from_meta(meta: Mapping[str, str]) -> dict[str, str]:
    """Our field names from the meta tags of 《政府网站发展指引》 (any case, with or without the prefix `meta-`)."""
    tags = {k.lower().removeprefix("meta-"): v.strip() for k, v in meta.items() if v and v.strip()}
    names = {"articletitle": "title", "pubdate": "published_on", "contentsource": "issuers", "keywords": "topics"}
    return {field_name: tags[tag] for tag, field_name in names.items() if tag in tags}


def describe(title: str, text: str, *, hints: Mapping[str, Any], labels: Mapping[str, str], meta: Mapping[str, str], region_code: str = "", level: str | None = None) -> Metadata:
    """Everything that can be said of a document, each field from the first place that has it: declared by the source's
    adapter → meta tag → label table → pattern in title or text → position."""
    found = _Collected()
    for origin, values, confidence in (("declared", hints, 1.0), ("meta", from_meta(meta), 0.95), ("table", from_labels(labels), 0.98)):
        for name, raw in values.items():
            value = _typed(name, raw)
            if name == "issuers" and origin == "meta" and not all(is_full(i) for i in value):
                continue  # ContentSource may be a newspaper, a web site or a department
            found.take(name, value, origin, confidence)
    known = found.values
    default = Place(region_code, level, area_type_of("", region_code)) if region_code or level else None
    _numbers(found, title, text)
    _issuers(found, title, text, default)
    found.take("written_on", signed_on(text), "position", 0.8)
    found.take("genre", genre_of(title), "pattern", 0.9)
    _place(found, title, default)
    found.take("legal_rank", legal_rank(title, known.get("issuers", ()), known.get("doc_number", ""), known.get("level")), "pattern", 0.85)
    found.take("excludes", excludes_of(text, known.get("region_code", "")), "pattern", 0.9)
    found.take("delivery", delivery_of(f"{title}\n{text}"), "pattern", 0.8)
    return Metadata(found.values, found.provenance)


class _Collected:
    """Fields in the making: the first non-empty value of a field stays."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.provenance: dict[str, dict[str, Any]] = {}

    def take(self, name: str, value: Any, origin: str, confidence: float) -> None:
        if value and name not in self.values:
            self.put(name, value, origin, confidence)

    def put(self, name: str, value: Any, origin: str, confidence: float) -> None:
        self.values[name] = value
        self.provenance[name] = {"from": origin, "confidence": confidence}


def _typed(name: str, raw: Any) -> Any:
    if not isinstance(raw, str):
        return raw
    if name.endswith("_on"):
        return parse_date(raw)
    if name == "issuers":
        return split_issuers(raw)
    if name == "topics":
        return tuple(dict.fromkeys(t for t in re.split(r"[\\/;；,，、\s]+", raw) if t))
    if name == "doc_number":
        return "" if re.fullmatch(r"[\s\-—无]*", raw) or (re.search(r"[：:]", raw) and not parse_number(raw)) else official_number(raw)
    if name == "genre":
        return raw.strip() if raw.strip() in GENRES else ""
    if name == "marked_status":
        return _STATUS.get(raw.strip(), "")
    return raw.strip()


def _numbers(found: _Collected, title: str, text: str) -> None:
    """文号 below the title, or of a decree; the parsed record goes beside the official form."""
    found.take("doc_number", head_number(title, text), "position", 0.9)
    if number := parse_number(found.values.get("doc_number", "")):
        found.provenance["doc_number"]["number"] = {"form": number.form, "code": number.code, "year": number.year, "serial": number.serial, "raw": number.raw}


_NUMBER_LINE = re.compile(r"^[\s（(]*((?:[\u4e00-\u9fff（）()A-Za-z、\s]{1,40}?)(?:[〔\[（(【﹝［]\s*\d{4}\s*[〕\]）)】﹞］]\s*第?\s*\d+\s*号|(?:令|公告)\s*(?:\d{4}\s*年\s*)?[（(]?第\s*[\d零〇一二三四五六七八九十百]+\s*号))[\s）)]*$")
_DECREE_LINES = re.compile(r"^[ \u3000]*([\u4e00-\u9fff、 \u3000]{2,40}(?:令|公告))\s*\n\s*(?:[（(]?\s*((?:\d{4}\s*年\s*)?第\s*[\d零〇一二三四五六七八九十百]+\s*号)\s*[）)]?)\s*$", re.MULTILINE)
_RUN_ON_NUMBER = re.compile(r"(?<=[\s通知告函复法定见案施则划令])([\u4e00-\u9fff]{2,12}〔\d{4}〕\s*\d+\s*号)(?=[\s各省市区县])")


def head_number(title: str, text: str) -> str:
    """The 文号 that stands on a line of its own near the top of a text (or behind the title of a run-on text), or empty."""
    if match := _DECREE_LINES.search(text[:300]):
        return official_number(f"{match[1]}{match[2]}")
    for line in map(_unspaced, text[:700].split("\n")[:14]):
        if len(line) <= 60 and (match := _NUMBER_LINE.match(line)):
            return official_number(match[1])
    if (match := _RUN_ON_NUMBER.search(text[:260])) and "（" not in text[max(0, match.start() - 1) : match.start()]:
        return official_number(match[1])
    if match := re.search(r"[（(]([^（）()]{1,20}〔\d{4}〕\s*\d+\s*号)[）)]\s*$", title):
        return official_number(match[1])
    return ""


def _unspaced(line: str) -> str:
    """A line whose characters stand apart (闽 海 科 规 〔2019〕 3 号) without the blanks."""
    head = re.split(r"[〔\[（(【﹝［]", line, maxsplit=1)[0].split()
    return re.sub(r"\s+", "", line) if len(head) > 1 and all(len(word) == 1 for word in head) else line


def _issuers(found: _Collected, title: str, text: str, default: Place | None) -> None:
    """Issuers: what was declared by full name; a short name (市政府, 高技术司) yields to the full names of title or signature,
    else it is made specific by the place of the source."""
    declared = found.values.get("issuers", ())
    if declared and any(is_full(i) for i in declared):
        return
    named, signed = issuers_of(title), signers_of(text)
    for names, origin, confidence in ((named, "pattern", 0.9), (signed, "position", 0.75)):
        if names and (not declared or any(is_full(n) for n in names)):
            found.put("issuers", names, origin, confidence)
            return
    if declared and default and default.code not in ("", "000000") and all(_generic(i) for i in declared):
        found.put("issuers", tuple(_specific(i, name_of(default.code)) for i in declared), "source", 0.8)


def is_full(name: str) -> bool:
    """Whether a body's name says whose body it is: a national body, or one with a place in its name."""
    plain = name.removeprefix("中华人民共和国")
    return plain.endswith(_BODIES) and (bool(national_body(plain)) or any(n.start <= 8 for n in places_in(plain))) and not plain.endswith(("司", "网"))


def _generic(name: str) -> bool:
    """市政府办公厅: a body whose place only the site knows."""
    return bool(re.match(r"^(?:省|市|县|区|自治区)(?:人民)?(?:政府|府办)|^(?:省|市|县|区|自治区)?[^省市县区]{0,8}(?:厅|局|委|办)$", name)) and not places_in(name) and not national_body(name)


def _specific(name: str, place: str) -> str:
    expanded = re.sub(r"政府", "人民政府", name) if "人民政府" not in name else name
    return place + re.sub(r"^(?:省|市|县|区|自治区)", "", expanded)


_ZONES = ("高新区", "开发区", "自贸片区", "综合实验区")


def _place(found: _Collected, title: str, default: Place | None) -> None:
    """Level, region and area type: of the issuers, else of the source, else of the place that the title begins with."""
    place, origin, confidence = Place("", None, ""), "pattern", 0.95
    for issuer in found.values.get("issuers", ()):
        place = place_of(issuer, default)
        if place.code or place.level:
            break
    if place.level == "county" and default and default.code != place.code and default.code.startswith(stem_of(place.code)) and place.code and place.area_type not in _ZONES:
        place = Place(default.code, "county", place.area_type, place.name)
    if not place.code and default:
        place, origin, confidence = Place(default.code, default.level or place.level, place.area_type or default.area_type), "source", 0.9
    if not place.code:
        place, origin, confidence = titled_place(title), "pattern", 0.7
    found.take("region_code", place.code, origin, confidence)
    found.take("level", place.level, origin, confidence)
    found.take("area_type", place.area_type, origin, confidence)


def titled_place(title: str) -> Place:
    """The place that the issuer part of a title names, or that a title without an issuer begins with (福建省…条例)."""
    for issuer in issuers_of(title):
        if (place := place_of(issuer)).code:
            return place
    plain = re.sub(r"[\s《]", "", title)
    if national_body(plain):
        return place_of("国务院")
    first = next(iter(places_in(plain[:12])), None)
    if first is None or first.start > 0:
        return Place("", None, "")
    place = place_of(plain[: first.end])
    return place


_BODIES = ("府", "厅", "局", "委", "部", "会", "院", "办", "室", "中心", "署", "行", "组", "区", "社", "处", "总队", "军委", "中央", "省委", "市委", "队", "关")
_ACTION = re.compile(r"(?:关于|印发|转发|批转|颁布|公布|发布|公告|通告|贯彻|复函|批复|决定|对|令(?:$|[（(第]))")


def split_issuers(s: str) -> tuple[str, ...]:
    """The bodies of a joint issue, also where nothing stands between them (福建省人民政府广东省人民政府)."""
    parts: list[str] = []
    s = re.sub(r"[\u200b-\u200f\ufeff]", "", s)
    for part in re.split(r"[\s\u3000、,，;；|]+(?![^（(]*[）)])", s.strip()):
        parts.extend(_unjoined(part))
    return tuple(dict.fromkeys(p for p in parts if p))


def _unjoined(part: str) -> list[str]:
    """One word of bodies cut where another begins: a place or a national body right behind a body's end."""
    starts = [n.start for n in places_in(part) if not n.short and part[: n.start].endswith(_BODIES)]
    starts += [m.start() for m in re.finditer(r"国务院|中央军委|中共中央", part) if m.start() and part[: m.start()].endswith((*_BODIES, "中央"))]
    starts = [at for at in starts if not national_body(part[:at]) or part[:at] == national_body(part[:at])]
    starts = [at for at in starts if not re.match(r"国家税务总局|中国人民银行|中国银行", part[:at])]
    cuts = [0, *sorted(set(starts)), len(part)]
    return [part[a:b] for a, b in pairwise(cuts)]


def issuers_of(title: str) -> tuple[str, ...]:
    """Issuing bodies that a title begins with (…关于…, …印发…); empty when it begins with none."""
    compact = title.strip()
    match = _ACTION.search(compact)
    if not match or match.start() < 2:
        return ()
    head = re.sub(r"等(?:[一二三四五六七八九十\d]+(?:个)?(?:部门|单位))?\s*$", "", compact[: match.start()].replace("\n", " ")).strip("《》 \u3000")
    if re.search(r"[《》。：]", head) or len(head) > 120:
        return ()
    parts = split_issuers(head)
    return tuple(p for p in parts if p.endswith(_BODIES) and len(p) >= 3) if parts and parts[-1].endswith(_BODIES) else ()


_SIGNED = re.compile(r"^[ \u3000]*(?:[\u4e00-\u9fff \u3000]{0,60}[ \u3000])?((?:\d{4}|[二〇○ＯO零一九八七六五四三]{4})[ \u3000]*年[ \u3000]*[\d一二三四五六七八九十]{1,3}[ \u3000]*月[ \u3000]*[\d一二三四五六七八九十]{1,3}[ \u3000]*日)[ \u3000]*$", re.MULTILINE)


def signed_on(text: str) -> str:
    """The date below the first signature of a text (or, for what has none, its first date on a line of its own)."""
    for match in _SIGNED.finditer(text):
        before = text[: match.start()].rstrip().rsplit("\n", 1)[-1]
        if match.start() > 80 and (is_signer(before) or before.endswith(("。", "！", "）"))):
            return parse_date(match[1].replace("Ｏ", "〇").replace("O", "〇"))
    first = _SIGNED.search(text)
    return parse_date(first[1].replace("Ｏ", "〇").replace("O", "〇")) if first else ""


def signers_of(text: str) -> tuple[str, ...]:
    """The bodies above the first signature date."""
    for match in _SIGNED.finditer(text):
        names = []
        for line in reversed(text[: match.start()].rstrip().split("\n")[-8:]):
            if not is_signer(line):
                break
            names.append(re.sub(r"[\s\u3000]", "", line) if all(len(w) == 1 for w in line.split()) else line.strip())
        if names and match.start() > 60:
            return tuple(p for name in reversed(names) for p in split_issuers(name))
    return ()


def genre_of(title: str) -> str:
    """体裁 by the end of the title (without a bracketed remark); 通知 for 印发…的通知."""
    t = re.sub(r"[（(][^（）()]*[）)]\s*$", "", title.strip())
    return next((g for g in sorted(GENRES, key=len, reverse=True) if t.endswith(g)), "")


_RULES = ("办法", "指引", "规程", "规定", "细则", "规则", "措施", "意见", "规范", "实施方案", "目录", "管理制度", "裁量", "若干政策", "政策")


_PARTY_NUMBER = re.compile(r"中办|厅字|(?![\u4e00-\u9fff]?[农教经建科卫商计体资信住])[\u4e00-\u9fff]{1,2}委(?:办|厅)?(?:发|字)?〔")


def legal_rank(title: str, issuers: tuple[str, ...] | list[str], number: str, level: str | None) -> str:
    """效力位阶 from title, issuers and 文号 (not the same as 体裁)."""
    body = " ".join(issuers)
    if number.startswith(("法释", "高检发释")) or (re.search(r"最高人民(?:法|检察)院", body) and re.search(r"解释(?:[（(].{1,8}[）)])?$|(?:的规定|的批复)$", title.strip())):
        return "司法解释"
    t = re.sub(r"[（(][^（）()]*[）)]\s*$", "", title.strip())
    if re.search(r"中共|省委|市委|县委|区委|党组", body) or _PARTY_NUMBER.match(number):
        return "党政联合文件"
    if re.search(r"人民代表大会|人大常委会", body) or (t.endswith("法") and level == "national" and not t.endswith(("办法", "看法", "做法"))):
        return "法律" if level == "national" else "地方性法规"
    if t.endswith("条例") and level in ("province", "city"):
        return "地方性法规"
    if "国务院令" in number or (t.endswith("条例") and level == "national"):
        return "行政法规"
    if re.search(r"令(?:\d{4}年)?第\d+号$", number):
        return "部门规章" if level == "national" else "地方政府规章"
    if re.search(r"^财税〔|规字?(?:〔|\d)|规发|法规|公告", number) or genre_of(t) in ("办法", "规定", "细则", "规则"):
        return "规范性文件"
    if re.search(r"(?:印发|公布|发布).*(?:" + "|".join(_RULES) + ")", t) or (genre_of(t) in ("意见", "措施") and level):
        return "规范性文件"
    return "一般公文"


DELIVERIES = ("免申即享", "即申即享", "揭榜挂帅", "创新券", "后补助", "自行判别")


def delivery_of(text: str) -> tuple[str, ...]:
    """兑现方式 that the text names; 申报评审 when it asks for an application and a review."""
    found = [d for d in DELIVERIES if d in text]
    if re.search(r"自行判别[、，]?\s*申报享受|自行判别", text):
        found = [d if d != "自行判别" else "自行判别申报享受" for d in found]
    if "申报" in text and re.search(r"评审|评议", text):
        found.append("申报评审")
    return tuple(found)
