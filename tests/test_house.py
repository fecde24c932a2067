"""The house: import directions, one owner a library, no `__init__` in tests."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {
    "corpus": set(),
    "crawlers": {"corpus"},
    "rag": {"corpus"},
    "risk": {"corpus", "rag"},
    "ui": {"corpus", "crawlers", "rag", "risk"},
    "evaluation": {"corpus", "crawlers", "rag", "risk", "ui"},
}
OWNERS = {
    "scrapy": ("crawlers",),
    "twisted": ("crawlers",),
    "trafilatura": ("corpus/readers",),
    "chromadb": ("rag/dense",),
    "langchain": ("rag",),
    "langchain_core": ("rag",),
    "langchain_openai": ("rag/llm",),
    "gradio": ("ui",),
    "fastapi": ("ui",),
    "apscheduler": ("ui/jobs",),
    "sqlalchemy": ("corpus/store", "ui/jobs"),
    "tantivy": ("rag/lexical", "rag/strata"),
    "simsimd": ("rag/dense",),
    "transformers": ("rag", "risk"),
    "rapidocr": ("corpus/readers",),
    "argon2": ("ui/auth",),
    "fitz": (),
}


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


FILES = [path for package in MAY_IMPORT for path in sorted((ROOT / package).rglob("*.py"))]


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_flow_one_way(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    wrong = (imports(path) & set(MAY_IMPORT)) - MAY_IMPORT[package] - {package}
    assert not wrong, f"{package} must not import {wrong}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_library_has_one_owner(path: Path) -> None:
    place = path.relative_to(ROOT).as_posix()
    if place.startswith("evaluation/"):
        return  # measures peers and libraries beside ours
    for library in imports(path) & set(OWNERS):
        assert any(place.startswith(owner) for owner in OWNERS[library]), f"{library} belongs to {OWNERS[library]}"


def test_tests_are_no_package() -> None:
    assert not list((ROOT / "tests").rglob("__init__.py"))
