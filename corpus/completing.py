"""Drafts completed to documents, by processes on every core where there is much to do.

Completing is pure and most of the work of an import; while a batch is stored, the next one is completed.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from types import TracebackType

from corpus.drafts import Draft, complete
from corpus.errors import Unreadable
from corpus.models import Document, Source

PROCESSES = min(4, os.cpu_count() or 1)
SMALL = 300_000
"""The first so many characters are completed here sooner than processes start."""
PART = 50_000
"""Characters that a process takes at a time."""


class Completing:
    """Completes drafts; processes start when there is enough for them and end with the block."""

    def __init__(self) -> None:
        self._processes: ProcessPoolExecutor | None = None
        self._begun = 0

    def __enter__(self) -> Completing:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._processes:
            self._processes.shutdown(cancel_futures=True)

    def begin(self, drafts: Sequence[Draft], source: Source | None) -> Callable[[], list[Document]]:
        """Begin to complete drafts of a source; the call of what is returned waits for the documents, in order.

        That call raises Unreadable when a process was ended from outside.
        """
        self._begun += sum(len(d.text) for d in drafts)
        if PROCESSES < 2 or self._begun < SMALL:
            return lambda: _completed(drafts, source)
        self._processes = self._processes or ProcessPoolExecutor(PROCESSES, get_context("spawn"), initializer=_end_with_parent)
        parts = [self._processes.submit(_completed, part, source) for part in _parts(drafts)]
        return lambda: self._results(parts)

    def _results(self, parts: Sequence[Future[list[Document]]]) -> list[Document]:
        try:
            return [document for part in parts for document in part.result()]
        except BrokenProcessPool as error:
            self._processes = None  # the next drafts find new ones
            raise Unreadable("a process that completes documents was ended", "", "see whether memory ran out; import again: it goes on where it stopped") from error


def _completed(drafts: Sequence[Draft], source: Source | None) -> list[Document]:
    return [complete(d, source) for d in drafts]


def _parts(drafts: Sequence[Draft]) -> Iterator[list[Draft]]:
    part: list[Draft] = []
    size = 0
    for draft in drafts:
        part.append(draft)
        size += len(draft.text)
        if size >= PART:
            yield part
            part, size = [], 0
    if part:
        yield part


def _end_with_parent() -> None:
    """A process whose parent was killed ends too."""
    parent = parent_process()
    assert parent is not None

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
