"""How a source is named in a sentence: 根据《中小企业促进法》第五十四条，"""

from __future__ import annotations

import re

from corpus.models import Document
from rag.records import Context
from rag.statements import Statement

_ISSUED = re.compile(r"(?:印发|发布|公布|颁布|下发)\s*《(.{4,80})》(?:（试行）)?的?(?:通知|公告|令|决定)")


def short_title(title: str) -> str:
    """The name that people use: of 关于印发《X》的通知 the X; without 中华人民共和国."""
    if match := _ISSUED.search(title):
        return match[1]
    return title.removeprefix("中华人民共和国")


_NOTICES = {"fictional": "演示数据，非真实文件", "digest": "摘编，以原文为准"}


def notice_of(document: Document) -> str:
    """The mark that a document must carry wherever it is shown (演示数据，非真实文件), or empty."""
    return _NOTICES.get(document.notice, document.notice)


def named(document: Document) -> str:
    """《title》（文号）; 《X》政策解读 as it is."""
    number = f"（{document.doc_number}）" if document.doc_number and "令" not in document.doc_number and document.doc_number not in document.title else ""
    title = short_title(document.title)
    return f"{title if title.startswith('《') else f'《{title}》'}{number}"


def place_of(document: Document, statement: Statement) -> str:
    """第三十三条; 第二部分（一） as “二（一）”; nothing for texts without numbers."""
    if statement.article:
        return statement.article
    parts = [p for p in statement.path if p not in ("正文", "标题", "表") and not p.startswith("附件")]
    if not parts:
        return ""
    return "".join(parts) if parts[0].startswith(("第", "（")) else f"“{parts[0]}、{''.join(parts[1:])}”"


def source_of(document: Document, place: str, c: Context) -> str:
    """The words before what the source says."""
    return f"根据{named(document)}{place}，"
