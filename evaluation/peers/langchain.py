"""LangChain: quick = RecursiveCharacterTextSplitter (1,000, 200) into Chroma; best = our units, BM25 over jieba words and Chroma in an EnsembleRetriever."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evaluation.peers.common import WORDS_SHARE, Found, documents, encode, main, units, words


def make(folder: Path, mode: str, scratch: Path) -> Found:
    from langchain_chroma import Chroma
    from langchain_core.documents import Document
    from langchain_core.embeddings import Embeddings

    class Ours(Embeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return encode(texts)

        def embed_query(self, text: str) -> list[float]:
            return encode([text], question=True)[0]

    made = _pieces(folder) if mode == "quick" else [Document(text, metadata={"key": key}) for key, text in units(folder)]
    store: Any = Chroma("peer", Ours(), persist_directory=str(scratch))
    for n in range(0, len(made), 5000):
        store.add_documents(made[n : n + 5000])
    if mode == "quick":
        return lambda question, k: [[d.metadata["key"], d.metadata["start_index"], d.metadata["start_index"] + len(d.page_content)] for d in store.similarity_search(question, k=k)]
    return _ensemble(store, made)


def _pieces(folder: Path) -> list[Any]:
    from langchain_core.documents import Document
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200, add_start_index=True)
    return list(splitter.split_documents([Document(d["text"], metadata={"key": d["_id"]}) for d in documents(folder)]))


def _ensemble(store: Any, made: list[Any]) -> Found:
    from langchain_classic.retrievers import EnsembleRetriever
    from langchain_community.retrievers import BM25Retriever

    lexical = BM25Retriever.from_documents(made, preprocess_func=words)

    def found(question: str, k: int) -> list[Any]:
        lexical.k = k
        both = EnsembleRetriever(retrievers=[lexical, store.as_retriever(search_kwargs={"k": k})], weights=[WORDS_SHARE, 1 - WORDS_SHARE], id_key="key")
        return [d.metadata["key"] for d in both.invoke(question)][:k]

    return found


if __name__ == "__main__":
    main(make, "langchain", "langchain-classic", "langchain-chroma", "langchain-community", "langchain-text-splitters", "chromadb", "rank-bm25")
