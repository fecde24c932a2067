"""Near-duplicates with planted edits: ours (rensa, numpy shingles) beside datasketch; documents a second and recall."""

from __future__ import annotations

import gzip
import json
import random
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import typer

from corpus.dedupe import near_duplicates
from corpus.promulgation import clean_law
from evaluation.commands import app
from evaluation.figures import OUT, keep

Find = Callable[[list[str]], set[tuple[int, int]]]


def passages(data: Path, count: int) -> list[str]:
    """Paragraphs of laws of at least 60 characters."""
    found: list[str] = []
    with gzip.open(data / "policy" / "laws.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            found.extend(p for p in clean_law(row["text"], row["name"])[2].split("\n") if len(p) >= 60)
    return list(dict.fromkeys(found))[:count]


def planted(texts: list[str], edits: int, seed: int) -> tuple[list[str], set[tuple[int, int]]]:
    """The texts with `edits` copies behind them in which one to three characters are changed, and the pairs."""
    chance, copies, pairs = random.Random(seed), [], set()
    for n, i in enumerate(chance.sample(range(len(texts)), edits)):
        copy = list(texts[i])
        for _ in range(chance.randint(1, max(1, min(3, len(copy) // 60)))):
            copy[chance.randrange(len(copy))] = chance.choice("甲乙丙丁的一二")
        copies.append("".join(copy))
        pairs.add((i, len(texts) + n))
    return texts + copies, pairs


def ours(texts: list[str]) -> set[tuple[int, int]]:
    """corpus.dedupe."""
    return {(p.first, p.second) for p in near_duplicates(texts, threshold=0.7)}


def datasketch(texts: list[str], permutations: int = 64, threshold: float = 0.7) -> set[tuple[int, int]]:
    """datasketch MinHash LSH over the same shingles (characters of five)."""
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=threshold, num_perm=permutations)
    found: set[tuple[int, int]] = set()
    for i, text in enumerate(texts):
        sketch = MinHash(num_perm=permutations)
        sketch.update_batch([text[j : j + 5].encode() for j in range(max(1, len(text) - 4))])
        found.update((int(other), i) for other in index.query(sketch))
        index.insert(str(i), sketch)
    return found


@app.command("dedupe")
def dedupe(data: Path = typer.Option(..., exists=True, help="Folder of the data."), count: int = 50_000, edits: int = 5_000, seed: int = 7, out: Path | None = OUT) -> None:
    """Planted edits among paragraphs of laws: documents a second and recall, beside datasketch."""
    from importlib.util import find_spec

    texts, pairs = planted(passages(data, count), edits, seed)
    systems: dict[str, Find] = {"jianwei": ours}
    if find_spec("datasketch"):
        systems["datasketch, 64 permutations, 0.7"] = datasketch
        systems["datasketch, 128 permutations, 0.5"] = partial(datasketch, permutations=128, threshold=0.5)
    typer.echo("| system | texts | docs/CPU s | recall |\n|---|---|---|---|")
    for name, find in systems.items():
        find(texts[:50])  # what is imported at first use is not measured
        start = time.process_time()
        found = find(texts)
        seconds = time.process_time() - start
        if name == "jianwei":
            keep(out, duplicates_recall=len(pairs & found) / len(pairs))
        typer.echo(f"| {name} | {len(texts)} | {len(texts) / seconds:.0f} | {len(pairs & found) / len(pairs):.4f} |")
