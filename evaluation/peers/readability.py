"""readability-lxml in an environment of its own (it asks for an older cssselect than the gatherer): `python -m evaluation.peers.readability FOLDER OUT ROUNDS`.

FOLDER holds pages as files; OUT gets {"texts": {file: text}, "seconds": {file: seconds of its fastest round}}.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path


def text(data: bytes) -> str:
    import lxml.html
    from readability import Document

    return str(lxml.html.fromstring(Document(data.decode("utf-8", "replace")).summary()).text_content())


def main(folder: Path, out: Path, rounds: int) -> None:
    texts: dict[str, str] = {}
    seconds: dict[str, float] = {}
    for page in sorted(folder.iterdir()):
        data = page.read_bytes()
        for _ in range(rounds):
            start = time.perf_counter()
            texts[page.name] = text(data)
            seconds[page.name] = min(seconds.get(page.name, float("inf")), time.perf_counter() - start)
    out.write_text(json.dumps({"texts": texts, "seconds": seconds}, ensure_ascii=False), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
