"""Drafts become documents in child processes of our own, so that an import uses every core: `python -m corpus.completing`.

The order of what was given stays. A child that dies costs its batch a second turn, in this process.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from types import TracebackType
from typing import Any, BinaryIO, cast

from corpus.drafts import Draft, complete
from corpus.models import Document, Source
from corpus.readers.pool import packed, unpacked

Batch = tuple[Sequence[Draft], Source | None]
PROCESSES = min(4, os.cpu_count() or 1)


class Completing:
    """Children that complete batches of drafts, started when first needed; `close` ends them."""

    def __init__(self, processes: int = PROCESSES) -> None:
        self.processes = processes
        self.threads = ThreadPoolExecutor(processes)
        self.idle: SimpleQueue[subprocess.Popen[bytes] | None] = SimpleQueue()
        for _ in range(processes):
            self.idle.put(None)

    def __enter__(self) -> Completing:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the children."""
        self.threads.shutdown(cancel_futures=True)
        while not self.idle.empty():
            if child := self.idle.get():
                child.communicate()  # the end of its input is its end

    def submit(self, batch: Batch) -> Future[list[Document]]:
        """The documents of a batch, to come."""
        return self.threads.submit(self._completed, batch)

    def each(self, items: Iterable[tuple[Any, Batch]]) -> Iterator[tuple[Any, list[Document]]]:
        """(label, documents) of (label, batch) in order, a few batches ahead."""
        waiting: deque[tuple[Any, Future[list[Document]]]] = deque()
        for label, batch in items:
            waiting.append((label, self.submit(batch)))
            if len(waiting) > self.processes:
                first, found = waiting.popleft()
                yield first, found.result()
        while waiting:
            first, found = waiting.popleft()
            yield first, found.result()

    def _completed(self, batch: Batch) -> list[Document]:
        drafts, source = batch
        if not drafts:
            return []
        child = self.idle.get()
        try:
            child = child or _start()
            assert child.stdin is not None
            child.stdin.write(packed(pickle.dumps(batch, protocol=5)))
            child.stdin.flush()
            found: list[Document] | Exception = pickle.loads(unpacked(cast(BinaryIO, child.stdout)))
        except (OSError, EOFError, pickle.UnpicklingError):
            if child is not None:
                child.kill()
                child.communicate()
            child, found = None, [complete(d, source) for d in drafts]
        finally:
            self.idle.put(child)
        if isinstance(found, Exception):
            raise found
        return found


def _start() -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    return subprocess.Popen([sys.executable, "-m", "corpus.completing"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)


def main() -> None:
    """Complete batches until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is told, and ends us
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    while True:
        try:
            drafts, source = pickle.loads(unpacked(sys.stdin.buffer))
        except EOFError:
            return
        try:
            answer: list[Document] | Exception = [complete(d, source) for d in drafts]
        except Exception as error:  # noqa: BLE001 (raised again in the parent)
            answer = error
        output.write(packed(pickle.dumps(answer, protocol=5)))
        output.flush()


if __name__ == "__main__":
    main()
