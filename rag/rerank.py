"""Optional reranking of the best passages by a cross-encoder of transformers, chosen by `settings.reranker`.

    reranker = open_reranker(settings)     # None when no reranker is set
    order = reranker.order("问题", ["段落甲", "段落乙"])   # [1, 0]: indices, best first
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from corpus.errors import ModelError, SettingsError
from corpus.settings import Settings

DEPTH = 20
"""So many of the retriever's best are reordered; what follows keeps its place."""


class CrossEncoder:
    """A sequence-pair classifier by path or name (the `ml` extra); of several outputs the last is relevance."""

    def __init__(self, name: str) -> None:
        try:
            from sentence_transformers import CrossEncoder as Model
        except ImportError as error:
            raise SettingsError("this reranker needs the ml extra", name, "pip install 'jianwei[ml]', or leave reranker empty") from error
        try:
            self._model: Any = Model(name, max_length=512, trust_remote_code=False)
        except (OSError, ValueError) as error:
            raise ModelError("the reranker cannot be loaded", name, "the folder of a transformers cross-encoder with its tokenizer") from error
        self.name, self._lock = name, threading.Lock()

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """Relevance of each text, higher is better. Raises ModelError."""
        if not texts:
            return []
        try:
            with self._lock:
                found = self._model.predict([(question, text) for text in texts], show_progress_bar=False, batch_size=DEPTH)
        except (RuntimeError, ValueError, IndexError) as error:
            raise ModelError("the reranker failed", self.name, str(error)[:200]) from error
        return [float(row if row.ndim == 0 else row[-1]) for row in found]

    def order(self, question: str, texts: Sequence[str]) -> list[int]:
        """Indices of the texts, best first: the first DEPTH by relevance (ties in the given order), then the rest as given."""
        scored = self.scores(question, texts[:DEPTH])
        head = sorted(range(len(scored)), key=lambda i: -scored[i])
        return [*head, *range(len(scored), len(texts))]


def open_reranker(settings: Settings) -> CrossEncoder | None:
    """The reranker of the settings, or None. Raises SettingsError, ModelError."""
    return CrossEncoder(settings.reranker) if settings.reranker else None
