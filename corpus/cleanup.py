"""Events in tables: a 清理目录 or a list of what is abolished gives one event a row, by the columns of its header."""

from __future__ import annotations

import re
from collections.abc import Iterator

from corpus.models import Document, Event, EventKind
from corpus.numbers import numbers_in
from corpus.targets import Target
from corpus.text import DATE, parse_date


def _event(d: Document, kind: EventKind, on: str, a: int, b: int, s: str, t: Target, basis: str = "") -> Event:
    return Event(kind, on, None, d.id, a, b, s, t.title, t.number, basis=basis)


RESULTS = (
    ("继续有效", EventKind.continued), ("保留", EventKind.continued), ("停止执行", EventKind.suspended), ("部分废止", EventKind.partly_repealed), ("部分失效", EventKind.partly_repealed),
    ("废止", EventKind.repealed), ("失效", EventKind.declared_expired), ("修改", EventKind.amended), ("修订", EventKind.amended), ("延期", EventKind.extended), ("延长", EventKind.extended),
)  # fmt: skip


def table_events(d: Document, default: str) -> Iterator[Event]:
    """One event a row of a 清理目录: a table with a column of names or numbers, and a result in a column, the header or the words above."""
    if not re.search(r"清理|废止|失效|继续有效", d.title + d.text[:3000]):
        return
    offset, header, above = 0, None, ""
    for line in d.text.splitlines(keepends=True):
        row = line.strip()
        if row.startswith("|"):
            cells = [c.strip() for c in row.strip("|").split("|")]
            if header is None:
                header = cells
            elif not re.fullmatch(r"[-:| ]+", row):
                start = offset + line.find("|")
                yield from _row(d, header, cells, above, default, start, start + len(row), row)
        elif row:
            header, above = None, row
        offset += len(line)


def _row(d: Document, header: list[str], cells: list[str], above: str, default: str, start: int, end: int, row: str) -> Iterator[Event]:
    result = _result(header, cells, above)
    if result is None:
        return
    number = next((str(n) for c in cells for _, _, n in numbers_in(c) if len(c) <= 40), "")
    title = _name(header, cells)
    if not title and not number:
        return
    dates = [parse_date(x) for c, h in zip(cells, header, strict=False) if not _OTHER_DATE.search(h) for x in re.findall(DATE, c) if parse_date(x)]
    target = Target(title, number, 0, 0)
    if result in (EventKind.continued, EventKind.extended):
        if result == EventKind.continued:
            yield _event(d, result, default, start, end, row, target, "清理目录")
        if dates:
            yield _event(d, EventKind.extended, dates[-1], start, end, row, target, "清理目录载明有效期")
        return
    yield _event(d, result, dates[-1] if dates else default, start, end, row, target, "清理目录")


def _result(header: list[str], cells: list[str], above: str) -> EventKind | None:
    """What happens to the row's document: a cell that is a result, else the header's (废止时间), else the words above the table."""
    said = [c for h, c in zip(header, cells, strict=False) if _RESULT.search(h)]
    for cell in said or cells:
        if kind := _result_of(cell):
            return kind
    if said or not any(re.search(r"名称|文件|标题", h) for h in header):
        return None
    for words in (" ".join(header), above[-60:]):
        for word, kind in RESULTS:
            if word in words:
                return kind
    return None


_RESULT = re.compile(r"清理|处理|效力|结果|结论|有效性|是否(?:继续)?有效")
"""Headers of the column that says what becomes of a row; what it does not say (拟修改, 建议废止) is no event."""
_OTHER_DATE = re.compile(r"名称|标题|(?:实施|施行|发布|发文|印发|制定|成文|公布|通过|颁布|文件)(?:日期|时间|年月)|^(?:日期|时间)$")
"""Headers of columns whose dates are not those of the event but of the document named."""


def _result_of(cell: str) -> EventKind | None:
    for word, kind in RESULTS:
        if len(cell) <= 40 and re.match(rf"(?:宣布|予以|决定|全文|已)?(?:{word})(?:类|的|处理)?(?=$|[，,。；（(、]|至|\d)", cell):
            return kind
    return None


def _name(header: list[str], cells: list[str]) -> str:
    for h, c in zip(header, cells, strict=False):
        if re.search(r"名称|标题|文件$", h) and "替代" not in h and len(c) > 3:
            return c.strip("《》")
    long = [c for c in cells if len(c) > 6 and not re.search(r"[。；]|\d{4}年\d", c) and not numbers_in(c)]
    return long[0].strip("《》") if long else ""
