"""One function a layout: a row becomes a draft, a sighting of a hot title, a reference, or nothing."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from corpus.drafts import Draft
from corpus.layouts import Adapter, Context, Layout, Made, Reference, Row, Sighting
from corpus.metadata import official_number
from corpus.models import sha256_hex
from corpus.promulgation import clean_law, history_of
from corpus.readers.base import clean
from corpus.text import parse_date

SHANGHAI = ZoneInfo("Asia/Shanghai")


def instant(s: str, *, fallback: str = "") -> str:
    """When the world could have known, as a UTC instant: a stamp to the minute as it is, a date or month at its end."""
    if match := re.match(r"\s*(\d{4})[-/年.](\d{1,2})[-/月.](\d{1,2})日?[T\s]+(\d{1,2}):(\d{2})(?::(\d{2}))?", s or ""):
        y, m, d, hour, minute, second = (int(g or 0) for g in match.groups())
        return datetime(y, m, d, hour, minute, second, tzinfo=SHANGHAI).astimezone(UTC).isoformat(timespec="seconds")
    date = parse_date(s or "")
    if not date:
        return fallback
    return end_of(date)


def end_of(date: str) -> str:
    """The last second of a day, month or year in Asia/Shanghai as a UTC instant."""
    y, m, d = (int(p) for p in [*date.split("-"), "0", "0"][:3])
    if d:
        after = datetime(y, m, d, tzinfo=SHANGHAI) + timedelta(days=1)
    elif m:
        after = datetime(y + m // 12, m % 12 + 1, 1, tzinfo=SHANGHAI)
    else:
        after = datetime(y + 1, 1, 1, tzinfo=SHANGHAI)
    return (after - timedelta(seconds=1)).astimezone(UTC).isoformat(timespec="seconds")


def _text(row: Row, name: str) -> str:
    value = row.get(name)
    return "" if value is None or value in ("nan", "None", "null") else str(value).strip()


def _draft(layout: Layout, context: Context, key: str, **values: Any) -> Draft:
    assert layout.source is not None
    source = layout.source
    seen = values.pop("seen", "") or context.now
    snapshot = "" if layout.kind == "opinion" else context.snapshot
    return Draft(
        key=f"{source.id}:{key}", source_id=source.id, url=values.pop("url", "") or f"file:{context.name}#{key}", kind=values.pop("kind", layout.kind), first_seen_at=seen,
        snapshot_sha256=snapshot, official=source.official, security=source.security, external_id=values.pop("external_id", key), **values,
    )  # fmt: skip


def law(row: Row, layout: Layout, context: Context) -> Made:
    """A law of LawRefBook: Markdown whose head lists its history. The dates beside it are hints, checked against the text."""
    path, name = _text(row, "path"), _text(row, "name")
    title, history, body = clean_law(_text(row, "text"), name)
    known = context.beside.get((name, _text(row, "version_date"))) or {}
    fields, extra = history_of(title, history, path, _text(row, "version_date"), known, body)
    return _draft(layout, context, path, title=title, text=body, fields=fields, extra={"name": name, "category": _text(row, "category"), **extra})


def policy_page(row: Row, layout: Layout, context: Context) -> Made:
    """A page of a government site with its metadata columns."""
    url, text = _text(row, "url"), broken_lines(undoubled(clean(_text(row, "text"))))
    fields: dict[str, Any] = {ours: _text(row, theirs) for ours, theirs in layout.fields.items() if ours != "title"}
    for name in ("written_on", "published_on"):
        fields[name] = _date(fields[name])
    fields = {k: v for k, v in fields.items() if v}
    seen = end_of(fields["published_on"]) if len(fields.get("published_on", "")) == 10 else ""
    return _draft(layout, context, url, url=url, title=re.sub(r"\s+", "", _text(row, "title")), text=text, fields=fields, seen=seen) if text else None


def _date(s: str) -> str:
    """An ISO prefix of a date or of milliseconds since 1970."""
    if re.fullmatch(r"\d{12,13}", s):
        return datetime.fromtimestamp(int(s) / 1000, SHANGHAI).date().isoformat()
    return parse_date(s)


def reference(row: Row, layout: Layout, context: Context) -> Made:
    """A title of a list: known, but without a text."""
    title = re.sub(r"\s+", "", _text(row, "title"))
    return Reference(title, official_number(_text(row, "doc_no")), _text(row, "url"), parse_date(_text(row, "issued")), parse_date(_text(row, "published")), _text(row, "gov"))


def report(row: Row, layout: Layout, context: Context) -> Made:
    """A government work report or a report to a party congress."""
    title, text = _text(row, "title"), clean(_text(row, "content"))
    year = _text(row, "year")
    fields: dict[str, Any] = {"genre": "报告", "level": "national", "region_code": "000000", "legal_rank": "一般公文"}
    if re.fullmatch(r"\d{4}", year):
        fields["published_on"] = year
    return _draft(layout, context, _text(row, "url"), url=_text(row, "url"), title=title, text=text, fields=fields) if text else None


_SENTENCE = re.compile(r"^.{4,80}?(?:通知|意见|措施|办法|公告|通告|政策|规定|方案|细则|指南|函|决定|公开信|指引|清单|计划|条|解读|令)(?=[\s　:：（(])")


def run_on(row: Row, layout: Layout, context: Context) -> Made:
    """A policy text on one line: its title is its beginning, line breaks are restored before 一、（一）1. and 第一条."""
    text = clean(_text(row, "text"))
    key = _text(row, layout.external_id or "docid")
    match = _SENTENCE.match(text)
    title = match[0] if match else re.split(r"[\s。，：:]", text, maxsplit=1)[0][:60]
    body = f"{title.strip()}\n{text[len(title) :].strip()}" if text.startswith(title) else text
    return _draft(layout, context, key, title=title.strip(), text=broken_lines(body)) if text else None


_BREAK = re.compile(
    r"(?<=[。；：:！!）)”》\s\u3000])[\s\u3000]*(?=(?:[一二三四五六七八九十]{1,3}、|（[一二三四五六七八九十]{1,3}）|第[一二三四五六七八九十百]{1,5}[条章]\s|\d{1,2}[.．](?!\d)|附件\s*\d{0,2}\s*[：:]))"
)


def broken_lines(text: str) -> str:
    """A text without line breaks gets them where a numbered part begins; a text that has its own stays."""
    if text.count("\n") * 400 > len(text):
        return text
    text = re.sub(r"[ \u3000]{3,}|(?<=[。；：！？])[ \u3000]+", "\n", text)
    return clean(_BREAK.sub("\n", text))


def undoubled(text: str) -> str:
    """A text that stands twice behind itself (a page's short and full form) once."""
    head = text[:60]
    again = text.find(head, len(head))
    if len(head) == 60 and again > 0:
        first, second = (re.sub(r"\s", "", part) for part in (text[:again], text[again:]))
        if second.startswith(first[: int(len(first) * 0.9)]):
            return text[again:].strip()
    return text


def hot_daily(row: Row, layout: Layout, context: Context) -> Made:
    """A title of a day's hot list; known by the end of that day."""
    return _sighting(layout, context, _text(row, "t"), end_of(_text(row, "d")), _text(row, "d"))


def hot_hourly(row: Row, layout: Layout, context: Context) -> Made:
    """A title of an hour's hot list with rank and heat; advertisements are left out."""
    if _text(row, "ads") == "True" or not _text(row, "hour").isdigit():
        return None
    date, hour = _text(row, "date"), int(_text(row, "hour"))
    at = datetime.fromisoformat(f"{date}T{hour:02d}:00:00").replace(tzinfo=SHANGHAI).astimezone(UTC).isoformat(timespec="seconds")
    category = re.sub(r"\s+", "", _text(row, "category"))
    return _sighting(layout, context, _text(row, "title"), at, date, rank=_number(row, "rank"), heat=_number(row, "hot"), category="" if category == "暂无" else category)


def _sighting(layout: Layout, context: Context, title: str, at: str, date: str, rank: float | None = None, heat: float | None = None, category: str = "") -> Made:
    title = clean(title).replace("\n", " ")
    if not title:
        return None
    extra = {"platform": layout.platform, "form": "hot_title", **({"category": category} if category else {})}
    draft = _draft(layout, context, sha256_hex(title.encode())[:20], title=title, text=title, fields={"published_on": date}, seen=at, extra=extra)
    return Sighting(draft, at, layout.platform, None if rank is None else int(rank), heat)


def _number(row: Row, name: str) -> float | None:
    try:
        return float(_text(row, name))
    except ValueError:
        return None


def petition(row: Row, layout: Layout, context: Context) -> Made:
    """A message to government with votes and the official reply, if any."""
    key, at, detail = _text(row, "留言编号"), _text(row, "留言时间"), clean(_text(row, "留言详情"))
    reply = clean(_text(row, "答复意见"))
    extra: dict[str, Any] = {"platform": "网络问政", "likes": _number(row, "点赞数"), "dislikes": _number(row, "反对数"), "category": _text(row, "一级分类")}
    if reply:
        extra |= {"reply": reply, "replied_at": instant(_text(row, "答复时间"))}
    extra = {k: v for k, v in extra.items() if v not in (None, "")}
    return _draft(layout, context, key, title=_text(row, "留言主题"), text=detail, fields={"published_on": parse_date(at)}, seen=instant(at), extra=extra) if detail else None


def post(row: Row, layout: Layout, context: Context) -> Made:
    """A post with its emotion label; it has no date."""
    text = clean(_text(row, "content"))
    key = f"{context.name.split('.')[0]}#{_text(row, 'id')}"
    return _draft(layout, context, key, title=_first(text), text=text, extra={"platform": "weibo", "label": _text(row, "label")}) if text else None


def _first(text: str, size: int = 40) -> str:
    return re.split(r"[。！？!?\n]", text, maxsplit=1)[0][:size]


def news(row: Row, layout: Layout, context: Context) -> Made:
    """A news text with a minute stamp; its title is its first sentence."""
    text, date = clean(_text(row, "text")), _text(row, "date")
    found = parse_date(date)
    seen = instant(date) or (end_of(found) if found else "")
    key = sha256_hex(text.encode())[:20]
    return _draft(layout, context, key, title=_headline(text), text=text, fields={"published_on": found} if found else {}, seen=seen, extra={"dataset": context.name.split(".")[0]}) if text else None


def _headline(text: str) -> str:
    body = re.sub(r"^[^，。]{0,40}?(?:\d+月\d+日)?[电讯](?:[（(][^（）()]*[）)])?\s*", "", text)
    return _first(body or text, 60).strip()


def feed(row: Row, layout: Layout, context: Context) -> Made:
    """A headline of a technology site: its date is in its address, where it is known at all."""
    title, url = re.sub(r"\s*[|｜_-]\s*[^|｜_-]{2,10}$", "", clean(_text(row, "title")).replace("\n", " ")), _text(row, "url")
    match = re.search(r"/(20\d{2})[-/]?(\d{2})[-/]?(\d{2})(?:[/_-]|$|\D)", url)
    date = parse_date("-".join(match.groups())) if match else ""
    fields = {"published_on": date} if len(date) == 10 else {}
    key = sha256_hex(f"{url}|{title}".encode())[:20]
    seen = end_of(date) if fields else instant(_text(row, "fetched"))
    extra = _known({"form": "headline", "author": _text(row, "author")})
    return _draft(layout, context, key, external_id=url or key, url=url, title=title, text=title, fields=fields, seen=seen, extra=extra) if title else None


def paper(row: Row, layout: Layout, context: Context) -> Made:
    """A preprint with abstract, keywords and month."""
    keywords = row.get("keywords") or []
    date = parse_date(_text(row, "date"))
    words = [w for k in keywords for w in re.split(r"[;；,，、\s]+", str(k)) if w and not re.fullmatch(r"[A-Z]{1,2}\d[\d.\-/]*", w)]
    text = clean(_text(row, "abstract"))
    return _draft(layout, context, _text(row, "id"), title=_text(row, "title"), text=text, fields={"published_on": date, "topics": tuple(dict.fromkeys(words))}, seen=instant(date), extra={"keywords": words}) if text else None


def csl(row: Row, layout: Layout, context: Context) -> Made:
    """An abstract with its title; keywords and discipline come from the files beside it."""
    text, title = clean(_text(row, "x")), _text(row, "y")
    beside = context.beside.get(text[:60]) or {}
    words = [w for w in str(beside.get("keywords", "")).split("_") if w]
    extra = {"keywords": words, "discipline": str(beside.get("discipline", ""))}
    return _draft(layout, context, sha256_hex(text.encode())[:20], title=title, text=text, fields={"topics": tuple(words)}, extra=extra) if text else None


def nsfc(row: Row, layout: Layout, context: Context) -> Made:
    """A project of the natural science foundation: its rating counts only from its end."""
    title, number = _text(row, "项目名称"), _text(row, "项目批准号")
    period = re.split(r"\s*[-—至]\s*", _text(row, "起止年月"))
    start = parse_date(period[0]) if period else ""
    extra = {"number": number, "category": _text(row, "项目类别"), "team": _text(row, "依托单位"), "amount": _number(row, "金额"), "started_on": start, "ends_on": parse_date(period[1]) if len(period) > 1 else "", "rating": _text(row, "总评")}
    text = _project_text(title, extra, "万元")
    key = sha256_hex(f"{number}|{title}".encode())[:20]
    return _draft(layout, context, key, external_id=number or key, title=title, text=text, fields={"published_on": start}, seen=instant(start), extra=_known(extra)) if title else None


def _known(extra: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in extra.items() if v not in (None, "")}


def _project_text(title: str, extra: dict[str, Any], unit: str = "") -> str:
    names = {"category": "项目类别", "number": "批准号", "team": "承担单位", "amount": "资助金额", "started_on": "开始时间", "ends_on": "计划结束时间", "discipline": "学科分类"}
    lines = [f"{label}：{_plain(extra[k])}{unit if k == 'amount' else ''}" for k, label in names.items() if extra.get(k) not in (None, "")]
    return "\n".join([title, *lines])


def _plain(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def social_fund(row: Row, layout: Layout, context: Context) -> Made:
    """A project of the social science fund: start, closing date and grade of the result."""
    title, number = _text(row, "项目名称"), _text(row, "项目批准号")
    start, closed = parse_date(_text(row, "立项时间")), parse_date(_text(row, "结项时间"))
    extra = {"number": number, "category": _text(row, "项目类别"), "discipline": _text(row, "学科分类"), "team": _text(row, "工作单位"), "started_on": start, "closed_on": closed, "rating": _text(row, "成果等级")}
    text = _project_text(title, extra)
    key = sha256_hex(f"{number}|{title}|{extra['team']}".encode())[:20]  # numbers repeat in the list
    return _draft(layout, context, key, external_id=number or key, title=title, text=text, fields={"published_on": start}, seen=instant(start), extra=_known(extra)) if title else None


def call(row: Row, layout: Layout, context: Context) -> Made:
    """A call for applications with its deadline."""
    title = re.sub(r"^\[[^\]]*\]\s*", "", _text(row, "项目名称"))
    published, deadline, body = parse_date(_text(row, "发布时间")), parse_date(_text(row, "截止时间")), _text(row, "项目来源")
    text = "\n".join(p for p in (title, f"项目来源：{body}" if body else "", f"申报截止时间：{deadline}" if deadline else "") if p)
    key = sha256_hex(f"{title}|{published}|{body}".encode())[:20]
    return _draft(layout, context, key, title=title, text=text, fields={"published_on": published}, seen=instant(published), extra={"deadline": deadline}) if title else None


def as_mapped(row: Row, layout: Layout, context: Context) -> Made:
    """A row by a --map table: our field = their column; unknown names go to extra."""
    values = {ours: row.get(theirs) for ours, theirs in layout.fields.items()}
    text = clean(str(values.pop("text", "") or values.get("title") or ""))
    title, url = str(values.pop("title", "") or _first(text)), str(values.pop("url", "") or "")
    key = str(values.pop("external_id", "") or row.get(layout.external_id) or url or sha256_hex(f"{title}\n{text}".encode())[:20])
    seen = instant(str(values.pop("first_seen_at", "") or ""))
    known = ("doc_number", "index_number", "issuers", "written_on", "published_on", "effective_on", "expires_on", "topics", "genre", "level", "region_code", "marked_status")
    fields = {k: (parse_date(str(v)) if k.endswith("_on") else v) for k, v in values.items() if k in known and v}
    extra = {k: v if isinstance(v, (int, float, list)) else str(v) for k, v in values.items() if k not in known and v}
    seen = seen or (end_of(fields["published_on"]) if fields.get("published_on") else "")
    return _draft(layout, context, key, url=url, title=title, text=text, fields=fields, extra=extra, seen=seen) if text else None


ADAPTERS: dict[str, Adapter] = {
    "law": law, "policy_page": policy_page, "reference": reference, "report": report, "run_on": run_on, "hot_daily": hot_daily, "hot_hourly": hot_hourly, "petition": petition,
    "post": post, "news": news, "feed": feed, "paper": paper, "csl": csl, "nsfc": nsfc, "social_fund": social_fund, "call": call, "mapped": as_mapped,
}  # fmt: skip


def companions(layout: str, path: Any) -> dict[Any, Any]:
    """What stands beside a table: dates of laws_meta.sqlite3 by (name, publish), keywords and disciplines of CSL by abstract."""
    if layout == "laws":
        return _law_dates(path.parent / "laws_meta.sqlite3")
    if layout == "csl":
        return _csl_parts(path.parent)
    return {}


def _law_dates(path: Any) -> dict[Any, Any]:
    import sqlite3
    from contextlib import closing

    if not path.exists():
        return {}
    with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as connection:
        rows = connection.execute("SELECT name, publish, valid_from, level FROM law").fetchall()
    return {(name, publish or ""): {"publish": publish or "", "valid_from": valid_from or "", "level": level} for name, publish, valid_from, level in rows}


def _csl_parts(folder: Any) -> dict[Any, Any]:
    import gzip

    found: dict[Any, dict[str, str]] = {}
    for name, part in (("csl_kg.jsonl.gz", "keywords"), ("csl_cls_dcp.jsonl.gz", "discipline")):
        if (folder / name).exists():
            with gzip.open(folder / name, "rt", encoding="utf-8") as lines:
                for line in lines:
                    row = json.loads(line)
                    found.setdefault(clean(row["x"])[:60], {})[part] = row["y"]
    return found
