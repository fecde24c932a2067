"""A report record as HTML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ui.cited import citation_text
from ui.messages import known, say
from ui.pages.document import link
from ui.pages.html import badge, e

FORMATS = ("docx", "pdf", "md")
_WHOLE = re.compile(r"\d{4}-\d{2}-\d{2}|\d{3,4}-\d{7,8}|〔\d{4}〕\d+号")
"""Dates, telephone numbers and the end of a 文号 are not broken over two lines."""


def fragment(report: Mapping[str, Any], language: str, files: str = "", query: str = "") -> str:
    """Title, marks, blocks and numbered sources; marks open the clause beside it. `files` is the address (without suffix) that gives it as a file."""
    cited = {c.get("n", i): c for i, c in enumerate(report["citations"], 1)}
    marks = "".join(badge(told(m, language), "warn") for m in report["marks"])
    when = f'<p class="jw-dim">{e(say("as_of", language))} {e(report["as_of"])}</p>' if report["as_of"] else ""
    below = f'<p class="jw-dim">{e(told(report["subtitle"], language))}</p>' if report.get("subtitle") else ""
    blocks = "".join(_block(b, cited, language, report["title"]) for b in report["blocks"])
    sources = "".join(f"<li value={int(n)}>{_source(c, int(n), language)}</li>" for n, c in cited.items())
    listed = f'<h3>{e(say("sources", language))}</h3><ol class="jw-sources">{sources}</ol>' if cited else ""
    foot = f'<p class="jw-foot">{e(told(report["footer"], language))}</p>' if report["footer"] else ""
    return f'<article class="jw-report"><h2>{e(told(report["title"], language))}</h2><p class="jw-marks">{marks}</p>{below}{_files(files, query, language)}{when}{blocks}{listed}{foot}</article>'


def told(words: str, language: str) -> str:
    """A heading, a column, a mark or a foot of our own reports in the reader's language; anything else is content and stays as it is (报告：题目 before its title)."""
    head, colon, title = words.partition("：")
    if known(f"report_words.{words}"):
        return say(f"report_words.{words}", language)
    return f"{say(f'report_words.{head}', language)}{colon if language == 'zh' else ': '}{title}" if colon and known(f"report_words.{head}") else words


def _files(address: str, query: str, language: str) -> str:
    links = "".join(f'<a class="jw-button" download href="{e(address)}.{form}{e(query)}">{e(say("match.download", language, form=form.upper()))}</a> ' for form in FORMATS)
    return f'<p class="jw-actions">{links}</p>' if address else ""


def _block(block: Mapping[str, Any], cited: Mapping[int, Mapping[str, Any]], language: str, title: str) -> str:
    match block["type"]:
        case "heading":
            depth = min(6, block["depth"] + 2)
            return f"<h{depth}>{e(told(block['text'], language))}</h{depth}>"
        case "paragraph":
            return f"<p>{e(block['text'])}{''.join(mark(n, cited.get(n), language) for n in block['citations'])}</p>"
        case "table":
            tints = {(r, c): t for r, c, t in block["colours"]}
            head = "".join(f'<th scope="col">{e(told(h, language))}</th>' for h in block["header"])
            rows = "".join("<tr>" + "".join(_cell(text, tints.get((r, c)), told(label, language)) for c, (text, label) in enumerate(zip(row, block["header"], strict=True))) + "</tr>" for r, row in enumerate(block["rows"]))
            caption = f"<caption>{e(told(block['caption'], language))}</caption>" if block["caption"] not in ("", title) else ""
            wide = (" jw-cards-on-phone" if len(block["header"]) > 3 else "") + (" jw-broad" if len(block["header"]) > 9 else "")
            return f'<div class="jw-scroll" tabindex="0"><table class="jw-table{wide}">{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
        case _:
            return f'<figure><img alt="{e(block["caption"])}" src="data:image/png;base64,{e(block["png"])}"><figcaption>{e(block["caption"])}</figcaption></figure>'


def _cell(text: str, tint: str | None, label: str) -> str:
    words = _WHOLE.sub(r'<span class="jw-whole">\g<0></span>', e(text)) or "—"
    return f'<td data-label="{e(label)}"{f" style={chr(34)}background:{e(tint)}{chr(34)}" if tint else ""}><div>{words}</div></td>'


def mark(n: int, citation: Mapping[str, Any] | None, language: str) -> str:
    """A numbered mark that opens its clause; a number without a citation is never printed."""
    if citation is None:
        return ""
    start, end = citation.get("start", 0), citation.get("end", 0)
    clause = citation.get("clause") if isinstance(citation.get("clause"), Mapping) else None
    label = say("ask.open_citation", language, n=n, title=citation["title"])
    href = link(citation["document_id"], clause, (start, end))
    return f'<a class="jw-mark" role="button" href="{e(href)}" data-doc="{e(citation["document_id"])}" data-h="{start}-{end}" data-n="{n}" aria-label="{e(label)}">{n}</a>'


def _source(c: Mapping[str, Any], n: int, language: str) -> str:
    return f"{mark(n, c, language)} {e(citation_text(c['title'], c.get('doc_number') or '', c.get('clause')))}"
