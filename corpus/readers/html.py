"""HTML pages and fragments: label table, meta tags, main text with tables, attachments.

Order of the main text: a container that Chinese government and media pages are known to use (selectors.toml), else the
block with the most text of its own. Hidden text is dropped: it is not what the page shows.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import lxml.html

from corpus.errors import Unreadable
from corpus.metadata import GENRES, LABELS, head_number
from corpus.readers.base import Reading, clean, decode
from corpus.readers.labels import label_fields, label_tables
from corpus.readers.render import data_table, render

_ENDS = re.compile(r"(?i)</(?:html|body)\s*>")
_DEAD = ("script", "style", "noscript", "template", "iframe", "object", "embed", "svg", "canvas", "select", "option", "button", "input", "textarea", "audio", "video", "link")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?:px|pt|em|%)?\s*(?:;|$)|opacity\s*:\s*0(?:\.0+)?\s*(?:;|$)|(?:left|top|text-indent)\s*:\s*-\d{3,}|(?:max-)?height\s*:\s*0(?:px)?\s*;.*overflow\s*:\s*hidden", re.IGNORECASE | re.DOTALL)
_SEPARATOR = re.compile(r"\s*[_|｜]\s*|\s+[-–—]+\s+|-(?=[^-]{2,12}(?:网|政府|门户|厅|局|委)\b)")
_DATED = re.compile(r"[\s（(\[]+(\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?)(?:\s+\d{1,2}:\d{2}(?::\d{2})?)?[）)\]]?\s*$")
"""The day of publication behind a heading (…的通知（2024-03-08）)."""
ATTACHED = re.compile(r"(?i)\.(?:pdf|docx?|xlsx?|wps|et|ofd|zip|rar|csv|txt|pptx?)(?:[?#].*)?$")


@cache
def _selectors() -> dict[str, Any]:
    return tomllib.loads(files("corpus.readers").joinpath("selectors.toml").read_text("utf-8"))


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{p})" for p in _selectors()[name]))


def parse(data: bytes, content_type: str = "", name: str = "") -> Any:
    """The root element of a page (end tags of html and body are ignored, since some pages carry two). No network."""
    text, _ = decode(data, content_type)
    text = _ENDS.sub("", re.sub(r"^\s*<\?xml[^>]*\?>", "", text)).replace("\x00", "")
    try:
        return lxml.html.document_fromstring(text or " ", parser=lxml.html.HTMLParser(no_network=True, remove_comments=True, remove_pis=True))
    except (lxml.etree.ParserError, ValueError) as error:
        raise Unreadable("no HTML in the page", name, str(error)) from error


def read_html(data: bytes, *, name: str = "", content_type: str = "") -> Reading:
    """Read a page. Raises Unreadable when there is no element in it."""
    root = parse(data, content_type, name)
    meta = _meta(root)
    page_title = " ".join((root.findtext(".//title") or "").split())
    _prune(root)
    tables, labelled = label_tables(root)
    fields = label_fields(root, labelled)
    node, confidence = main_node(root, tables)
    text, found = render(node, skip=set(tables))
    text = _without_noise(clean(text))
    if len(text) < 40 <= _size(root) // 4:
        text, confidence = _second_opinion(data, text), 0.5
    if not any(fields.get(label) for label in LABELS["doc_number"]) and (number := next(filter(None, (head_number("", words) for words in _above(node))), "")):
        fields["文号"] = number
    title = _title(root, meta, fields, page_title)
    if _names_the_site(title):
        title = next(filter(None, map(_headline, (text, *_above(node)))), title)
    if dated := _DATED.search(title):
        title = title[: dated.start()].rstrip()
        fields.setdefault("发布日期", dated[1])
    return Reading(title, text, fields, meta, tuple(found), attachments(root, node), confidence)


def _second_opinion(data: bytes, text: str) -> str:
    """What trafilatura finds on a page where next to nothing was found."""
    import trafilatura

    other = trafilatura.extract(data, include_comments=False, include_tables=True)
    return clean(other) if other and len(other) > 2 * len(text) else text


def _meta(root: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for tag in root.iter("meta"):
        key = tag.get("name") or tag.get("property") or tag.get("itemprop")
        if key and tag.get("content"):
            found.setdefault(key.strip(), " ".join(tag.get("content").split()))
    return found


def _prune(root: Any) -> None:
    """Remove what is not shown or is no text, keeping the text behind it."""
    lxml.etree.strip_elements(root, *_DEAD, with_tail=False)
    for element in root.xpath("//*[@hidden or @aria-hidden or @style]"):
        if element.tag not in ("html", "body") and ("hidden" in element.attrib or element.get("aria-hidden") == "true" or _HIDDEN.search(element.get("style") or "")):
            _remove(element)


def _remove(element: Any) -> None:
    if element.getparent() is not None:
        element.drop_tree()


@lru_cache(maxsize=8192)
def _matches(name: str, own: str, classes: str) -> bool:
    """Whether an id or a class is one of a list of selectors.toml (names repeat: a page has few of them)."""
    pattern = _pattern(name)
    return any(pattern.fullmatch(n.lower()) for n in (own, *classes.split(), classes) if n)


def _is(element: Any, name: str) -> bool:
    own, classes = element.get("id") or "", element.get("class") or ""
    return bool(own or classes) and _matches(name, own, classes)


def main_node(root: Any, tables: list[Any]) -> tuple[Any, float]:
    """The element that holds the text, and the confidence of the choice 0..1."""
    body = root.find("body") if root.find("body") is not None else root
    _drop_frame(body)
    mass: dict[Any, int] = {}
    total = _weigh(body, mass)
    known = [e for e in mass if _is(e, "content")]
    best = max(known, key=lambda e: mass[e], default=None)
    if best is not None and total and mass[best] >= 0.4 * total:
        inner = [e for e in known if mass[e] >= 0.85 * mass[best]]
        return _densest(min(inner, key=lambda e: _size(e)), mass, 0.93), 0.95
    return _densest(body, mass, 0.7), 0.7 if total else 0.3


_SAYS = re.compile(r"[，。；：！？、]|,\s|[\u4e00-\u9fff]{14}|[A-Za-z]+ [a-z]+ [a-z]+ [a-z]+")


def _weigh(element: Any, mass: dict[Any, int]) -> int:
    """Characters of text that says something (with punctuation, or long) outside links, of an element and all below it."""
    if not isinstance(element.tag, str) or element.tag == "a":
        return 0
    total = _says(element.text)
    for child in element:
        total += _weigh(child, mass) + _says(child.tail)
    mass[element] = total
    return total


def _says(text: str | None) -> int:
    if not text:
        return 0
    squeezed = text.strip()
    return len(squeezed) if len(squeezed) > 3 and _SAYS.search(squeezed) else 0


def _size(element: Any) -> int:
    return len(element.text_content())


def _drop_frame(body: Any) -> None:
    """Remove what frames a page (navigation, footer, recommendations), unless it holds most of the text."""
    whole = _size(body) or 1
    for element in list(body.iter()):
        if not isinstance(element.tag, str) or element.getparent() is None or element is body:
            continue
        if (element.tag in ("nav", "footer", "aside", "header") or _is(element, "drop")) and _size(element) < 0.4 * whole:
            _remove(element)


def _densest(node: Any, mass: dict[Any, int], share: float) -> Any:
    """The deepest block that still holds `share` of the text: go down while one child keeps it."""
    while True:
        child = max((c for c in node if isinstance(c.tag, str)), key=lambda c: mass.get(c, 0), default=None)
        if child is None or child.tag in ("p", "span", "font", "b", "strong") or (child.tag in ("table", "tbody", "tr") and not _lays_out(child)) or mass.get(child, 0) < share * mass.get(node, 0) or not mass.get(node):
            return node
        node = child


def _lays_out(element: Any) -> bool:
    """Whether a table (or the one around a row) holds the page rather than data."""
    table = element if element.tag == "table" else next(element.iterancestors("table"), None)
    return table is not None and data_table(table) is None


def _above(node: Any) -> Iterator[str]:
    """The short texts without links between the heading and the element of the text, the nearest first."""
    for level, element in enumerate((node, *node.iterancestors())):
        if level > 3 or element.tag == "body":
            break
        for above in element.itersiblings(preceding=True):
            if isinstance(above.tag, str) and 0 < _size(above) <= 400 and not any(True for _ in above.iter("a")):
                yield render(above, set())[0]


def _without_noise(text: str) -> str:
    noise = _pattern("noise")
    return "\n".join(line for line in text.split("\n") if not noise.fullmatch(line.strip())).strip("\n")


def _title(root: Any, meta: dict[str, str], fields: dict[str, str], page_title: str) -> str:
    tags = {k.lower(): v for k, v in meta.items()}
    candidates = [tags.get("articletitle", ""), fields.get("标题", ""), fields.get("名称", "")]
    headings = [" ".join(h.text_content().split()) for h in root.iter("h1", "h2")]
    short = _SEPARATOR.split(page_title)[0].strip()
    candidates += [h for h in headings if short and (h in page_title or short in h or (len(short) > 20 and h.endswith(short[-12:])))]
    candidates += [tags.get("og:title", ""), short, *headings[:1]]
    best = next((c for c in candidates if len(c) >= 2), "")
    return best if not _names_the_site(best) else next((h for h in headings if not _names_the_site(h)), best)


_SITE = re.compile(r"(?:网|网站|门户|平台|政府|厅|局|委|委员会|办公室|中心|首页|详情|正文|文件|公开|公告|通知|动态|政策|法规|解读|信息)$")


def _names_the_site(title: str) -> bool:
    """Whether a title says only whose page it is, or which column it stands in (闽海省科学技术厅, 政策文件)."""
    return not title or (len(title) <= 24 and bool(_SITE.search(title)) and not re.search(r"关于|印发|《|的(?:公告|通知|意见|决定)$", title))


_HEADLINE = re.compile(rf"(?=.{{8,120}}$)(?:[^。；：，]*(?:关于|印发|转发).{{4,}}(?:{'|'.join(GENRES)})|[^。；：，]{{6,60}}(?:办法|规定|条例|细则|规则|措施|意见|方案|指南|规划|公告|通告))(?:[（(][^（）()]{{1,12}}[）)])?$")
_BODY_LINE = re.compile(r"^[\u4e00-\u9fff（）()、\s]{4,60}(?:府|厅|局|委|会|办|室|院|部|署)$")


def _headline(text: str) -> str:
    """The title in the first lines of a text, with the line of the issuing bodies above it, or empty."""
    lines = [line.strip() for line in text.split("\n")[:12] if line.strip()]
    for i, line in enumerate(lines):
        if _HEADLINE.match(line):
            return lines[i - 1] + line if i and line.startswith("关于") and _BODY_LINE.match(lines[i - 1]) else line
    return ""


def attachments(root: Any, node: Any) -> tuple[tuple[str, str], ...]:
    """(title, address) of linked files, in order; those of the text first."""
    found: dict[str, str] = {}
    for scope in (node, root):
        for link in scope.iter("a"):
            href = (link.get("href") or "").strip()
            if ATTACHED.search(href):
                found.setdefault(href, " ".join(link.text_content().split()) or link.get("title") or href.rsplit("/", 1)[-1])
    return tuple((title, href) for href, title in found.items())
