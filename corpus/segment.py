"""Clauses: the structure of Chinese legal texts and 公文 as people cite it.

Two families of numbering may stand in one document: 编/章/节/条 (then 款 by paragraph, 项 by （一）, 目 by 1.) and
一、（一）1.（1）①. Clauses tile the text: each starts where the one before ends, the first at 0, the last at len(text).
What stands in quotation marks (the new wording in a decision that amends) opens nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from corpus.marks import (
    ARTICLE,
    DATE_LINE,
    MID_ARTICLE,
    SIGNED_LINE,
    Mark,
    N,
    attachment_of,
    closes,
    is_article_next,
    is_signer,
    is_table,
    lists_attachments,
    mark_of,
)
from corpus.models import Clause
from corpus.passages import PASSAGE_SIZE, passages
from corpus.text import chinese_number, chinese_numeral

__all__ = ["PASSAGE_SIZE", "article_number", "passages", "segment"]

_ANY_ARTICLE = re.compile(rf"(?m)^[\s\u3000]*第[ \u3000]{{0,2}}{N}[ \u3000]{{0,2}}条")
_BLANKS = re.compile(r"[\s\u3000]")
_CONTENTS = re.compile(r"^[\s\u3000]*目[\s\u3000]*[录次][\s\u3000]*$")
_NUMBER_ALONE = re.compile(rf"^[\s\u3000]*[【\[]?[第笫][ \u3000]{{0,2}}{N}[ \u3000]{{0,2}}条(?:之{N})?[】\]]?[\s\u3000]*(?:[【\[（(][^】\]）)]{{1,30}}[】\]）)])?[\s\u3000]*$")
"""第一条, or 第一条【立法目的】, and nothing else."""
_MARKS = re.compile(r"[\s#*]+")
QUOTED_LINES = 200
"""A quotation that is not closed within so many lines is taken as a slip of the source."""


def segment(text: str, *, title: str = "", kind: str = "policy") -> tuple[Clause, ...]:
    """The clauses of a text, in order, tiling it. Texts other than policy texts are cut by paragraph."""
    if kind in ("policy", "notice", "interpretation"):
        return tuple(_Segmenter(text, title).run())
    return tuple(_paragraphs(text, title))


def _lines(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for line in text.splitlines(keepends=True):
        yield start, start + len(line)
        start += len(line)


def _paragraphs(text: str, title: str) -> Iterator[Clause]:
    spans = [(a, b) for a, b in _lines(text) if text[a:b].strip()]
    starts = [0, *(a for a, _ in spans[1:])]
    ends = [*starts[1:], len(text)]
    for n, (start, end) in enumerate(zip(starts, ends, strict=True) if spans else ()):
        is_title = n == 0 and re.sub(r"\s+", "", text[start:end]) == re.sub(r"\s+", "", title)
        yield Clause(("标题",) if is_title else ("正文",), "标题" if is_title else "正文", None, "title" if is_title else "paragraph", start, end)


def _signatures(text: str, lines: list[tuple[int, int]]) -> set[int]:
    """Numbers of the lines of signing bodies with the date below them (not at the very top of a text)."""
    found: set[int] = set()
    for i, (start, stop) in enumerate(lines):
        if SIGNED_LINE.match(text[start:stop]) and start > 100:
            found.add(i)
        if not DATE_LINE.match(text[start:stop]):
            continue
        signers = []
        for j in range(i - 1, max(-1, i - 16), -1):
            if not is_signer(text[lines[j][0] : lines[j][1]]):
                break
            signers.append(j)
        if (signers and (lines[signers[-1]][0] > 60 or signers[-1] >= 3)) or (not signers and start > 200):
            found.update([i, *signers])
    return found


class _Segmenter:
    """State of one pass: the open parts, article, paragraph and items, the open quotation, and where the text has been cut."""

    def __init__(self, text: str, title: str) -> None:
        self.text, self.title = text, re.sub(r"\s+", "", title)
        self.has_articles = len(_ANY_ARTICLE.findall(text)) >= 2
        self.prefix: tuple[str, ...] = ()
        self.parts: list[Mark] = []
        self.items: list[Mark] = []
        self.article: Mark | None = None
        self.article_start = 0
        self.last: tuple[int, int] = (0, 0)
        self.paragraph = 0
        self.begun = False
        self.numbered = False
        self.quote = 0
        self.quoted_lines = 0
        self.inserted = False
        self.in_contents: set[str] | None = None
        self.listing = False
        self.clauses: list[Clause] = []
        self.end = 0

    # ---- the pass ------------------------------------------------------------------------------------------------

    def run(self) -> list[Clause]:
        lines = [(a, b) for a, b in _lines(self.text) if self.text[a:b].strip()]
        self.signed = _signatures(self.text, lines)
        self.spans = lines
        for i, (start, stop) in enumerate(lines):
            self.index = i
            self._line(start, stop)
        if self.clauses and self.end < len(self.text):
            last = self.clauses[-1]
            self.clauses[-1] = Clause(last.path, last.label, last.article, last.kind, last.start, len(self.text))
        return self.clauses

    def _line(self, start: int, stop: int) -> None:
        """Take one line, in pieces where the next article begins within it."""
        while (cut := self._cut(start, stop)) is not None:
            self._take(self.text[start:cut], cut)
            start = cut
        self._take(self.text[start:stop], stop)

    def _cut(self, start: int, stop: int) -> int | None:
        """Where in a line the article that must come next begins (第一条 … 。第二条 … on one line)."""
        if self.quote or "条" not in self.text[start:stop]:
            return None
        line = self.text[start:stop]
        own = ARTICLE.match(line)
        last = self._article_of(own[2], own[3]) if own else self.last
        for match in MID_ARTICLE.finditer(line):
            if match.end() > 0 and last != (0, 0) and is_article_next(self._article_of(match[2], match[3]), last) and _even(line[: match.end()]):
                return start + match.end()
        return None

    @staticmethod
    def _article_of(number: str, of: str | None) -> tuple[int, int]:
        try:
            return chinese_number(_BLANKS.sub("", number)), chinese_number(_BLANKS.sub("", of)) if of else 0
        except ValueError:
            return (0, 0)

    def _take(self, line: str, stop: int) -> None:
        self._quotation_before(line)
        self._open(line, stop)
        self._quotation_after(line)

    def _open(self, line: str, stop: int) -> None:
        if is_table(line):
            self._table(stop)
        elif self.index in self.signed or closes(line):
            self._signature(stop)
        elif self.in_contents is not None and self._contents(line, stop):
            return
        elif _CONTENTS.match(line):
            self.in_contents = set()
            self._add(("目录",), "preamble", stop)
        elif (mark := mark_of(line)) and self._accepts(mark := self._chapter(mark), line):
            {"part": self._part, "article": self._article, "list": self._list}[mark.family](mark, stop)
        else:
            self._plain(line, stop)

    def _chapter(self, mark: Mark) -> Mark:
        """一、受案范围 directly above an article is a chapter, not an item of the article before."""
        if mark.family != "list" or not mark.heading or mark.depth > 2 or not self.has_articles or self.quote:
            return mark
        after = self.index + 1
        if after < len(self.spans) and (following := mark_of(self.text[self.spans[after][0] : self.spans[after][1]])) and following.family == "article":
            return Mark("part", 2 + mark.depth, mark.name + ("、" if mark.depth == 1 else ""), mark.number, True)
        return mark

    def _contents(self, line: str, stop: int) -> bool:
        """Lines of a table of contents: until the first of them comes again, or something else comes."""
        assert self.in_contents is not None
        mark = mark_of(line)
        key = re.sub(r"[\s\u3000.…·]+\d*$", "", re.sub(r"[\s\u3000]+", "", line))
        if mark is None or mark.family == "article" or key in self.in_contents:
            self.in_contents = None
            return False
        self.in_contents.add(key)
        self._add(("目录",), "preamble", stop)
        return True

    # ---- quotations ----------------------------------------------------------------------------------------------

    def _quotation_before(self, line: str) -> None:
        if self.quote:
            self.quoted_lines += 1
            if self.quoted_lines > QUOTED_LINES or line.lstrip().startswith("“"):
                self.quote = 0
        else:
            self.quoted_lines = 0

    def _quotation_after(self, line: str) -> None:
        if "“" not in line and "”" not in line:
            return
        for c in line:
            if c == "“":
                self.quote += 1
            elif c == "”" and self.quote:
                self.quote -= 1
        self.quote = min(self.quote, 1)

    def _accepts(self, mark: Mark, line: str) -> bool:
        """Whether a mark may open something here: within quotations only what must come next outside of them."""
        if mark.family == "article":
            if self.inserted and not is_article_next(mark.number, self.last):
                return False
            if self.article and not is_article_next(mark.number, self.last) and self._inserts(mark):
                self.inserted = True
                return False
        if mark.family == "part" and self.article and self._inserts(mark):
            self.inserted = True
        if mark.family == "part" and not mark.heading and not self._follows_part(mark):
            return False
        if not self.quote:
            return not (mark.family == "part" and self.inserted)
        if mark.family == "article":
            return self.article is not None and is_article_next(mark.number, self.last) and not self.items
        outer = [m for m in self.items if m.depth == mark.depth]
        accepted = mark.family == "list" and bool(outer) and mark.depth == self.items[0].depth and mark.number[0] == outer[-1].number[0] + 1
        if accepted:
            self.quote = 0
        return accepted

    def _follows_part(self, mark: Mark) -> bool:
        """Whether a chapter on a line with its text comes in order: the first, or within two after the last of its depth."""
        same = [m.number[0] for m in self.parts if m.depth == mark.depth]
        return mark.number[0] == 1 if not same else 0 < mark.number[0] - same[-1] <= 2 or mark.number[0] == 1

    def _inserts(self, mark: Mark) -> bool:
        """Whether the open article says that an article of this number is added (增加五条，分别作为第一百二十三条…)."""
        said = self.text[self.article_start : self.end]
        return bool(re.search(rf"(?:作为|改为|修改为|增加)[^。]{{0,12}}{re.escape(mark.name)}", said))

    # ---- what lines open -----------------------------------------------------------------------------------------

    def _add(self, path: tuple[str, ...], kind: str, stop: int) -> None:
        article = self.article.name if self.article else None
        last = self.clauses[-1] if self.clauses else None
        if last and kind in ("table", "signature") and last.kind == kind:
            self.clauses[-1] = Clause(last.path, last.label, last.article, kind, last.start, stop)
        else:
            self.clauses.append(Clause(path, "".join(path), article, kind, self.end, stop))
        self.end = stop

    def _path(self) -> tuple[str, ...]:
        """The path of the open place: prefix, parts, article with its paragraph, items."""
        head = (*self.prefix, *(m.name for m in self.parts))
        if self.article is None:
            return (*head, *(m.name for m in self.items))
        names = (_item_name(m) for m in self.items)
        return (*head, self.article.name, f"第{chinese_numeral(max(1, self.paragraph))}款", *names)

    def _part(self, mark: Mark, stop: int) -> None:
        self.begun = self.numbered = True
        self.items, self.article, self.inserted = [], None, False
        self.parts = [m for m in self.parts if m.depth < mark.depth] + [mark]
        self._add(self._path(), "heading" if mark.heading else "paragraph", stop)

    def _article(self, mark: Mark, stop: int) -> None:
        self.begun = self.numbered = True
        self.items, self.paragraph, self.inserted = [], 1, False
        self.article, self.last, self.article_start = mark, mark.number, self.end
        self._add(self._path(), "article", stop)

    def _list(self, mark: Mark, stop: int) -> None:
        if not self.listing:
            self.begun = self.numbered = True
        self.items = [m for m in self.items if m.depth < mark.depth] + [mark]
        self._add(("附件目录",) if self.listing else self._path(), "heading" if mark.heading and not self.article else "item", stop)

    def _table(self, stop: int) -> None:
        self.begun = True
        self._add((*self._path(), "表"), "table", stop)

    def _signature(self, stop: int) -> None:
        """Signature and what closes a notice; what follows is a text of its own (the body that the notice issues)."""
        self.parts, self.items, self.article, self.listing, self.last = [], [], None, False, (0, 0)
        self._add(("落款",), "signature", stop)

    def _attachment(self, name: str, line: str, stop: int) -> None:
        self.article, self.items, self.parts, self.paragraph, self.last = None, [], [], 0, (0, 0)
        self.prefix, self.listing, self.begun = (name,), False, True
        self._add(self.prefix, "attachment", stop)

    def _plain(self, line: str, stop: int) -> None:
        compact = _MARKS.sub("", line)
        if (not self.clauses and (line.startswith("#") or compact == self.title or (len(compact) <= 40 and compact and compact in self.title))) or self._in_title(compact):
            self._add(("标题",), "title", stop)
        elif (name := attachment_of(line)) and not self.quote and (self.clauses or name == "附件"):
            self._attached(name, line, stop)
        elif self.clauses and self.clauses[-1].kind == "signature" and len(compact) <= 60 and not re.search(r"[。：；]$|^[（(]", compact):
            self.prefix = (f"《{compact}》",) if self.numbered and not self._last_text() else ()
            self._add(self.prefix or ("标题",), "title", stop)
        else:
            self._body(stop)

    def _last_text(self) -> bool:
        """Whether nothing numbered or long follows: then the line after the signature opens no text of its own."""
        rest = self.spans[self.index + 1 : self.index + 400]
        return not any(mark_of(self.text[a:b]) for a, b in rest)

    def _in_title(self, compact: str) -> bool:
        """A further line of a title that is broken over lines."""
        if not self.clauses or self.clauses[-1].kind != "title" or self.begun or not self.title:
            return False
        so_far = _MARKS.sub("", self.text[: self.end])
        return bool(compact) and (so_far + compact) in self.title

    def _attached(self, name: str, line: str, stop: int) -> None:
        """An attachment begins, or (before the signature) a notice lists its attachments."""
        ahead = range(self.index + 1, min(self.index + 16, len(self.spans)))
        nearest = next((i for i in ahead if i in self.signed), None)
        numbered = next((i for i in ahead if (m := mark_of(self.text[self.spans[i][0] : self.spans[i][1]])) and m.family != "list"), None)
        if lists_attachments(line) or (nearest is not None and (numbered is None or nearest < numbered)):
            self.listing, self.items, self.article = True, [], None
            self._add(("附件目录",), "paragraph", stop)
        else:
            self._attachment(name, line, stop)

    def _body(self, stop: int) -> None:
        if self.listing:
            self._add(("附件目录",), "paragraph", stop)
        elif not self.begun:
            self._add(("正文",), "preamble", stop)
        elif self.article and self.clauses[-1].kind == "article" and _NUMBER_ALONE.match(self.text[self.clauses[-1].start : self.clauses[-1].end]):
            last = self.clauses.pop()  # the number stood on a line of its own: its first paragraph belongs to it
            self.end = last.start
            self._add(last.path, "article", stop)
        elif self.article and not self.quote and not self.inserted:
            self.paragraph += 1
            self.items = []
            self._add(self._path(), "paragraph", stop)
        else:
            self._add(self._path() or ("正文",), "paragraph", stop)


def _item_name(mark: Mark) -> str:
    """项 and 目 as people cite them within an article: 第（一）项, 第1目."""
    if mark.depth <= 2:
        return f"第{mark.name}项"
    return f"第{mark.name}目" if mark.depth in (3, 4) else mark.name


def _even(text: str) -> bool:
    return text.count("“") <= text.count("”")


def article_number(name: str) -> tuple[int, int]:
    """第十条之一 → (10, 1); 第十条 → (10, 0). Raises ValueError."""
    match = re.match(r"第(.+?)条(?:之(.+))?$", name)
    if not match:
        raise ValueError(f"not an article: {name!r}")
    return chinese_number(match[1]), chinese_number(match[2]) if match[2] else 0
