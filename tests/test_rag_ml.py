"""The transformers paths with tiny random models that the tests make: language model, reranker, embedding."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from corpus.access import LOCAL
from corpus.errors import BadInput, ModelError
from corpus.ingest import Draft, ingest
from corpus.settings import Settings, load_settings
from corpus.store import Store, open_store
from rag.answer import Question, open_answerer
from rag.embed import open_embedder
from rag.llm import open_llm
from rag.practice import texts
from rag.rerank import Builtin, CrossEncoder, open_reranker, packed, shown
from rag.rerank_export import export
from rag.rerank_train import Recipe, _config, lists, vocabulary
from rag.rerank_train import train as train_reranker
from rag.retrieve import Query, Retriever, open_retriever

pytestmark = [pytest.mark.ml, pytest.mark.filterwarnings("ignore")]

LAW = """中华人民共和国海岛科技法

第一条 为了促进海岛科学技术发展，制定本法。

第二条 国家鼓励企业研究开发海岛技术。企业的研究开发费用可以按照百分之六十加计扣除。

第三条 海岛标本应当妥善保存，保存费用最高不超过三万元。

第四十二条 本法自2020年1月1日起施行。
"""
OTHER = "渔港船舶登记规定\n\n" + "\n\n".join(f"第{n}条 渔港船舶进港登记的第{n}类事项由港务机构办理。" for n in range(1, 60))
QUESTION = "海岛标本的保存费用最高不超过多少？"


def tokenizer(folder: Path, **special: str) -> Any:
    """A character tokenizer trained on the law, saved to the folder."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Split
    from tokenizers.processors import TemplateProcessing
    from tokenizers.trainers import WordLevelTrainer
    from transformers import PreTrainedTokenizerFast

    marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    made = Tokenizer(WordLevel(unk_token="[UNK]"))
    made.pre_tokenizer = Split("", "isolated")
    made.train_from_iterator([LAW, QUESTION, '{"sentences": []}'], WordLevelTrainer(special_tokens=marks))
    if special.get("pairs"):
        ids = [("[CLS]", made.token_to_id("[CLS]")), ("[SEP]", made.token_to_id("[SEP]"))]
        made.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=ids)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=made, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]", mask_token="[MASK]", eos_token="[SEP]",
        model_max_length=8192,
    )  # fmt: skip
    fast.save_pretrained(folder)
    return fast


@pytest.fixture(scope="module")
def causal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(1)
    folder = tmp_path_factory.mktemp("causal")
    fast = tokenizer(folder)
    config = LlamaConfig(
        vocab_size=len(fast), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=2,
        max_position_embeddings=4096, pad_token_id=fast.pad_token_id, eos_token_id=fast.eos_token_id, bos_token_id=fast.cls_token_id,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def bert(folder: Path, *, classes: int) -> Path:
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertModel

    torch.manual_seed(2)
    fast = tokenizer(folder, pairs="yes")
    sizes = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64, "max_position_embeddings": 512}
    config = BertConfig(vocab_size=len(fast), num_labels=classes or 1, pad_token_id=fast.pad_token_id, **sizes)
    (BertForSequenceClassification(config) if classes else BertModel(config)).save_pretrained(folder)
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Iterator[tuple[Settings, Store]]:
    settings = load_settings(tmp_path / "home")
    store = open_store(settings)
    fields = {"region_code": "000000", "level": "national", "legal_rank": "法律", "published_on": "2019-12-01"}
    texts = {"law": ("中华人民共和国海岛科技法", LAW), "other": ("渔港船舶登记规定", OTHER)}
    ingest(store, [Draft(key=k, source_id="test", url="", kind="policy", title=t, text=x, fields=fields, external_id=k) for k, (t, x) in texts.items()])
    yield settings, store
    store.close()


def opened(settings: Settings, store: Store, **given: object) -> Retriever:
    return open_retriever(settings.model_copy(update=given), store)


def test_nonsense_of_a_local_model_never_reaches_the_answer(home: tuple[Settings, Store], causal: Path) -> None:
    settings, store = home
    retriever = opened(settings, store, llm=f"transformers:{causal}", llm_timeout=10.0)
    answer = open_answerer(retriever.settings, store, retriever).ask(Question(QUESTION), LOCAL)
    retriever.close()
    assert answer.composer == "extractive" and "三万元" in answer.text and answer.citations
    for citation in answer.citations:
        assert store.documents.get(citation.document_id, LOCAL).text[citation.start : citation.end] == citation.quote


def test_a_local_model_replies_and_knows_its_window(settings: Settings, causal: Path) -> None:
    llm = open_llm(settings.model_copy(update={"llm": f"transformers:{causal}", "llm_timeout": 2.0}))
    assert llm is not None and not llm.outside
    asked = [{"role": "user", "content": "海岛科研人员"}]
    assert llm.complete(asked, {}) and "".join(llm.stream(asked, {}))
    with pytest.raises(ModelError, match="too long"):
        llm.complete([{"role": "user", "content": "岛" * 5000}], {})


def test_a_folder_without_a_model_is_a_model_error(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        open_llm(settings.model_copy(update={"llm": f"transformers:{tmp_path}"}))
    with pytest.raises(ModelError):
        open_reranker(settings.model_copy(update={"reranker": str(tmp_path)}))


@pytest.mark.parametrize("classes", [1, 2])
def test_the_cross_encoder_orders_the_best(home: tuple[Settings, Store], tmp_path: Path, classes: int) -> None:
    settings, store = home
    folder = str(bert(tmp_path / f"cross{classes}", classes=classes))
    plain = opened(settings, store)
    before = plain.search(Query(QUESTION, k=20), LOCAL)
    plain.close()
    ranked = opened(settings, store, reranker=folder)
    after = ranked.search(Query(QUESTION, k=20), LOCAL)
    ranked.close()
    reranker = open_reranker(settings.model_copy(update={"reranker": folder}))
    assert isinstance(reranker, CrossEncoder)
    wanted = reranker.order(QUESTION, [hit.text for hit in before])
    assert [hit.start for hit in after] == [before[i].start for i in wanted]
    assert [hit.rank for hit in after] == list(range(1, len(before) + 1))


def test_what_lies_below_the_depth_keeps_its_place(settings: Settings, tmp_path: Path) -> None:
    reranker = open_reranker(settings.model_copy(update={"reranker": str(bert(tmp_path / "cross", classes=1))}))
    assert isinstance(reranker, CrossEncoder)
    order = reranker.order(QUESTION, [f"第{n}条" for n in range(30)])
    assert sorted(order[:20]) == list(range(20)) and order[20:] == list(range(20, 30)) and reranker.order(QUESTION, []) == []


TINY = Recipe(vocabulary=300, layers=2, width=32, heads=2, window=24, span=6, masked_batch=4, masked_seconds=1, lists=2, listed=4, rank_seconds=1, dropout=0.0, practised=1)
PAIRS = (("样品放着要花多少钱？", "海岛标本应当妥善保存，保存费用最高不超过三万元。"), ("企业搞科研能少交税吗？", "企业的研究开发费用可以按照百分之六十加计扣除。"))


def test_a_reranker_trained_from_scratch_is_served(home: tuple[Settings, Store], tmp_path: Path) -> None:
    settings, store = home
    pairs = tmp_path / "pairs.jsonl"
    pairs.write_text("\n".join(json.dumps({"q": q, "p": p, "lic": "CC0"}, ensure_ascii=False) for q, p in PAIRS), "utf-8")
    card = train_reranker(settings, store, data=pairs, recipe=TINY)
    assert 2 < card["figures"]["questions"] <= 2 + len(texts()[0]["asked"]) and card["figures"]["masked_steps"] and card["figures"]["rank_steps"]
    ranked = opened(settings, store, reranker=card["setting"])
    assert any("reranker" in hit.explain for hit in ranked.search(Query(QUESTION, rerank=True), LOCAL))
    ranked.close()


def test_the_exported_model_scores_as_the_trained_one(tmp_path: Path) -> None:
    import torch
    from transformers import BertForSequenceClassification

    torch.manual_seed(4)
    made = vocabulary([LAW, QUESTION, OTHER], 300, random.Random(1))
    model = BertForSequenceClassification(_config(TINY, made.get_vocab_size())).eval()
    torch.nn.init.normal_(model.classifier.weight, std=2.0)
    asked, *read = (e.ids for e in made.encode_batch([QUESTION, *(shown("", p) for _, p in PAIRS), LAW], add_special_tokens=False))
    with torch.no_grad():
        wanted = model(**{k: torch.from_numpy(v) for k, v in packed(asked, read).items()}).logits[:, 0].tolist()
    export(model, made, tmp_path, {})
    assert Builtin(tmp_path).scores(QUESTION, [*(shown("", p) for _, p in PAIRS), LAW]) == pytest.approx(wanted, abs=0.1 * max(map(abs, wanted)))


def test_only_passages_that_answer_elsewhere_count_as_wrong(home: tuple[Settings, Store]) -> None:
    retriever = opened(*home, reranker="off")
    first, second = lists(retriever, PAIRS)
    retriever.close()
    assert "三万元" in first.right[0] and "百分之六十" in second.right[0]
    assert {*first.wrong, *second.wrong} <= {*first.right, *second.right} and second.wrong == first.right


def test_a_question_file_without_pairs_trains_nothing(home: tuple[Settings, Store]) -> None:
    with pytest.raises(BadInput, match="questions"):
        train_reranker(*home)


def test_an_embedding_by_path_builds_the_index(home: tuple[Settings, Store], tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers import models as parts

    settings, store = home
    word = parts.Transformer(str(bert(tmp_path / "bert", classes=0)), max_seq_length=128)
    folder = tmp_path / "embedding"
    SentenceTransformer(modules=[word, parts.Pooling(32)]).save(str(folder))
    embedder = open_embedder(str(folder))
    assert embedder is not None and embedder.dim == 32 and embedder.encode([QUESTION, LAW]).shape == (2, 32)
    retriever = opened(settings, store, embedding=str(folder))
    hits = retriever.search(Query(QUESTION, k=20), LOCAL)
    retriever.close()
    assert any("三万元" in hit.text for hit in hits) and any("dense" in hit.explain for hit in hits)
