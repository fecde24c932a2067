"""Embeddings of passages and questions: ours (static, no torch), or any sentence-transformers or OpenAI-compatible model by one setting.

    embedder = open_embedder("builtin")        # None for "off"
    vectors = embedder.encode(["第一条 为了…"])  # [n, dim] float32, L2-normalised
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence, Set
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from corpus.errors import ModelError, SettingsError
from corpus.text import tokens

Matrix = NDArray[np.float32]


class Embedder(Protocol):
    """`id` changes whenever the vectors change; `dim` is their length. Some embed weighted tokens too (`weighed`)."""

    @property
    def id(self) -> str: ...
    @property
    def dim(self) -> int: ...
    def encode(self, texts: Sequence[str], *, question: bool = False) -> Matrix: ...


def unit(vectors: NDArray[Any]) -> Matrix:
    """Rows scaled to length 1 (a zero row stays zero)."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(norms, 1e-12), dtype=np.float32)


class Static:
    """A model2vec model over our own tokens (corpus.text.tokens): the mean of the vectors of a text's distinct tokens."""

    def __init__(self, folder: Path, name: str = "builtin") -> None:
        from model2vec import StaticModel

        if not (folder / "card.json").exists():  # model2vec would ask the network for it
            raise SettingsError("no embedding lies here", folder, "give a folder that `jianwei train embedding` wrote")
        self._name = name
        model = StaticModel.from_pretrained(folder, max_length=512, force_download=False)
        self._card: dict[str, Any] = json.loads((folder / "card.json").read_text("utf-8"))
        scale = 1.0 if model.weights is None else model.weights.astype(np.float32)[:, None]
        self._vectors: Matrix = model.embedding.astype(np.float32) * scale
        self._numbers = {token: n for n, token in enumerate(model.tokens)}

    @property
    def id(self) -> str:
        return f"{self._name}:{self._card['version']}"

    @property
    def dim(self) -> int:
        return int(self._vectors.shape[1])

    def encode(self, texts: Sequence[str], *, question: bool = False) -> Matrix:
        return unit(np.array([self._sum(set(tokens(text))) for text in texts], dtype=np.float32).reshape(len(texts), self.dim))

    def under(self, texts: Sequence[tuple[str, str]]) -> Matrix:
        """As `encode` of each (title and headings, text) joined; what stands above many texts is read once."""
        return unit(np.array([self._sum(_held(above) | set(tokens(text))) for above, text in texts], dtype=np.float32).reshape(len(texts), self.dim))

    def weighed(self, weights: Mapping[str, float]) -> Matrix:
        """The vector [dim] of a question by the weights of its tokens: words that only ask count little, official words beside it count too."""
        known = [(self._numbers[token], weight) for token, weight in weights.items() if token in self._numbers]
        rows, shares = [n for n, _ in known], np.array([w for _, w in known], dtype=np.float32)
        return np.asarray(unit((shares @ self._vectors[rows]).reshape(1, self.dim))[0])

    def _sum(self, found: Set[str]) -> Matrix:
        known = [self._numbers[token] for token in found if token in self._numbers]
        return np.asarray(self._vectors[known].sum(axis=0))


@lru_cache(maxsize=2048)
def _held(text: str) -> frozenset[str]:
    return frozenset(tokens(text))


def question_vector(embedder: Embedder, text: str, weights: Mapping[str, float]) -> Matrix:
    """The unit vector [dim] of a question: from its weighted tokens where the embedder is ours, else from its text."""
    return embedder.weighed(weights) if isinstance(embedder, Static) else embedder.encode([text], question=True)[0]


class SentenceTransformer:
    """Any sentence-transformers model by path or name (the `ml` extra)."""

    def __init__(self, name: str) -> None:
        try:
            from sentence_transformers import SentenceTransformer as Model
        except ImportError as error:
            raise SettingsError("this embedding needs the ml extra", name, "pip install 'jianwei[ml]', or set embedding to builtin") from error
        try:
            self.id, self._model = f"st:{name}", Model(name)
        except (OSError, ValueError) as error:
            raise ModelError("this embedding cannot be opened", name, str(error)) from error
        self.dim = int(self._model.get_sentence_embedding_dimension() or 0)

    def encode(self, texts: Sequence[str], *, question: bool = False) -> Matrix:
        return unit(self._model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False))


class OpenAI:
    """An OpenAI-compatible `/embeddings` endpoint."""

    def __init__(self, model: str, *, base_url: str, api_key: str, timeout: float) -> None:
        import openai

        self.id, self._name, self._failed = f"openai:{model}", model, openai.OpenAIError
        self._client = openai.OpenAI(base_url=base_url or None, api_key=api_key or "none", timeout=timeout)
        self.dim = int(self.encode(["维度"]).shape[1])

    def encode(self, texts: Sequence[str], *, question: bool = False) -> Matrix:
        found: list[list[float]] = []
        for i in range(0, len(texts), 64):
            try:
                answer = self._client.embeddings.create(model=self._name, input=list(texts[i : i + 64]))
            except self._failed as error:
                raise ModelError("the embedding server failed", self._name, str(error)) from error
            found += [item.embedding for item in answer.data]
        return unit(np.array(found, dtype=np.float32).reshape(len(texts), -1))


def identity(setting: str) -> str:
    """The `id` that the embedder of a setting has, without opening it (nothing is loaded, nobody is asked); "" for off."""
    name, _, rest = setting.partition(":")
    if name in ("builtin", "static"):
        folder = Path(rest) if name == "static" else builtin_folder()
        card = folder / "card.json"
        if not card.exists():
            raise SettingsError("no embedding lies here", folder, "give a folder that `jianwei train embedding` wrote")
        return f"{setting}:{json.loads(card.read_text('utf-8'))['version']}"
    return "" if name == "off" else setting if name == "openai" else f"st:{setting}"


def builtin_folder() -> Path:
    """Where the shipped weights lie."""
    return Path(str(resources.files("rag") / "data" / "embedding"))


def open_embedder(setting: str, *, base_url: str = "", api_key: str = "", timeout: float = 60.0) -> Embedder | None:
    """The embedder of a setting: builtin | off | openai:MODEL | static:FOLDER | path or name of a sentence-transformers model."""
    known: dict[str, Callable[[str], Embedder | None]] = {
        "off": lambda _: None,
        "builtin": lambda _: Static(builtin_folder()),
        "static": lambda rest: Static(Path(rest), setting),
        "openai": lambda rest: OpenAI(rest, base_url=base_url, api_key=api_key, timeout=timeout),
    }
    name, _, rest = setting.partition(":")
    return known[name](rest) if name in known else SentenceTransformer(setting)
