"""Peers: other systems from PyPI, each in an environment of its own made here, asked the same questions over the same texts.

A name is a script of evaluation/peers: `langchain` is the peer as its quick-start does it, `langchain-best` at its best.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import venv
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from corpus.errors import ModelError
from evaluation import experiment, sets
from evaluation.collection import Collection, holds
from evaluation.experiment import Result
from evaluation.sets import Ask, QuestionSet
from rag.embed import builtin_folder

SCRIPTS = Path(__file__).parent / "peers"
NAMES = tuple(name + mode for name in ("bm25s", "langchain", "haystack", "llamaindex", "txtai", "bge") for mode in ("", "-best"))
_STAMP = "ready.txt"


def environment(name: str, folder: Path) -> Path:
    """The Python of a peer's own environment under `folder`, made and filled when its requirements changed."""
    wanted, home = (SCRIPTS / f"{name}.txt").read_text("utf-8"), folder.absolute() / name
    python, stamp = home / "bin" / "python", home / _STAMP
    if not stamp.exists() or stamp.read_text("utf-8") != wanted:
        if not python.exists():
            venv.create(home, with_pip=True, symlinks=True)
        _run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade", "pip>=25"], name)
        _run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile", "-r", str(SCRIPTS / f"{name}.txt")], name)
        stamp.write_text(wanted, "utf-8")
    return python


def run(name: str, cache: Path, arguments: list[str], said: str = "") -> None:
    """Run a peer's script in its environment under `cache`; raises ModelError when it fails."""
    quiet = {"ANONYMIZED_TELEMETRY": "False", "HAYSTACK_TELEMETRY_ENABLED": "False", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    _run([str(environment(name, cache / "peers")), "-m", f"evaluation.peers.{name}", *arguments], said or name, os.environ | quiet)


def _run(command: list[str], name: str, env: Mapping[str, str] | None = None) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=SCRIPTS.parent.parent, env=env)
    if done.returncode:
        raise ModelError("a peer failed", name, done.stderr.strip()[-600:])


def write_input(folder: Path, collection: Collection, units: Mapping[str, sets.Unit], found: Mapping[str, QuestionSet]) -> str:
    """Whole documents, units and all questions (`set|question`, in an order that mixes the sets) for the scripts; returns a digest of it."""
    folder.mkdir(parents=True, exist_ok=True)
    sets.write_documents(folder / "documents.jsonl", collection.whole.values())
    sets.write_documents(folder / "corpus.jsonl", units.values())
    pairs = sorted(((name, question) for name, some in found.items() for question in some.asks), key=lambda pair: sets.mixed(*pair))
    sets.write_queries(folder / "queries.jsonl", {f"{name}|{question}": found[name].asks[question] for name, question in pairs})
    return _digest(*(folder / f"{name}.jsonl" for name in ("documents", "corpus", "queries")))


def _digest(*files: Path) -> str:
    whole = hashlib.sha1(usedforsecurity=False)
    for path in files:
        whole.update(path.read_bytes())
    return whole.hexdigest()[:12]


def answers(peer: str, given: Path, digest: str, cache: Path, seconds: float) -> dict[str, Any]:
    """What a peer answered (kept as long as its script, requirements and input stay); raises ModelError when it fails."""
    name, _, best = peer.partition("-")
    version = _digest(SCRIPTS / f"{name}.py", SCRIPTS / "common.py", SCRIPTS / f"{name}.txt", builtin_folder() / "model.safetensors")
    out = given / f"{peer}-{version}-{digest}-{seconds:.0f}.json"
    if not out.exists():
        run(name, cache, [str(given.absolute()), str(out.absolute()), best or "quick", str(seconds)], peer)
    return dict(json.loads(out.read_text("utf-8")))


def result(peer: str, answered: Mapping[str, Any], name: str, found: QuestionSet, collection: Collection) -> Result:
    """A peer's answers to one set, judged; questions that it had no time for are left out."""
    asked: dict[str, Ask] = {q: ask for q, ask in found.asks.items() if f"{name}|{q}" in answered["runs"]}
    some = replace(found, asks=asked, relevant={q: found.relevant[q] for q in asked})
    runs = {q: list(dict.fromkeys(_units(answered["runs"][f"{name}|{q}"], q, found, collection)))[: experiment.DEPTH] for q in asked}
    return experiment.result(peer, runs, list(answered["ms"]), list(answered["cpu_ms"]), some)


def _units(hits: list[Any], question: str, found: QuestionSet, collection: Collection) -> list[str]:
    """What hits stand for in a set: unit ids as they are, spans by the articles they cover or the answer they hold."""
    made: list[str] = []
    for hit in hits:
        document, text = (hit[0], collection.whole[hit[0]].text[hit[1] : hit[2]]) if isinstance(hit, list) else (hit.rpartition(":")[0], "")
        if found.unit == "document":
            made.append(document or hit)
        elif found.unit == "answer":
            made.append("answer" if holds(text or collection.pieces[hit].text, found.answers[question]) else f"{hit}")
        else:
            made += collection.covered(*hit) if isinstance(hit, list) else [hit]
    return made
