"""Untrusted formats are read in a child process with limits of memory and time: a bomb or a hang costs one document.

One child is kept for the next file (starting one costs some 0.3 s); it is replaced when it dies, hangs or has read many.
The child answers in JSON, never in anything that could run code here.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from queue import SimpleQueue
from typing import Any, BinaryIO

from corpus.errors import Oversized, Unreadable
from corpus.readers.base import Limits, Reading

TURNS = 200
"""A child is replaced after so many files, against slow leaks of the libraries in it."""
_SIZE = struct.Struct(">Q")


def packed(*parts: bytes) -> bytes:
    """Parts with their lengths before them."""
    return b"".join(_SIZE.pack(len(part)) + part for part in parts)


def unpacked(stream: BinaryIO) -> bytes:
    """The next part of a stream; raises EOFError at its end."""
    head = stream.read(_SIZE.size)
    if len(head) < _SIZE.size:
        raise EOFError
    return stream.read(_SIZE.unpack(head)[0])


def to_json(reading: Reading) -> bytes:
    """A reading as JSON."""
    return json.dumps(asdict(reading), ensure_ascii=False).encode()


def from_json(value: dict[str, Any]) -> Reading:
    """A reading from its JSON form."""
    tables = tuple(tuple(tuple(cell for cell in row) for row in table) for table in value["tables"])
    parts = tuple((name, from_json(part)) for name, part in value["parts"])
    pairs = tuple((title, href) for title, href in value["attachments"])
    return Reading(**{**value, "tables": tables, "parts": parts, "attachments": pairs, "warnings": tuple(value["warnings"])})


class Worker:
    """One child process; calls are serialised."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None
        self.turns = 0

    def read(self, kind: str, data: bytes, name: str, content_type: str, limits: Limits) -> Reading:
        """Read in the child. Raises Oversized after `limits.seconds` or beyond `limits.memory`, Unreadable when it dies."""
        head = json.dumps({"kind": kind, "name": name, "content_type": content_type, "limits": asdict(limits)}).encode()
        with self.lock:
            if self.process is None or self.process.poll() is not None or self.turns >= TURNS:
                self._start(limits.memory)
            assert self.process is not None and self.process.stdin is not None
            self.turns += 1
            try:
                self.process.stdin.write(packed(head, data))
                self.process.stdin.flush()
                answer = json.loads(self._answer(limits.seconds, name))
            except (EOFError, OSError, ValueError) as error:
                self.stop()
                raise Unreadable("the reader died on this file", name, "the file is damaged or needs more memory than allowed") from error
        if "error" in answer:
            raise (Oversized if answer["error"] == "Oversized" else Unreadable)(answer["what"], answer["value"], answer["mend"])
        return from_json(answer)

    def _answer(self, seconds: float, name: str) -> bytes:
        """The next part that the child sends within the time."""
        assert self.process is not None and self.process.stdout is not None
        descriptor, buffer, until = self.process.stdout.fileno(), b"", time.monotonic() + seconds
        while len(buffer) < _SIZE.size or len(buffer) < _SIZE.size + _SIZE.unpack(buffer[: _SIZE.size])[0]:
            left = until - time.monotonic()
            if left <= 0 or not select.select([descriptor], [], [], left)[0]:
                self.stop()
                raise Oversized(f"reading took longer than {seconds:.0f} s", name, "split the file or raise the limit")
            chunk = os.read(descriptor, 1 << 20)
            if not chunk:
                raise EOFError
            buffer += chunk
        return buffer[_SIZE.size :]

    def _start(self, megabytes: int) -> None:
        self.stop()
        command = [sys.executable, "-m", "corpus.readers.child", str(megabytes)]
        environment = {**os.environ, "OMP_NUM_THREADS": "2", "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment)
        self.turns = 0

    def stop(self) -> None:
        """End the child."""
        process, self.process = self.process, None
        if process is None:
            return
        process.kill()
        process.wait(5)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue  # what it did not read is lost with it


_worker = Worker()
_more: list[Worker] = []
_lock = threading.Lock()


def _stop() -> None:
    for worker in (_worker, *_more):
        worker.stop()


atexit.register(_stop)


@contextmanager
def workers(count: int) -> Iterator[tuple[ThreadPoolExecutor, Callable[[str, bytes, str, str, Limits], Reading]]]:
    """`count` threads, and a function that reads in a child of the thread's own (children are kept for the next time)."""
    with _lock:
        _more.extend(Worker() for _ in range(count - len(_more)))
        idle: SimpleQueue[Worker] = SimpleQueue()
        for worker in _more[:count]:
            idle.put(worker)

        def child(kind: str, data: bytes, name: str, content_type: str, limits: Limits) -> Reading:
            worker = idle.get()
            try:
                return worker.read(kind, data, name, content_type, limits)
            finally:
                idle.put(worker)

        with ThreadPoolExecutor(count) as threads:
            yield threads, child


def read_bounded(kind: str, data: bytes, name: str, content_type: str, limits: Limits) -> Reading:
    """Read bytes of an untrusted format in the shared child process."""
    return _worker.read(kind, data, name, content_type, limits)
