"""txtai: quick = its Segmentation by sentences joined to paragraphs, vectors only; best = our units as jieba words, hybrid (BM25 and vectors)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evaluation.peers.common import WORDS_SHARE, Found, documents, encode, main, units, words


def make(folder: Path, mode: str, scratch: Path) -> Found:
    import numpy as np
    from txtai import Embeddings

    def transform(texts: list[str]) -> Any:
        return np.array(encode([text.replace(" ", "") for text in texts]), dtype=np.float32)

    given: dict[str, Any] = {"method": "external", "transform": transform}
    if mode == "quick":
        keys, texts = _paragraphs(folder)
    else:
        made = units(folder)
        keys, texts = [key for key, _ in made], [" ".join(words(text)) for _, text in made]
        given |= {"hybrid": True, "scoring": {"method": "bm25", "terms": True, "normalize": True, "tokenizer": {"alphanum": False, "stopwords": False, "lowercase": True}}}
    engine = Embeddings(**given)
    engine.index([(n, text, None) for n, text in enumerate(texts)])

    def found(question: str, k: int) -> list[Any]:
        asked = question if mode == "quick" else " ".join(words(question))
        return [keys[int(n)] for n, _ in engine.search(asked, k, weights=None if mode == "quick" else [1 - WORDS_SHARE, WORDS_SHARE])]

    return found


def _paragraphs(folder: Path) -> tuple[list[Any], list[str]]:
    """Paragraphs (lines), as txtai's Segmentation(paragraphs=True) cuts them."""
    keys: list[Any] = []
    texts: list[str] = []
    for d in documents(folder):
        start = 0
        for line in d["text"].split("\n"):
            if line.strip():
                keys.append([d["_id"], start, start + len(line)])
                texts.append(line)
            start += len(line) + 1
    return keys, texts


if __name__ == "__main__":
    main(make, "txtai", "torch")
