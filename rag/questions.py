"""Questions written for articles of laws as people ask them: what the trainings of this package learn from beside the corpus itself."""

from __future__ import annotations

import gzip
import json
from functools import cache
from importlib.resources import files

from rag.lexical import article_key
from rag.titles import title_key

Article = tuple[str, str]
"""Title key of a law and article key."""


@cache
def written() -> dict[Article, tuple[str, ...]]:
    """Article → its questions, of data/questions.jsonl.gz ({law, article, asked} a line)."""
    packed = files("rag").joinpath("data/questions.jsonl.gz").read_bytes()
    rows = (json.loads(line) for line in gzip.decompress(packed).decode("utf-8").splitlines())
    return {(title_key(row["law"]), article_key(row["article"])): tuple(row["asked"]) for row in rows}
