"""The child process of corpus.readers.pool: `python -m corpus.readers.child MEGABYTES` reads files from its input."""

from __future__ import annotations

import json
import os
import resource
import sys
from typing import Any

from corpus.errors import ReadError
from corpus.readers.base import Limits
from corpus.readers.pool import packed, to_json, unpacked


def _failure(kind: str, what: str, value: str, mend: str) -> bytes:
    return json.dumps({"error": kind, "what": what, "value": value, "mend": mend}, ensure_ascii=False).encode()


def answer(head: dict[str, Any], data: bytes, megabytes: int) -> bytes:
    """The reading of one file as JSON, or its error. Any failure of a library on untrusted bytes is that file's failure."""
    from corpus.readers.formats import READERS

    name = str(head["name"])
    try:
        return to_json(READERS[head["kind"]](data, name, head["content_type"], Limits(**head["limits"])))
    except ReadError as error:
        return _failure(type(error).__name__, error.what, error.value, error.mend)
    except MemoryError:
        return _failure("Oversized", f"reading needs more than {megabytes} MB of memory", name, "split the file")
    except Exception as error:  # noqa: BLE001
        return _failure("Unreadable", f"the file cannot be read ({type(error).__name__})", name, str(error)[:200])


def main() -> None:
    """Serve until the input ends. What libraries print goes nowhere: the output belongs to the answers."""
    megabytes = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_DATA, (megabytes << 20, megabytes << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    while True:
        try:
            head = json.loads(unpacked(sys.stdin.buffer))
            data = unpacked(sys.stdin.buffer)
        except EOFError:
            return
        output.write(packed(answer(head, data, megabytes)))
        output.flush()


if __name__ == "__main__":
    main()
