"""Trains the built-in reranker from scratch: `jianwei train reranker` (the ml extra; a GPU is used where there is one).

1. A vocabulary of pieces of at most three characters. 2. Masked words (Devlin et al. 2018) over the passages of the corpus and the texts of pair
files; half of the windows have one of their spans at the front, as a question stands before a passage. 3. Ranking: the right passage of a question
against what our search finds beside it, by a softmax over the list; for policies the right statement among those weighed (rag/practice.py). Of passages only
those that answer another question count as wrong: one that never is right would be learned as wrong for good, and what test sets hold back are the passages asked about most.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from corpus.access import LOCAL
from corpus.errors import BadInput, SettingsError
from corpus.models import POLICY_KINDS
from corpus.settings import Settings
from corpus.store import Store
from rag import practice
from rag.query import Query
from rag.questions import answered, bare
from rag.rerank import packed, shown
from rag.train import asked_in, fair_rows, files_of
from rag.units import units

Log = Callable[[str], None]
_FOUND, _MASK, _WORDS = 40, 4, 5
_SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """Constants of the training; lengths in tokens, times in seconds; `practised`: so many of the fictional policies (None: all). The shipped weights: 420 s of masked words, 355 s of ranking on one H100."""

    vocabulary: int = 16_000
    layers: int = 4
    width: int = 320
    heads: int = 5
    window: int = 128
    span: int = 20
    masked: float = 0.2
    masked_batch: int = 64
    masked_seconds: float = 36_000.0
    masked_rate: float = 1e-3
    lists: int = 8
    listed: int = 16
    rank_seconds: float = 18_000.0
    rank_rate: float = 3e-4
    dropout: float = 0.2
    practised: int | None = None
    seed: int = 20261127


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with passages (as `shown`) that answer it, and with those beside them that do not."""

    question: str
    right: list[str]
    wrong: list[str]


def lists(retriever: Any, pairs: Sequence[tuple[str, str]]) -> list[Asked]:
    """What a search finds for each question, told apart by its answering text; wrong are only passages that are right elsewhere."""
    found = [_list(retriever, question, bare(text)) for question, text in pairs]
    answering = {passage for asked in found for passage in asked.right}
    return [Asked(a.question, a.right, [p for p in a.wrong if p in answering]) for a in found]


def _list(retriever: Any, question: str, text: str) -> Asked:
    right: list[str] = []
    wrong: list[str] = []
    for hit in retriever.search(Query(question, k=_FOUND), LOCAL):
        plain = bare(hit.text)
        (right if text in plain or plain in text else wrong).append(shown(hit.title, hit.text))
    return Asked(question, right or [shown("", text)], wrong)


def vocabulary(texts: Sequence[str], size: int, rng: random.Random) -> Any:
    """A tokenizer of unigram pieces, learned on at most three million characters."""
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\u4e00-\u9fff]+|[a-z]+|[0-9]|[^\s]"), "removed", invert=True)
    taken = rng.sample(list(texts), min(len(texts), 3_000_000 // max(sum(map(len, texts)) // len(texts), 1)))
    tokenizer.train_from_iterator(taken, trainers.UnigramTrainer(vocab_size=size, special_tokens=_SPECIAL, unk_token="[UNK]", max_piece_length=3, show_progress=False))
    return tokenizer


def windows(stream: Any, recipe: Recipe, rng: np.random.Generator) -> Any:
    """A batch [windows, tokens] of the stream: opening, span, parting, rest; in half of them the span comes from the middle of the rest."""
    length, batch = recipe.window - 2, []
    for start in rng.integers(0, len(stream) - length, recipe.masked_batch):
        cut = stream[start : start + length]
        at = int(rng.integers(0, length - recipe.span)) if rng.random() < 0.5 else 0
        batch.append(np.concatenate([[2], cut[at : at + recipe.span], [3], cut[:at], cut[at + recipe.span :]]))
    return np.stack(batch)


def masked(ids: Any, vocabulary_size: int, share: float, rng: np.random.Generator) -> tuple[Any, Any]:
    """Ids with a share of words masked (85 %), put at random (8 %) or left, and the labels (-100 where nothing is asked)."""
    chosen = (rng.random(ids.shape) < share) & (ids >= _WORDS)
    fate, given = rng.random(ids.shape), ids.copy()
    given[chosen & (fate < 0.85)] = _MASK
    by_chance = chosen & (fate >= 0.85) & (fate < 0.93)
    given[by_chance] = rng.integers(_WORDS, vocabulary_size, by_chance.sum())
    return given, np.where(chosen, ids, -100)


def _steps(model: Any, rate: float, seconds: float, loss_of: Callable[[], Any], log: Log, name: str) -> int:
    """Optimise for so many seconds: a short warm-up, then the rate falls to nothing. Returns the number of steps."""
    import torch

    optimiser = torch.optim.AdamW(model.parameters(), lr=rate, betas=(0.9, 0.98), weight_decay=0.02)
    began, step = time.monotonic(), 0
    model.train()
    while (done := (time.monotonic() - began) / seconds) < 1:
        for group in optimiser.param_groups:
            group["lr"] = rate * min(1.0, (step + 1) / 200) * (1 - done)
        with torch.autocast(model.device.type, dtype=torch.bfloat16, enabled=model.device.type == "cuda"):
            loss = loss_of()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        step += 1
        if step % 250 == 0:
            log(f"{name} {step}: loss {float(loss):.3f}, {time.monotonic() - began:.0f} s")
    return step


def _config(recipe: Recipe, size: int) -> Any:
    from transformers import BertConfig

    return BertConfig(
        vocab_size=size, hidden_size=recipe.width, num_hidden_layers=recipe.layers, num_attention_heads=recipe.heads, intermediate_size=4 * recipe.width,
        max_position_embeddings=320, type_vocab_size=4, hidden_act="relu", num_labels=1, hidden_dropout_prob=recipe.dropout, attention_probs_dropout_prob=recipe.dropout,
    )  # fmt: skip


def fit(texts: Sequence[str], asked: Sequence[Asked], recipe: Recipe, log: Log = lambda _: None) -> tuple[Any, Any, dict[str, int]]:
    """The trained classifier, its tokenizer, and the figures of the run."""
    import torch
    from transformers import BertForMaskedLM, BertForSequenceClassification

    torch.manual_seed(recipe.seed)
    rng, where = np.random.default_rng(recipe.seed), torch.device("cuda" if torch.cuda.is_available() else "cpu")
    tokenizer = vocabulary(texts, recipe.vocabulary, random.Random(recipe.seed))
    size, stream = tokenizer.get_vocab_size(), np.concatenate([np.array([*e.ids, 3], np.int64) for e in tokenizer.encode_batch(list(texts), add_special_tokens=False)])
    config = _config(recipe, size)
    reader = BertForMaskedLM(config).to(where)

    def read() -> Any:
        given, labels = masked(windows(stream, recipe, rng), size, recipe.masked, rng)
        return reader(input_ids=torch.from_numpy(given).to(where), labels=torch.from_numpy(labels).to(where)).loss

    first = _steps(reader, recipe.masked_rate, recipe.masked_seconds, read, log, "masked words")
    ranker = BertForSequenceClassification(config).to(where)
    ranker.bert.load_state_dict(reader.bert.state_dict(), strict=False)
    draws = _lists(asked, tokenizer, recipe, rng)

    def rank() -> Any:
        scores = [ranker(**{k: torch.from_numpy(v).to(where) for k, v in next(draws).items()}).logits[:, 0] for _ in range(recipe.lists)]
        return -torch.stack([s.float().log_softmax(0)[0] for s in scores]).mean()

    second = _steps(ranker, recipe.rank_rate, recipe.rank_seconds, rank, log, "ranking")
    return ranker, tokenizer, {"texts": len(texts), "tokens": len(stream), "questions": len(asked), "masked_steps": first, "rank_steps": second}


def _lists(asked: Sequence[Asked], tokenizer: Any, recipe: Recipe, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """Inputs of one list after the other, the right passage first; a fifth of a question's words is left out now and then."""
    every = [passage for a in asked for passage in a.right]
    while True:
        a = asked[int(rng.integers(len(asked)))]
        beside = a.wrong[: recipe.listed // 2] + [str(p) for p in rng.permutation(a.wrong[recipe.listed // 2 :])]
        beside += [p for p in (every[int(n)] for n in rng.integers(len(every), size=recipe.listed)) if p not in a.right]
        passages = [a.right[int(rng.integers(len(a.right)))], *beside[: recipe.listed - 1]]
        question, *read = (e.ids for e in tokenizer.encode_batch([a.question, *passages], add_special_tokens=False))
        kept = [t for t in question if rng.random() > 0.2] if rng.random() < 0.4 else question
        yield packed(kept or question, read)


def train(settings: Settings, store: Store, *, data: Path | None = None, without: Path | None = None, progress: Log | None = None, recipe: Recipe | None = None) -> dict[str, Any]:
    """Train on a home's policies, the questions written for laws (rag/questions.py) and those of `data` ({q, p, lic}), `without` those of test files; the model goes to HOME/reranker. Returns its card and setting."""
    from rag.rerank_export import export
    from rag.retrieve import open_retriever

    log, recipe, asked = progress or (lambda _: None), recipe or Recipe(), asked_in(files_of(without))
    pairs = [(a.question, a.text) for a in answered(store, asked)]
    pairs += [(str(row["q"]), str(row["p"])) for path in files_of(data) for row in fair_rows(path, asked)[0]]
    if len(pairs) < 2:
        raise BadInput("a reranker needs questions with the passages that answer them", data or "--data", "import laws that the written questions ask about, or give a pair file {q, p, lic}")
    if missing := [name for name in ("torch", "transformers", "onnx") if find_spec(name) is None]:
        raise SettingsError("training a reranker needs the ml extra", missing[0], "pip install 'jianwei[ml]'")
    retriever = open_retriever(settings.model_copy(update={"reranker": "off"}), store)
    found = [*lists(retriever, pairs), *(Asked(*made) for made in practice.lists(practice.texts()[: recipe.practised]))]
    retriever.close()
    own = [f"{u.context}\n{u.passage.text}" for d in store.documents.scan(LOCAL, kind=tuple(str(k) for k in POLICY_KINDS)) for u in units(d)]
    model, tokenizer, figures = fit([*own, *(f"{q}\n{p}" for q, p in pairs)], found, recipe, log)
    folder, card = settings.home / "reranker", {"sequence": store.documents.sequence(), "pair_files": [p.name for p in files_of(data)], "figures": figures}
    export(model, tokenizer, folder, card)
    return card | {"setting": f"builtin:{folder}"}
