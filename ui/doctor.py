"""`jianwei doctor`: the installation, the home, and what is configured, each with the mend."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from corpus.access import LOCAL
from corpus.errors import JianweiError
from corpus.settings import Settings, load_settings

PACKAGES = ("sqlalchemy", "tantivy", "chromadb", "scrapy", "fastapi", "gradio", "apscheduler", "rapidocr", "mcp")
ROOM = 2 * 1024**3  # bytes free that a home should have


def examine(home: Path | None, *, whole: bool = True) -> list[dict[str, Any]]:
    """Every check: {"check", "ok", "found", "mend"}; without the counts of the store when they are not for the reader (`whole` false)."""
    findings = [*_installation()]
    try:
        settings = load_settings(home)
    except JianweiError as error:
        return [*findings, _finding("settings", False, f"{error.what}: {error.value}", error.mend)]
    findings.append(_finding("settings", True, str(settings.home.absolute()), ""))
    return findings + [_guarded(name, check, settings) | ({} if whole or name not in _COUNTING else {"found": ""}) for name, check in _CHECKS]


def _finding(check: str, ok: bool, found: object, mend: str) -> dict[str, Any]:
    return {"check": check, "ok": ok, "found": str(found), "mend": "" if ok else mend}


def _installation() -> Iterator[dict[str, Any]]:
    yield _finding("python", sys.version_info >= (3, 11), sys.version.split()[0], "use Python 3.11 or newer")
    for name in PACKAGES:
        try:
            yield _finding(name, True, version(name), "")
        except PackageNotFoundError:
            yield _finding(name, False, "missing", "pip install -e .")


def _guarded(name: str, check: Callable[[Settings], tuple[bool, str, str]], settings: Settings) -> dict[str, Any]:
    try:
        return _finding(name, *check(settings))
    except JianweiError as error:
        return _finding(name, False, f"{error.what}: {error.value}", error.mend)


def _store(settings: Settings) -> tuple[bool, str, str]:
    from corpus.store import open_store

    if not settings.database_url and not (settings.home / "jianwei.sqlite3").exists():
        return False, "empty: nothing was gathered or imported yet", "try `jianwei demo`, or `jianwei --home DIR import PATH…` with your own documents"
    store = open_store(settings)
    try:
        verdict = store.audit.verify()
        words = f"{store.documents.count(LOCAL)} documents, sequence {store.documents.sequence()}, audit {verdict.entries} entries"
        return verdict.broken is None, words, f"the audit chain is broken at entry {verdict.broken}: restore a backup and ask who changed it"
    finally:
        store.close()


def _disk(settings: Settings) -> tuple[bool, str, str]:
    place = settings.home if settings.home.exists() else settings.home.absolute().parent
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    writable = os.access(place, os.W_OK)
    return free > ROOM and writable, f"{free / 1024**3:.1f} GiB free, {'writable' if writable else 'not writable'}", "free some space, or give another --home that you may write to"


def _index(settings: Settings) -> tuple[bool, str, str]:
    from ui.desk import Desk

    if not (settings.home / "index").exists():
        return True, "none yet: it is built at the first search, or by `jianwei index`", ""
    desk = Desk(settings)
    try:
        behind = desk.store.documents.sequence() - desk.retriever.sequence
        return behind <= 0, f"{max(0, behind)} changes behind", "jianwei index"
    finally:
        desk.close()


def _model(settings: Settings) -> tuple[bool, str, str]:
    if not settings.llm:
        return True, "none: extractive answers", ""
    if settings.llm.startswith("openai:"):
        if settings.llm_base_url and (fault := _silent(settings.llm_base_url)):
            return False, f"{settings.llm} at {settings.llm_base_url}: {fault}", "start the model server, or correct JIANWEI_LLM_BASE_URL; until then answers are extractive"
        return bool(settings.llm_base_url or settings.llm_api_key), f"{settings.llm} at {settings.llm_base_url or 'the default address'}", "set llm_base_url and JIANWEI_LLM_API_KEY"
    from importlib.util import find_spec

    return find_spec("transformers") is not None, settings.llm, "pip install -e '.[ml]'"


def _accounts(settings: Settings) -> tuple[bool, str, str]:
    from corpus.store import open_store
    from ui.auth.identity import is_loopback

    if not settings.database_url and not (settings.home / "jianwei.sqlite3").exists():
        return is_loopback(settings.host), f"none yet, host {settings.host}", "jianwei serve --accounts"
    store = open_store(settings)
    try:
        people = store.people.all()
    finally:
        store.close()
    ok = is_loopback(settings.host) or bool(people)
    return ok, f"{len(people)} accounts, {sum(u.role == 'admin' for u in people)} administrators, host {settings.host}", "jianwei serve --accounts"


def _silent(url: str) -> str:
    """Why no server listens at an address of the settings; empty when one does."""
    parts = urlsplit(url)
    port = parts.port or {"https": 443, "redis": 6379, "rediss": 6379}.get(parts.scheme, 80)
    try:
        with socket.create_connection((parts.hostname or "", port), timeout=5):
            return ""
    except OSError as error:
        return f"no answer ({error.strerror or error})"


def _chroma(settings: Settings) -> tuple[bool, str, str]:
    if not settings.chroma_url:
        return True, "none: embedded", ""
    fault = _silent(settings.chroma_url)
    return not fault, f"{settings.chroma_url} {fault}".strip(), "start it with `chroma run`, or empty the setting chroma_url"


def _redis(settings: Settings) -> tuple[bool, str, str]:
    if not settings.redis_url:
        return True, "none: the local crawl queue", ""
    fault, parts = _silent(settings.redis_url), urlsplit(settings.redis_url)
    return not fault, f"{parts.hostname}:{parts.port or 6379} {fault}".strip(), "start redis-server, or empty the setting redis_url"


def _mail(settings: Settings) -> tuple[bool, str, str]:
    return True, settings.smtp_url.split("@")[-1] or "no mail server: notices stay in the service", ""


_COUNTING = frozenset({"store", "index"})
"""Checks that tell how many documents there are, or how far the change sequence has gone."""
_CHECKS: tuple[tuple[str, Callable[[Settings], tuple[bool, str, str]]], ...] = (
    ("store", _store),
    ("disk", _disk),
    ("index", _index),
    ("Chroma server", _chroma),
    ("Redis server", _redis),
    ("language model", _model),
    ("accounts", _accounts),
    ("mail", _mail),
)
