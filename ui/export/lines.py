"""Breaking Chinese text into lines: no closing mark begins a line, no opening mark ends one, numbers and Latin words stay whole (禁则)."""

from __future__ import annotations

import re
from collections.abc import Callable

from corpus.report import TableBlock

NOT_FIRST = frozenset("，。、；：？！）］】》〉”’」』〕…—·％%,.;:?!)]}～°℃")
NOT_LAST = frozenset("（［【《〈“‘「『〔([{№￥$")
_UNIT = re.compile(r"[-+]?[A-Za-z0-9][A-Za-z0-9.,:/_+\-@#&=?%]*|.", re.DOTALL)
_MOST = 4
"""So many units may go down to the next line together."""


def shares(block: TableBlock) -> list[float]:
    """The relative width of each column: as the report says, else by its longest cell, 3 to 24 characters."""
    rows = (block.header, *block.rows)
    return list(block.widths) or [float(max(3, min(24, max(len(r[c]) for r in rows if c < len(r))))) for c in range(len(block.header))]


def broken(text: str, width: float, measure: Callable[[str], float], indent: float = 0.0) -> list[str]:
    """Lines of at most `width` (points, by `measure`), the first one shorter by `indent`; line feeds of the text are kept."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines += _paragraph(paragraph, width, measure, indent if not lines else 0.0)
    return lines


def _paragraph(text: str, width: float, measure: Callable[[str], float], indent: float) -> list[str]:
    lines: list[str] = []
    line: list[str] = []
    used = indent
    for unit in _units(text, width, measure):
        size = measure(unit)
        if line and used + size > width:
            down = _carried(line, unit)
            lines.append("".join(line[: len(line) - len(down)]))
            line = down
            used = sum(measure(u) for u in line)
        line.append(unit)
        used += size
    return [*lines, "".join(line)]


def _units(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    found: list[str] = []
    for unit in _UNIT.findall(text):
        found += [unit] if len(unit) == 1 or measure(unit) <= width * 0.6 else list(unit)
    return found


def _carried(line: list[str], unit: str) -> list[str]:
    """Units at the end of a full line that go down with `unit`; none when that would empty the line."""
    for n in range(min(_MOST, len(line) - 1) + 1):
        first = line[len(line) - n] if n else unit
        if first not in NOT_FIRST and line[len(line) - n - 1] not in NOT_LAST:
            return line[len(line) - n :] if n else []
    return []
