"""Haystack: quick = DocumentSplitter and InMemoryBM25Retriever as they come; best = our units as jieba words, BM25 and vectors joined by reciprocal rank fusion."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evaluation.peers.common import WORDS_SHARE, Found, documents, encode, main, units, words


def make(folder: Path, mode: str, scratch: Path) -> Found:
    from haystack.components.retrievers.in_memory import InMemoryBM25Retriever
    from haystack.document_stores.in_memory import InMemoryDocumentStore

    if mode == "quick":
        store = InMemoryDocumentStore()
        store.write_documents(_pieces(folder))
        retriever = InMemoryBM25Retriever(store)
        return lambda question, k: [[d.meta["key"], d.meta["split_idx_start"], d.meta["split_idx_start"] + len(d.content)] for d in retriever.run(query=question, top_k=k)["documents"]]
    return _hybrid(folder)


def _pieces(folder: Path) -> list[Any]:
    from haystack import Document
    from haystack.components.preprocessors import DocumentSplitter

    splitter = DocumentSplitter(split_by="passage", split_length=3, split_overlap=0)
    splitter.warm_up()
    return list(splitter.run(documents=[Document(content=d["text"], meta={"key": d["_id"]}) for d in documents(folder)])["documents"])


def _hybrid(folder: Path) -> Found:
    import numpy as np
    from haystack import Document
    from haystack.components.joiners import DocumentJoiner
    from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
    from haystack.document_stores.in_memory import InMemoryDocumentStore

    store = InMemoryDocumentStore(bm25_tokenization_regex=r"\S+", embedding_similarity_function="dot_product")
    made = units(folder)
    vectors: Any = np.array(encode([text for _, text in made]), dtype=np.float32)  # as lists the store would make arrays of them at every question
    store.write_documents([Document(id=key, content=" ".join(words(text)), embedding=vector) for (key, text), vector in zip(made, vectors, strict=True)])
    lexical, dense, join = InMemoryBM25Retriever(store), InMemoryEmbeddingRetriever(store), DocumentJoiner(join_mode="reciprocal_rank_fusion", weights=[WORDS_SHARE, 1 - WORDS_SHARE])

    def found(question: str, k: int) -> list[Any]:
        first = lexical.run(query=" ".join(words(question)), top_k=k)["documents"]
        second = dense.run(query_embedding=encode([question], question=True)[0], top_k=k)["documents"]
        return [d.id for d in join.run(documents=[first, second], top_k=k)["documents"]]

    return found


if __name__ == "__main__":
    main(make, "haystack-ai")
