"""The text of an answer: sentences with their marks, or the canned words with the nearest documents."""

from __future__ import annotations

from rag.records import Context, Sentence


def text_of(c: Context) -> str:
    """Sentences with [n] behind them, one a line; without sentences what the stop says and what is near."""
    if c.sentences:
        opening = f"{c.said}\n" if c.said else ""
        return opening + "\n".join(f"{s.heading}\n{_line(s)}" if s.heading else _line(s) for s in c.sentences)
    near = "".join(f"\n· 《{d['title']}》{d['doc_number']}" for d in c.nearest)
    return f"{c.said}\n相近的文件：{near}" if near else c.said


def _line(s: Sentence) -> str:
    return s.text + "".join(f"[{n}]" for n in s.citations)
