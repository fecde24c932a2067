"""LlamaIndex: quick = SentenceSplitter (1,024 tokens, 200) into the in-memory VectorStoreIndex; best = our units, BM25 over jieba words fused with vectors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evaluation.peers.common import WORDS_SHARE, Found, documents, encode, main, units, words


def _model() -> Any:
    from llama_index.core.embeddings import BaseEmbedding

    class Ours(BaseEmbedding):  # type: ignore[misc, no-any-unimported, unused-ignore]
        def _get_text_embedding(self, text: str) -> list[float]:
            return encode([text])[0]

        def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
            return encode(texts)

        def _get_query_embedding(self, query: str) -> list[float]:
            return encode([query], question=True)[0]

        async def _aget_query_embedding(self, query: str) -> list[float]:
            return self._get_query_embedding(query)

    return Ours(embed_batch_size=1000)


def make(folder: Path, mode: str, scratch: Path) -> Found:
    from llama_index.core import Document, Settings, VectorStoreIndex
    from llama_index.core.schema import TextNode

    Settings.embed_model, Settings.llm = _model(), None
    if mode == "quick":
        index: Any = VectorStoreIndex.from_documents([Document(text=d["text"], metadata={"key": d["_id"]}) for d in documents(folder)])
        return lambda question, k: [[n.metadata["key"], n.node.start_char_idx, n.node.end_char_idx] for n in index.as_retriever(similarity_top_k=k).retrieve(question)]
    made = units(folder)
    index = VectorStoreIndex([TextNode(id_=key, text=text) for key, text in made])
    return _fused(index, made)


def _fused(index: Any, made: list[tuple[str, str]]) -> Found:
    from llama_index.core.retrievers import QueryFusionRetriever
    from llama_index.core.schema import TextNode
    from llama_index.retrievers.bm25 import BM25Retriever

    nodes = [TextNode(id_=key, text=" ".join(words(text))) for key, text in made]
    lexical = BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=100, skip_stemming=True, token_pattern=r"\S+", language="zh")

    def found(question: str, k: int) -> list[Any]:
        lexical.similarity_top_k = k
        return fused(lexical.retrieve(" ".join(words(question))), index.as_retriever(similarity_top_k=k).retrieve(question))[:k]

    def fused(*rankings: list[Any]) -> list[Any]:
        """QueryFusionRetriever's own relative scores, over the two rankings (their queries and texts are written differently)."""
        from llama_index.core.schema import NodeWithScore

        merge = QueryFusionRetriever([lexical, lexical], mode="relative_score", num_queries=1, use_async=False, retriever_weights=[WORDS_SHARE, 1 - WORDS_SHARE])
        given = {("q", n): [NodeWithScore(node=TextNode(id_=r.node.node_id, text=r.node.node_id), score=r.score) for r in ranking] for n, ranking in enumerate(rankings)}
        return [n.node.node_id for n in merge._relative_score_fusion(given)]

    return found


if __name__ == "__main__":
    main(make, "llama-index-core", "llama-index-retrievers-bm25")
