"""RSS 2.0 and iCalendar."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from ui.messages import say
from ui.pages.document import link

HOME = ZoneInfo("Asia/Shanghai")
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 has no place for."""


def rss(title: str, address: str, items: Iterable[Mapping[str, str]]) -> str:
    """A feed of items {title, link, id, text, date}."""
    body = "".join(
        f"<item><title>{escape(i['title'])}</title><link>{escape(i['link'])}</link><guid isPermaLink=\"false\">{escape(i['id'])}</guid>"
        f"<description>{escape(i['text'])}</description>{_date(i['date'])}</item>"
        for i in items
    )
    head = f"<title>{escape(title)}</title><link>{escape(address)}</link><description>{escape(title)}</description><language>zh-cn</language>"
    body = _NO_XML.sub("", body)
    return f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>{head}{body}</channel></rss>'


def _date(day: str) -> str:
    if len(day) < 10:
        return ""
    return f"<pubDate>{format_datetime(datetime.combine(date.fromisoformat(day[:10]), datetime.min.time(), HOME))}</pubDate>"


def policy_items(rows: Iterable[Mapping[str, Any]], base: str) -> Iterable[dict[str, str]]:
    """Documents as items; the id changes with the standing, so that readers see a change as news."""
    for d in rows:
        text = "　".join(p for p in (d["doc_number"], "、".join(d["issuers"]), d["published_on"]) if p)
        standing = say(f"validity.{d['validity']['status']}", "zh")
        yield {"title": d["title"], "link": base.rstrip("/") + link(d["id"]), "id": f"{d['id']}-{d['validity']['status']}", "text": f"{text}　{standing}", "date": d["published_on"]}


def told_items(rows: Iterable[Mapping[str, Any]], base: str) -> Iterable[dict[str, str]]:
    """What was told to somebody, as items."""
    for m in rows:
        yield {"title": m["title"], "link": base.rstrip("/") + (m["link"] or "/"), "id": f"told-{m['n']}", "text": m["text"], "date": str(m["at"])[:10]}


def risk_items(rows: Iterable[Mapping[str, Any]], base: str) -> Iterable[dict[str, str]]:
    """Risks as items; the id changes with the level, so that readers see a change as news."""
    for r in rows:
        yield {
            "title": f"【{say('risk_level.' + r['level'], 'zh')}】{r['statement']}" if r.get("level") else r["statement"],
            "link": f"{base.rstrip('/')}/risks/{quote(r['id'])}",
            "id": f"{r['id']}-{r.get('level')}",
            "text": f"{r['field']}　重要度 {r['importance']['mean']:.2f}　紧急度 {_urgency(r)}",
            "date": (r.get("first_signal_at") or "")[:10],
        }


def _urgency(r: Mapping[str, Any]) -> str:
    return say("risk.unknown_axis", "zh") if r["urgency"].get("unknown") else f"{r['urgency']['mean']:.2f}"


def calendar(rows: Iterable[Mapping[str, str]]) -> str:
    """Deadlines {id, title, stage, batch, date, quote} as iCalendar, a reminder three days before each."""
    events = [_event(r) for r in rows if len(r["date"]) == 10]
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Jianwei//deadlines//ZH", *(line for event in events for line in event), "END:VCALENDAR", ""])


def _event(r: Mapping[str, str]) -> list[str]:
    start = date.fromisoformat(r["date"])
    stamp = datetime.now(ZoneInfo("UTC")).strftime("%Y%m%dT%H%M%SZ")
    what = f"{r['batch']}{r['stage']}截止：{r['title']}"
    key = hashlib.sha256(f"{r['id']} {r['stage']} {r['batch']} {r['date']}".encode()).hexdigest()[:24]
    lines = ["BEGIN:VEVENT", f"UID:{key}@jianwei", f"DTSTAMP:{stamp}", f"DTSTART;VALUE=DATE:{start:%Y%m%d}", f"DTEND;VALUE=DATE:{start + timedelta(days=1):%Y%m%d}"]
    lines += [f"SUMMARY:{_ics(what)}", f"DESCRIPTION:{_ics(r['quote'])}", "BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-P3D", f"DESCRIPTION:{_ics(what)}", "END:VALARM", "END:VEVENT"]
    return [folded for line in lines for folded in _fold(line)]


def _ics(text: str) -> str:
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _fold(line: str) -> list[str]:
    """Lines of at most 75 octets (RFC 5545), continued with a blank."""
    parts, now = [], ""
    for c in line:
        if len((now + c).encode()) > 74:
            parts.append(now)
            now = " "
        now += c
    return [*parts, now]
