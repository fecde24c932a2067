"""Trains the table of rag/world.py: `jianwei train world --data FOLDER`.

Texts near the corpus are the sentences of its policies and those of FOLDER/near (petitions, titles); far ones are of FOLDER/far (hot searches, questions of a
forum, titles of papers). A logistic regression with an L2 penalty over tokens, fitted by L-BFGS; both sides weigh the same, and within a side each file by the root of its size.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize

from corpus.access import LOCAL
from corpus.errors import BadInput
from corpus.models import POLICY_KINDS
from corpus.settings import Settings
from corpus.store import Store
from corpus.text import sentences
from rag.words import words
from rag.world import TABLE, features


@dataclass(frozen=True, slots=True)
class Recipe:
    """Constants of the training."""

    most: int = 9_000
    seldom: int = 3
    penalty: float = 1.0
    held_out: float = 0.1
    step: float = 0.02
    least: int = 2
    seed: int = 20261127


_FIELDS = ("q", "p", "t", "title", "x", "text")
_NUMBER = re.compile(r"第[一二三四五六七八九十百千零〇\d]+[条章节款项]|[#*]|[A-Z]\d*(?=市|县|区|镇|街)")
"""Numbers of articles, marks, and the letters that stand for places in masked petitions: style, not matter."""


def texts_of(path: Path, recipe: Recipe) -> list[str]:
    """The beginnings of the known fields (q, p, t, title, x, text) of each line of a .jsonl(.gz) file, at most `most` drawn by the seed; raises BadInput for another form."""
    found: dict[str, None] = {}
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if not (held := [row[n] for n in _FIELDS if isinstance(row.get(n), str)]):
                raise BadInput("a line holds none of q, p, t, title, x, text", path, f"found: {', '.join(row)}")
            found |= dict.fromkeys(_NUMBER.sub("", text)[:90] for text in held)
    return _drawn([t for t in found if len(t) > 3], recipe)


def sentences_of(store: Store, recipe: Recipe) -> list[str]:
    """Sentences of the policies that anyone may read."""
    found: dict[str, None] = {}
    for document in store.documents.scan(LOCAL, kind=tuple(str(k) for k in POLICY_KINDS)):
        text = _NUMBER.sub("", document.text)
        found |= dict.fromkeys(s for a, b in sentences(text) if 8 < len(s := text[a:b].strip()) < 90)
    return _drawn(list(found), recipe)


_ASKS = (
    "{}是什么", "{}有哪些", "{}怎么办", "{}怎么申请", "{}要什么条件", "{}多少钱", "{}最高多少", "{}的比例是多少", "{}什么时候开始", "{}几年", "{}找谁",
    "{}需要哪些材料", "{}能一起吗", "{}能不能取消", "{}还可以用吗", "哪些公司可以{}", "没有{}有什么后果", "我想问一下{}怎么弄", "{}和别的有什么区别", "为什么要{}",
)  # fmt: skip
"""Ways to ask, put alike to names of both worlds, so that how a question is put says nothing."""
_SHORT = 12
_NAME = re.compile(r"^(?:.*印发|关于|中华人民共和国)|[《》〈〉“”]|(?:的(?:通知|公告|意见|决定|批复)|管理办法|实施办法|条例|办法|细则|规定|法)(?:[（(][^）)]*[）)])?")


def asked_of(names: Sequence[str], recipe: Recipe) -> list[str]:
    """Questions about short names, each asked in one way drawn by the seed."""
    rng = random.Random(recipe.seed)
    short = dict.fromkeys(n for name in names if 1 < len(n := _NAME.sub("", name).strip()) <= _SHORT)
    return _drawn([rng.choice(_ASKS).format(n) for n in short], recipe)


def _drawn(texts: Sequence[str], recipe: Recipe) -> list[str]:
    return random.Random(recipe.seed).sample(texts, min(recipe.most, len(texts)))


@dataclass(frozen=True, slots=True)
class Sample:
    """Texts as token vectors, whether they are near, and their weights."""

    rows: Sequence[Mapping[str, float]]
    near: NDArray[np.float64]
    weights: NDArray[np.float64]

    def part(self, chosen: NDArray[np.bool_]) -> Sample:
        return Sample([r for r, c in zip(self.rows, chosen, strict=True) if c], self.near[chosen], self.weights[chosen])


def sample(near: Sequence[Sequence[str]], far: Sequence[Sequence[str]]) -> Sample:
    """Groups of texts as one sample."""
    rows: list[Mapping[str, float]] = []
    sides: list[float] = []
    weights: list[float] = []
    for side, groups in ((1.0, near), (0.0, far)):
        total = sum(len(g) ** 0.5 for g in groups)
        for group in groups:
            rows += [features(t) for t in group]
            sides += [side] * len(group)
            weights += [len(group) ** 0.5 / total / len(group)] * len(group)
    return Sample(rows, np.array(sides), np.array(weights) * len(rows) / 2)


def fit(given: Sample, recipe: Recipe) -> tuple[dict[str, float], float]:
    """Weight of each token that `seldom` texts or more hold, and the bias."""
    counts = Counter(t for row in given.rows for t in row)
    numbers = {t: i for i, t in enumerate(sorted(t for t, n in counts.items() if n >= recipe.seldom))}
    matrix, sign = _matrix(given.rows, numbers), np.where(given.near == 1, 1.0, -1.0)

    def loss(b: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margin = sign * (matrix @ b[:-1] + b[-1])
        pull = -given.weights * sign / (1 + np.exp(np.minimum(margin, 500)))
        value = float((given.weights * np.logaddexp(0, -margin)).sum() + recipe.penalty / 2 * (b[:-1] @ b[:-1]))
        return value, np.append(matrix.T @ pull + recipe.penalty * b[:-1], pull.sum())

    best = minimize(loss, np.zeros(len(numbers) + 1), jac=True, method="L-BFGS-B", options={"maxiter": 200}).x
    return dict(zip(numbers, map(float, best[:-1]), strict=True)), float(best[-1])


def _matrix(rows: Sequence[Mapping[str, float]], numbers: Mapping[str, int]) -> sparse.csr_matrix:
    """[texts, tokens] float64."""
    cells = [(i, numbers[t], w) for i, row in enumerate(rows) for t, w in row.items() if t in numbers]
    at, token, value = (np.array(x) for x in zip(*cells, strict=True))
    return sparse.csr_matrix((value, (at, token)), shape=(len(rows), len(numbers)))


def right(weights: Mapping[str, float], bias: float, given: Sample) -> float:
    """Weighted share of the texts that fall on their side, 0..1."""
    said = np.array([sum(weights.get(t, 0.0) * w for t, w in row.items()) + bias > 0 for row in given.rows])
    return float((given.weights * (said == (given.near == 1))).sum() / given.weights.sum())


def train_world(store: Store, out: Path, *, near: Sequence[Path], far: Sequence[Path], recipe: Recipe | None = None) -> dict[str, Any]:
    """Train, write the table to `out` (.json.gz), and return its figures: texts and share right on those held out."""
    recipe, began = recipe or Recipe(), time.monotonic()
    if not far:
        raise BadInput("no texts of another world", far, "give files in far/")
    titles = [d.title for d in store.documents.scan(LOCAL, kind=tuple(str(k) for k in POLICY_KINDS))]
    table = words()
    known = [*table.names, *table.terms, *table.said, *(w for others in table.said.values() for w in others)]
    sides = [sentences_of(store, recipe), *(texts_of(p, recipe) for p in near)], [texts_of(p, recipe) for p in far]
    every = sample(*([g for g in (*groups, asked_of([*more, *(t for group in groups for t in group)], recipe)) if g] for groups, more in zip(sides, ((*titles, *known), ()), strict=True)))
    held = np.random.default_rng(recipe.seed).random(len(every.rows)) < recipe.held_out
    tried = fit(every.part(~held), recipe)
    figures = {"near": int(every.near.sum()), "far": int((1 - every.near).sum()), "held_out_right": round(right(*tried, every.part(held)), 4)}
    weights, bias = fit(every, recipe)
    tokens = write(out, weights, bias, recipe, {"figures": figures, "files": sorted(p.name for p in (*near, *far))})
    return figures | {"tokens": tokens, "seconds": round(time.monotonic() - began, 1)}


def write(out: Path, weights: Mapping[str, float], bias: float, recipe: Recipe, card: Mapping[str, Any]) -> int:
    """The table with weights as whole steps, those of fewer than `least` left out; returns how many tokens it holds."""
    kept = {t: n for t, w in weights.items() if abs(n := round(w / recipe.step)) >= recipe.least}
    data = {**card, "bias": bias, "scale": recipe.step, "weights": kept}
    out.write_bytes(gzip.compress(json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode(), mtime=0))
    return len(kept)


def train(settings: Settings, store: Store, *, data: Path | None = None, progress: object = None) -> dict[str, Any]:
    """Train for a home on its policies and the files of data/near and data/far; the table goes to HOME/world.json.gz, where answers find it."""
    if data is None or not (data / "far").is_dir():
        raise BadInput("no texts of other worlds named", data or "--data", "a folder with far/*.jsonl (and near/*.jsonl) of lines with q, p, t, title, x or text")
    near, far = (sorted((data / side).glob("*.jsonl*")) for side in ("near", "far"))
    return train_world(store, settings.home / TABLE, near=near, far=far)
