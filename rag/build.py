"""Builds the index from the store: documents → passages → lexical entries and vectors.

A whole build runs in a child process (`python -m rag.build`), so that its memory is given back and a kill leaves the old
generation in service. The settings come on standard input as JSON; progress goes out as JSON lines.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from corpus.access import LOCAL
from corpus.errors import IndexError_
from corpus.models import Document
from corpus.settings import Settings
from corpus.store import Store, open_store
from rag import dense as dense_
from rag.embed import Embedder, open_embedder
from rag.generation import State, write_state
from rag.lexical import Lexical
from rag.mentions import Mentions
from rag.units import Unit, fields, units

Progress = Callable[[str, int, int], None]
"""progress(stage, done, total); total 0 when unknown."""
_BATCH = 2_000


class Vectors(Protocol):
    """What takes the vectors of new passages."""

    def add(self, ids: Sequence[str], vectors: NDArray[np.float32], security: int) -> None: ...


class Builder:
    """Writes documents into the two indexes of one generation; vectors are computed in batches."""

    def __init__(self, lexical: Lexical, dense: Vectors | None, embedder: Embedder | None, mentions: Mentions) -> None:
        self.lexical, self.dense, self.embedder, self.mentions = lexical, dense, embedder, mentions
        self._waiting: dict[int, list[Unit]] = {}

    def add(self, document: Document) -> int:
        """Index one document (not yet visible); returns its number of passages."""
        made = list(units(document))
        self.mentions.put(document.id, document.security, [u.passage.text for u in made], document.title)
        count = self.lexical.add(((u.passage, u.tokens()) for u in made), fields(document), document.security)
        if self.dense is not None:
            waiting = self._waiting.setdefault(document.security, [])
            waiting.extend(made)
            if len(waiting) >= _BATCH:
                self._embed(document.security)
        return count

    def _embed(self, security: int) -> None:
        made = self._waiting.pop(security, [])
        if made and self.dense is not None and self.embedder is not None:
            self.dense.add([u.passage.id for u in made], self.embedder.encode([u.text for u in made]), security)

    def commit(self) -> None:
        """Hand over the last vectors; make the lexical entries and the mentions durable and visible."""
        for security in list(self._waiting):
            self._embed(security)
        self.lexical.commit()
        self.mentions.save()


def embedder_of(settings: Settings) -> Embedder | None:
    """The embedder that the settings ask for."""
    return open_embedder(settings.embedding, base_url=settings.llm_base_url, api_key=settings.llm_api_key, timeout=settings.llm_timeout)


def open_vectors(generation: Path, state: State, settings: Settings, *, writable: bool) -> dense_.Dense | None:
    """The vector index of a generation; None when it was built without an embedding."""
    if not state.embedding:
        return None
    prefix = f"jianwei-{generation.name}"
    return dense_.open_dense(state.dense, generation / "dense", state.dim, url=settings.chroma_url, prefix=prefix, writable=writable)


def open_mentions(generation: Path) -> Mentions:
    """What the passages of a generation cite."""
    return Mentions(generation / "mentions.json")


def indexed(document: Document) -> bool:
    """Whether a document is searched at all: active, and no row of a hot list (those are observations of a title)."""
    return document.state == "active" and not document.extra.get("hot")


class _Spool:
    """Vectors of a whole build, int8, until their number tells which index will hold them."""

    def __init__(self) -> None:
        self.parts: list[tuple[list[str], NDArray[np.int8], int]] = []

    def add(self, ids: Sequence[str], vectors: NDArray[np.float32], security: int) -> None:
        self.parts.append((list(ids), dense_.quantise(vectors), security))

    def pour(self, target: dense_.Dense) -> None:
        for ids, vectors, security in self.parts:
            target.add(ids, dense_.restore(vectors), security)
        target.commit()


def build(settings: Settings, store: Store, generation: Path, progress: Progress | None = None) -> State:
    """Fill an empty generation from the store and write its state. Changes made meanwhile are left for `refresh`."""
    embedder, sequence, total = embedder_of(settings), store.documents.sequence(), store.documents.count(LOCAL)
    lexical, spool = Lexical(generation / "lexical"), _Spool()
    builder = Builder(lexical, spool if embedder else None, embedder, open_mentions(generation))
    for done, document in enumerate(store.documents.scan(LOCAL), 1):
        if indexed(document):
            builder.add(document)
        if progress and done % 200 == 0:
            progress("index", done, total)
    builder.commit()
    lexical.close()
    kind = dense_.choose(lexical.count(), url=settings.chroma_url)
    state = State(sequence, embedder.id if embedder else "", settings.embedding, embedder.dim if embedder else 0, kind)
    if embedder and (target := open_vectors(generation, state, settings, writable=True)) is not None:
        spool.pour(target)
    write_state(generation, state)
    if progress:
        progress("index", total, total)
    return state


def build_in_child(settings: Settings, generation: Path, progress: Progress | None = None) -> None:
    """Run `build` in a child process; raises IndexError_ with the child's last words when it fails."""
    command = [sys.executable, "-m", "rag.build", str(generation)]
    given = json.dumps(settings.model_dump(mode="json"))
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8")
    assert child.stdin is not None and child.stdout is not None and child.stderr is not None
    with child:
        child.stdin.write(given)
        child.stdin.close()
        for line in child.stdout:
            if progress and line.startswith("["):
                progress(*json.loads(line))
        words = child.stderr.read()
    if child.returncode:
        raise IndexError_("the index could not be built", generation, _reason(words) or f"exit {child.returncode}")


def _reason(words: str) -> str:
    """The line of a traceback that names the error."""
    named = [line for line in words.splitlines() if re.match(r"[\w.]+(?:Error_?|Exception|Input|Interrupt): ", line)]
    return named[-1] if named else words.strip()[-200:]


def main() -> None:
    """The child: settings on standard input, the generation's folder as argument."""
    settings = Settings(**json.loads(sys.stdin.read()))
    store = open_store(settings)
    try:
        build(settings, store, Path(sys.argv[1]), lambda stage, done, total: print(json.dumps([stage, done, total]), flush=True))
    finally:
        store.close()


if __name__ == "__main__":
    main()
