"""The document room: documents with their origins, events, relations and observations, and the change sequence.

A version of a text is a row of its own. `key` is the source's key of the document (address, path in a layout); at
most one row a key is active: a changed text swaps versions in one transaction (the older becomes `superseded`).
"""

from __future__ import annotations

from sqlalchemy import Engine

from corpus.store.document_reads import Reads
from corpus.store.document_writes import Put, Writes
from corpus.store.links import Links

__all__ = ["Documents", "Put"]


class Documents(Writes, Reads, Links):
    """Reading and writing documents. Methods that take a Reader never return what is above its ceiling."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
