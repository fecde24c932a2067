"""Clauses of two texts held side by side: aligned by article number and by words; same, changed (with the characters that differ), added, dropped."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from corpus.models import Document
from rag.fit import bag
from rag.statements import Statement, condense, sayable

ALIKE = 0.45
"""Least likeness (Dice of bigrams, 0..1) of clauses that are held to be the same clause."""
NEAR = 0.28
"""Least likeness when the article numbers or the headings agree."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One row: state is same, changed, added or dropped; `old` and `new` are clauses (None where there is none); likeness 0..1."""

    state: str
    old: Statement | None
    new: Statement | None
    likeness: float


def align(a: Document, b: Document) -> list[Pair]:
    """Pairs in the order of the newer text `b`, dropped clauses where they stood. Best likeness is taken first."""
    old, new = _clauses(a), _clauses(b)
    keys_old, keys_new = [_key(a, s) for s in old], [_key(b, s) for s in new]
    bags_old, bags_new = [bag(k) for k in keys_old], [bag(k) for k in keys_new]
    roles_old, roles_new = [_roles(k) for k in keys_old], [_roles(k) for k in keys_new]
    scored = []
    for i, x in enumerate(old):
        for j, y in enumerate(new):
            akin, role = _akin(x, y), bool(roles_old[i] & roles_new[j])
            likeness = dice(bags_old[i], bags_new[j])
            if likeness >= (0.1 if role else NEAR if akin else ALIKE):
                scored.append((likeness + 0.05 * akin + 0.3 * role, -abs(i / max(1, len(old)) - j / max(1, len(new))), i, j, likeness))
    left: dict[int, tuple[int, float]] = {}
    right: set[int] = set()
    for _, _, i, j, likeness in sorted(scored, reverse=True):
        if i not in left and j not in right:
            left[i] = (j, likeness)
            right.add(j)
    return _ordered(a, b, old, new, left)


def _clauses(d: Document) -> list[Statement]:
    """Clauses with words; addressees and tables of forms left out."""
    found = [s for s in sayable(d) if s.end - s.start >= 8]
    if any(s.article for s in found):
        found = [s for s in found if s.article or s.kind == "table"] or found
    return [s for s in found if not re.search(r"申请表|核定表|填报说明|计算示例", s.heading)]


def _key(d: Document, s: Statement) -> str:
    return condense(s.text(d))


_ROLES = (re.compile(r"自.{2,24}起(?:施行|实施|执行)|有效期.{1,6}年"), re.compile(r"负责解释"), re.compile(r"^为(?:了|深入|进一步|落实|贯彻|规范|激励|加强|推动)?.*制定本"))


def _roles(key: str) -> frozenset[int]:
    """Which of the clauses of purpose, of explanation, and of when the text applies a clause is."""
    return frozenset(n for n, r in enumerate(_ROLES) if r.search(key))


def _akin(x: Statement, y: Statement) -> bool:
    return bool(x.article and x.article == y.article) or bool(x.heading and x.heading == y.heading)


def dice(a: set[str] | frozenset[str], b: set[str] | frozenset[str]) -> float:
    """2|a∩b| / (|a|+|b|), 0..1."""
    return 2 * len(a & b) / (len(a) + len(b)) if a or b else 1.0


def _ordered(a: Document, b: Document, old: Sequence[Statement], new: Sequence[Statement], left: dict[int, tuple[int, float]]) -> list[Pair]:
    by_new = {j: (i, likeness) for i, (j, likeness) in left.items()}
    rows: list[Pair] = []
    done = 0
    for j, y in enumerate(new):
        if j not in by_new:
            rows.append(Pair("added", None, y, 0.0))
            continue
        i, likeness = by_new[j]
        while done < i:
            if done not in left:
                rows.append(Pair("dropped", old[done], None, 0.0))
            done += 1
        done = max(done, i + 1)
        same = plain(_key(a, old[i])) == plain(_key(b, y))
        rows.append(Pair("same" if same else "changed", old[i], y, likeness))
    rows += [Pair("dropped", old[i], None, 0.0) for i in range(done, len(old)) if i not in left]
    return rows


def plain(text: str) -> str:
    """A text without white space and marks, by which two of them are the same."""
    return re.sub(r"[\s，。；：、“”‘’（）(),;:\"]", "", text)


def marked(old: str, new: str) -> str:
    """The change as people mark it: 【删：…】【增：…】 between what stayed; short islands between changes are taken into them."""
    parts = []
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, i1, i2, j1, j2 in _merged(matcher.get_opcodes()):
        if tag == "equal":
            parts.append(old[i1:i2])
            continue
        parts.append(f"【删：{old[i1:i2]}】" if i2 > i1 else "")
        parts.append(f"【增：{new[j1:j2]}】" if j2 > j1 else "")
    return "".join(parts)


Opcode = tuple[str, int, int, int, int]


def _merged(codes: Sequence[Opcode]) -> list[Opcode]:
    """Opcodes with equal runs of one or two characters between changes taken into the change."""
    out: list[Opcode] = []
    for n, (tag, i1, i2, j1, j2) in enumerate(codes):
        island = tag == "equal" and i2 - i1 <= 2 and 0 < n < len(codes) - 1
        if (tag != "equal" or island) and out and out[-1][0] != "equal":
            _, a, _, c, _ = out[-1]
            out[-1] = ("replace", a, i2, c, j2)
        else:
            out.append(("replace" if island else tag, i1, i2, j1, j2))
    return out
