"""Reranking of the best passages by a cross-encoder, chosen by `settings.reranker`: ours (int8 ONNX, no torch), or any of transformers.

    reranker = open_reranker(settings)     # None for off
    reranker.scores("问题", ["段落甲", "段落乙"])   # relevance of each, higher is better

Ours is one more feature of the linear score (`reranker` of data/ranking.toml) of questions in sentences, where the query wants it
(`Query.rerank`: the library and the command line do), since it costs some 40 ms; one of transformers puts the best in its own order in every search.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

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


_CLS, _SEP = 2, 3
_SPECIAL = 5
"""Numbers of the tokenizer: 0 fills up, 1 is unknown, 2 opens, 3 parts, 4 masks; words begin behind them."""
_QUESTION, _LENGTH, _SHOWN = 40, 112, 340
"""Tokens of a question and of question and passage together; characters of a passage that are looked at."""
_TOGETHER = 5
"""So many passages of like length are read at once: two fifths of the time of all at once, which fills up to the longest."""
_LABEL = re.compile(r"^第[^条\s]{1,9}条(?:之.)?\s*")
Numbers = NDArray[np.int64]


def shown(title: str, text: str) -> str:
    """A passage as the reranker was taught to see it: title, then the text without its article number and white space."""
    body = "".join(_LABEL.sub("", text.strip()).split())
    return f"{title.replace('中华人民共和国', '')} {body}"[:_SHOWN]


def packed(question: Sequence[int], passages: Sequence[Sequence[int]]) -> dict[str, Numbers]:
    """Inputs of the model, each [passages, length]: opening, question, parting, passage, parting.

    Token types tell exact matches: 3 a word of the question that the passage holds, 2 a word of the passage that the question holds, 1 and 0 the others.
    """
    asked, longest = list(question[:_QUESTION]), max(map(len, passages))
    length = min(longest + len(asked[:_QUESTION]) + 3, _LENGTH)
    ids = np.zeros((len(passages), length), np.int64)
    for row, passage in zip(ids, passages, strict=True):
        tokens = [_CLS, *asked, _SEP, *passage[: length - 3 - len(asked)], _SEP]
        row[: len(tokens)] = tokens
    inside = (np.arange(length) > len(asked) + 1) & (ids > 0)
    words = np.array([token if token >= _SPECIAL else -1 for token in asked], np.int64)
    same = (words[None, :, None] == ids[:, None, :]) & inside[:, None, :]
    types = inside * (1 + same.any(1).astype(np.int64))
    types[:, 1 : len(asked) + 1] = 3 * same.any(2)
    return {"input_ids": ids, "attention_mask": (ids > 0).astype(np.int64), "token_type_ids": types}


_ASKS = re.compile(r"[?？]|吗|呢|么|怎|如何|咋|啥|谁|哪|几|多[久长少]|[能可是]否|可以|能不能|要不要|该不该|应不应")


def asks(text: str) -> bool:
    """Whether a text is a question in a sentence, as our reranker learned from; key words and names are found without it."""
    return len(text) >= 8 and bool(_ASKS.search(text))


class Builtin:
    """Our cross-encoder: a folder with model.onnx and tokenizer.json, as `jianwei train reranker` writes it."""

    def __init__(self, folder: Path) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        if not (folder / "model.onnx").exists():
            raise SettingsError("no reranker lies here", folder, "give a folder that `jianwei train reranker` wrote, or set reranker to builtin or off")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 2
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._session = onnxruntime.InferenceSession(  # that fusion's kernel takes a third of the time
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"], disabled_optimizers=["SkipLayerNormFusion"]
        )

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """Relevance (a logit, about -20 to 10) of each passage as `shown` gives it."""
        if not texts:
            return []
        asked = self._tokenizer.encode(question, add_special_tokens=False).ids
        read = [e.ids for e in self._tokenizer.encode_batch(list(texts), add_special_tokens=False)]
        found = [0.0] * len(read)
        by_length = sorted(range(len(read)), key=lambda i: len(read[i]))
        for some in (by_length[n : n + _TOGETHER] for n in range(0, len(read), _TOGETHER)):
            for i, score in zip(some, self._session.run(["score"], packed(asked, [read[i] for i in some]))[0], strict=True):
                found[i] = float(score)
        return found


@lru_cache(maxsize=2)
def _opened(folder: Path) -> Builtin:
    return Builtin(folder)


def open_reranker(settings: Settings) -> CrossEncoder | Builtin | None:
    """The reranker of a setting: builtin | builtin:FOLDER | off | path or name of a transformers cross-encoder. Raises SettingsError, ModelError."""
    name, _, folder = settings.reranker.partition(":")
    if name == "builtin":
        return _opened(Path(folder) if folder else Path(str(resources.files("rag") / "data" / "reranker")))
    return CrossEncoder(settings.reranker) if settings.reranker not in ("", "off") else None
