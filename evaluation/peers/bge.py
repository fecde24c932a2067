"""bge (or any model folder given by JIANWEI_PEER_MODEL) through sentence-transformers, exact search: quick and best both over our units."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from evaluation.peers.common import Found, main, units


def make(folder: Path, mode: str, scratch: Path) -> Found:
    import numpy as np
    from sentence_transformers import SentenceTransformer

    model: Any = SentenceTransformer(os.environ["JIANWEI_PEER_MODEL"])
    made = units(folder)
    vectors = model.encode([text for _, text in made], normalize_embeddings=True)

    def found(question: str, k: int) -> list[Any]:
        scores = vectors @ model.encode([question], normalize_embeddings=True)[0]
        return [made[n][0] for n in np.argsort(-scores)[:k]]

    return found


if __name__ == "__main__":
    main(make, "sentence-transformers", "torch")
