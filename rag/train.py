"""Trains the static embedding from the corpus itself, with NumPy and SciPy only: `jianwei train embedding`.

Each text is the set of its tokens (corpus.text.tokens); its vector is the mean of their vectors. Two texts that belong
together (headings and article; a sentence and the rest of its passage; a question that was written for an article, from
data/questions.jsonl.gz; question and answer in pair files) are pulled together against the other texts of the batch: InfoNCE in both directions (van den Oord et al. 2018), rows updated by Adagrad. Half of the batches
come from one document each, so that neighbours of one law are told apart. Half of the tokens are dropped at random.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from corpus.access import LOCAL
from corpus.errors import BadInput
from corpus.models import POLICY_KINDS
from corpus.settings import Settings
from corpus.store import Store
from corpus.text import sentences, tokens
from rag.questions import answered, bare
from rag.units import units

Log = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Recipe:
    """Constants of the training; `seconds` ends it early on a slow machine."""

    tokens: int = 45_000
    dim: int = 192
    batch: int = 768
    steps: int = 6_000
    rate: float = 0.3
    temperature: float = 0.05
    keep: float = 0.5
    seconds: float = 540.0
    seed: int = 20261121


@dataclass(frozen=True, slots=True)
class Pair:
    """Two texts, as tokens, that belong together; `group` keeps texts of one document together (empty: none)."""

    left: list[str]
    right: list[str]
    group: str = ""


def corpus_pairs(store: Store, rng: random.Random) -> Iterator[Pair]:
    """Self-supervised pairs of every passage of policy documents: headings ↔ body, a sentence ↔ headings and the rest."""
    for document in store.documents.scan(LOCAL, kind=tuple(str(k) for k in POLICY_KINDS)):
        for unit in units(document):
            text, context = unit.passage.text, tokens(unit.context)
            if len(text) < 20:
                continue
            yield Pair(context, tokens(text), "")
            left, right = _cut(text, rng)
            yield Pair(tokens(left), context + tokens(right), document.id)


TIMES = 3
"""How often each written question is taken beside the pairs of the corpus itself."""


def _cut(text: str, rng: random.Random) -> tuple[str, str]:
    """One sentence and the rest; of a single sentence a random half and the rest."""
    spans = sentences(text)
    if len(spans) > 1:
        start, end = rng.choice(spans)
    else:
        start = rng.randrange(0, len(text) // 2)
        end = start + len(text) // 2
    return text[start:end], text[:start] + text[end:]


_FREE = re.compile(r"CC0|CC-BY-\d|MIT|Apache|BSD|\bPD\b|public domain", re.I)
"""Licences that let weights be given on; share-alike ones and none stated do not."""


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def asked_in(paths: Iterable[Path]) -> set[str]:
    """The questions (`question`, white space removed) of test files, which training must not see."""
    return {bare(str(row["question"])) for path in paths for row in _rows(path) if row.get("question")}


def fair_rows(path: Path, held_out: Set[str], *, limit: int = 0) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """Rows of a .jsonl(.gz) file with `q`, `p` and `lic`, and how many were taken and left out (`licence`, `held_out`).

    A row is held out if its question is one of `held_out`, or its passage answers one of them: training and test share no gold text.
    Raises BadInput naming a file of another form.
    """
    rows = list(_rows(path))
    if odd := next((row for row in rows if not {"q", "p", "lic"} <= row.keys()), None):
        raise BadInput("a pair file needs q, p and lic (its licence) in each line", path, f"found: {', '.join(odd)}")
    free = [row for row in rows if _FREE.search(row["lic"])]
    gold = {bare(row["p"]) for row in rows if bare(row["q"]) in held_out}
    fair = [row for row in free if bare(row["q"]) not in held_out and bare(row["p"]) not in gold]
    taken = fair[:limit] if limit else fair
    return taken, {"taken": len(taken), "licence": len(rows) - len(free), "held_out": len(free) - len(fair)}


def file_pairs(path: Path, held_out: Set[str], *, limit: int = 0, length: int = 600) -> tuple[list[Pair], dict[str, int]]:
    """The rows of `fair_rows` as pairs."""
    taken, counts = fair_rows(path, held_out, limit=limit)
    return [Pair(tokens(row["q"][:length]), tokens(row["p"][:length])) for row in taken], counts


def vocabulary(pairs: Sequence[Pair], size: int) -> tuple[dict[str, int], NDArray[np.float32]]:
    """The `size` tokens of most texts → number, and their inverse document frequency."""
    counts: Counter[str] = Counter()
    for pair in pairs:
        counts.update(set(pair.left))
        counts.update(set(pair.right))
    common = [(token, n) for token, n in counts.most_common(size) if n >= 3]
    idf = np.log(1 + 2 * len(pairs) / np.array([n for _, n in common], dtype=np.float32))
    return {token: i for i, (token, _) in enumerate(common)}, idf.astype(np.float32)


def bags(texts: Iterable[Sequence[str]], numbers: dict[str, int]) -> sparse.csr_matrix:
    """Texts as rows of 0/1 over the vocabulary, [texts, tokens] float32."""
    ends: list[int] = [0]
    columns: list[int] = []
    for text in texts:
        columns.extend({numbers[t] for t in text if t in numbers})
        ends.append(len(columns))
    return sparse.csr_matrix((np.ones(len(columns), np.float32), np.array(columns, np.int32), np.array(ends)), shape=(len(ends) - 1, len(numbers)))


class Trainer:
    """Vectors of tokens, [tokens, dim] float32, and the Adagrad sum of each row."""

    def __init__(self, idf: NDArray[np.float32], recipe: Recipe) -> None:
        self.recipe, self.rng = recipe, np.random.default_rng(recipe.seed)
        start = self.rng.standard_normal((len(idf), recipe.dim), dtype=np.float32) / np.float32(np.sqrt(recipe.dim))
        self.vectors: NDArray[np.float32] = start * (0.3 * idf[:, None])
        self._sums = np.full(len(idf), 1e-6, np.float32)

    def step(self, left: sparse.csr_matrix, right: sparse.csr_matrix, rate: float) -> float:
        """One batch; returns its loss in nats."""
        left, right = self._drop(left), self._drop(right)
        u, nu = _units(left @ self.vectors)
        v, nv = _units(right @ self.vectors)
        loss, pull = _contrast(u, v, self.recipe.temperature)
        gu, gv = pull @ v, pull.T @ u
        self._update(left, (gu - u * (u * gu).sum(1, keepdims=True)) / nu, right, (gv - v * (v * gv).sum(1, keepdims=True)) / nv, rate)
        return loss

    def _drop(self, rows: sparse.csr_matrix) -> sparse.csr_matrix:
        rows = rows.copy()
        rows.data *= self.rng.random(len(rows.data), dtype=np.float32) < self.recipe.keep
        rows.eliminate_zeros()
        return rows

    def _update(self, left: sparse.csr_matrix, gl: NDArray[np.float32], right: sparse.csr_matrix, gr: NDArray[np.float32], rate: float) -> None:
        both = sparse.vstack([left, right], format="csr")
        touched, both.indices = np.unique(both.indices, return_inverse=True)
        both = sparse.csr_matrix((both.data, both.indices, both.indptr), shape=(both.shape[0], len(touched)))
        gradient = both.T @ np.vstack([gl, gr])
        self._sums[touched] += (gradient**2).mean(1)
        self.vectors[touched] -= rate * gradient / np.sqrt(self._sums[touched])[:, None]


def _units(x: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    norms = np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-6)
    return x / norms, norms


def _contrast(u: NDArray[np.float32], v: NDArray[np.float32], temperature: float) -> tuple[float, NDArray[np.float32]]:
    """InfoNCE both ways over a batch, and its gradient by the [n, n] cosines."""
    logits = (u @ v.T) / temperature
    n = len(u)
    forth = _softmax(logits)
    back = _softmax(logits.T).T
    diagonal = np.arange(n)
    loss = -float(np.log(np.maximum(forth[diagonal, diagonal], 1e-9)).mean())
    pull = (forth + back) / 2
    pull[diagonal, diagonal] -= 1
    return loss, np.asarray(pull / (temperature * n), dtype=np.float32)


def _softmax(x: NDArray[np.float32]) -> NDArray[np.float32]:
    e = np.exp(x - x.max(1, keepdims=True))
    return np.asarray(e / e.sum(1, keepdims=True))


class Batches:
    """Row numbers of batches: by turns at random, and from whole groups (documents) until the batch is full."""

    def __init__(self, pairs: Sequence[Pair], size: int, rng: np.random.Generator) -> None:
        self.size, self.rng, self.count = size, rng, len(pairs)
        grouped: dict[str, list[int]] = {}
        for n, pair in enumerate(pairs):
            if pair.group:
                grouped.setdefault(pair.group, []).append(n)
        self.groups = [np.array(g) for g in grouped.values() if len(g) >= 8]

    def draw(self, turn: int) -> NDArray[np.int64]:
        if turn % 2 == 0 or not self.groups:
            return self.rng.choice(self.count, min(self.size, self.count), replace=False)
        drawn: list[NDArray[np.int64]] = []
        while sum(map(len, drawn)) < min(self.size, self.count // 2) and len(drawn) < 64:
            group = self.groups[int(self.rng.integers(len(self.groups)))]
            drawn.append(self.rng.choice(group, min(len(group), 96), replace=False))
        return np.unique(np.concatenate(drawn))[: self.size]


def fit(pairs: Sequence[Pair], recipe: Recipe, log: Log = lambda _: None) -> tuple[dict[str, int], NDArray[np.float32], dict[str, Any]]:
    """Vocabulary, token vectors, and figures of the run."""
    if len(pairs) < 2:
        raise BadInput("too few texts to train on", len(pairs), "import documents first")
    began = time.monotonic()
    numbers, idf = vocabulary(pairs, recipe.tokens)
    left, right = bags((p.left for p in pairs), numbers), bags((p.right for p in pairs), numbers)
    trainer, batches, losses = Trainer(idf, recipe), Batches(pairs, recipe.batch, np.random.default_rng(recipe.seed)), []
    for turn in range(recipe.steps):
        done = max(turn / recipe.steps, (time.monotonic() - began) / recipe.seconds)
        if done >= 1:
            break
        rows = batches.draw(turn)
        losses.append(trainer.step(left[rows], right[rows], recipe.rate * (1 - done)))
        if (turn + 1) % 500 == 0:
            log(f"step {turn + 1} of {recipe.steps}, loss {np.mean(losses[-500:]):.3f}, {time.monotonic() - began:.0f} s")
    figures = {"pairs": len(pairs), "tokens": len(numbers), "steps": len(losses), "loss": round(float(np.mean(losses[-200:])), 4)}
    return numbers, trainer.vectors, figures | {"seconds": round(time.monotonic() - began, 1)}


def export(numbers: dict[str, int], vectors: NDArray[np.float32], folder: Path, card: dict[str, Any]) -> None:
    """Write a model2vec model: int8 rows with a float weight each, a word-level tokenizer, and card.json."""
    from model2vec import StaticModel
    from tokenizers import Tokenizer, models, pre_tokenizers

    names = sorted(numbers, key=numbers.__getitem__)
    tokenizer = Tokenizer(models.WordLevel({**{t: i for i, t in enumerate(names)}, "[UNK]": len(names)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    largest = np.maximum(np.abs(vectors).max(1), 1e-9)
    rows = np.vstack([np.rint(vectors / largest[:, None] * 127), np.zeros((1, vectors.shape[1]))]).astype(np.int8)
    weights = np.append(largest / 127, 0).astype(np.float16)
    folder.mkdir(parents=True, exist_ok=True)
    model = StaticModel(rows, tokenizer, config={}, normalize=True, weights=weights, token_mapping=np.arange(len(names) + 1))
    model.save_pretrained(folder)
    for made in ("README.md", "modules.json"):
        (folder / made).unlink(missing_ok=True)
    (folder / "card.json").write_text(json.dumps(card, ensure_ascii=False, indent=1) + "\n", "utf-8")


def train_embedding(
    store: Store, folder: Path, *, pairs: Sequence[Path] = (), held_out: Sequence[Path] = (), recipe: Recipe | None = None, version: str = "", log: Log = lambda _: None
) -> dict[str, Any]:
    """Train on the policy documents of `store` and on pair files, without what the test files `held_out` ask; write the model to `folder`; returns its card."""
    recipe = recipe or Recipe()
    asked, counts = asked_in(held_out), {}
    own = [Pair(tokens(a.question), tokens(f"{a.above} {a.text}"), a.document) for a in answered(store, asked)]
    every = [*corpus_pairs(store, random.Random(recipe.seed)), *own * TIMES]
    for path in pairs:
        some, counts[path.name] = file_pairs(path, asked, limit=15_000)
        every += some
        log(f"{path.name}: {counts[path.name]}")
    numbers, vectors, figures = fit(every, recipe, log)
    made = version or time.strftime("%Y%m%d%H%M%S", time.gmtime())
    card = {
        "version": made, "dim": recipe.dim, "sequence": store.documents.sequence(), "pair_files": sorted(name for name, n in counts.items() if n["taken"]),
        "pairs_of": counts, "written_questions": len(own), "held_out_questions": len(asked), "figures": figures,
    }  # fmt: skip
    export(numbers, vectors, folder, card)
    return card


def train(settings: Settings, store: Store, *, data: Path | None = None, without: Path | None = None, progress: Log | None = None) -> dict[str, Any]:
    """Train on a home's policies and the pair files of `data`, `without` the questions of test files; the model goes to HOME/embedding. Returns its card and the setting that uses it."""
    folder = settings.home / "embedding"
    return train_embedding(store, folder, pairs=files_of(data), held_out=files_of(without), log=progress or (lambda _: None)) | {"setting": f"static:{folder}"}


def files_of(given: Path | None) -> list[Path]:
    """The .jsonl files of a folder, or the file given."""
    return [] if given is None else sorted(given.glob("*.jsonl*")) if given.is_dir() else [given]
