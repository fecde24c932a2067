"""Our retriever as a LangChain retriever, for chains and agents of others.

    retriever = as_langchain(open_retriever(settings, store), reader, k=5)
    documents = retriever.invoke("企业研究开发费用可以享受什么税收优惠？")
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from corpus.access import Reader
from rag.retrieve import Hit, Query, Retriever


class LangChainRetriever(BaseRetriever):
    """Passages as LangChain documents, within the ceiling of one reader. `query` holds k and filters; its text is replaced at each call."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    retriever: Any
    reader: Reader
    query: Query

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        hits = self.retriever.search(replace(self.query, text=query), self.reader)
        return [document_of(hit) for hit in hits]


def document_of(hit: Hit) -> Document:
    """A hit as a LangChain document: page_content is the stored text [start, end)."""
    metadata = {
        "document_id": hit.document_id, "external_id": hit.external_id, "start": hit.start, "end": hit.end, "title": hit.title,
        "doc_number": hit.doc_number, "clause": hit.clause, "validity": hit.validity, "level": hit.level, "region_code": hit.region_code,
        "security": hit.security, "kind": hit.kind, "rank": hit.rank, "score": hit.score,
    }  # fmt: skip
    return Document(id=f"{hit.document_id}:{hit.start}", page_content=hit.text, metadata=metadata)


def as_langchain(retriever: Retriever, reader: Reader, *, k: int = 10, **filters: Any) -> LangChainRetriever:
    """The adapter for one reader; `filters` are the fields of rag.retrieve.Query (region, level, as_of, …)."""
    return LangChainRetriever(retriever=retriever, reader=reader, query=Query("", k=k, **filters))
