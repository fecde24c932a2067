"""The command line by subprocess: names, exit codes, one line of error, batch, records."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from corpus.settings import load_settings
from corpus.store import open_store
from ui.cli.root import command
from ui.messages import catalogue

PROGRAM = [sys.executable, "-c", "from ui.cli import main; main()"]


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PROGRAM, "--home", str(home), *arguments], capture_output=True, text=True, check=False, timeout=120)


POLICY = """第一条　为了支持企业研究开发，制定本办法。
第二条　企业年度研究开发费用500万元以上的部分，按照百分之三给予补助，最高不超过500万元。
第三条　本办法自2024年5月1日起施行，有效期五年。
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli")
    (folder / "研发补助办法.txt").write_text("测试省企业研究开发补助办法\n" + POLICY, "utf-8")
    done = run(folder / "home", "import", str(folder / "研发补助办法.txt"), "--kind", "policy", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["counts"]["new"] == 1
    return folder / "home"


def test_help_names_every_command() -> None:
    done = subprocess.run([*PROGRAM, "--help"], capture_output=True, text=True, check=True)
    for name in ["crawl", "import", "index", "search", "ask", "show", "interpret", "compare", "match", "risks", "panel", "bulletin", "catalogue", "sources", "quality", "retire", "purge", "audit", "backup", "restore", "doctor", "user", "train", "serve", "eval", "demo"]:
        assert f"  {name} " in done.stdout


def test_help_loads_nothing_heavy() -> None:
    words = "import sys; from ui.cli.root import command; command(); print([m for m in ('gradio','fastapi','numpy','sqlalchemy','scrapy','chromadb','pydantic') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True).stdout.strip() == "[]"


@pytest.mark.parametrize("arguments", [("ask",), ("nosuchcommand",), ("search", "x", "-k", "-1"), ("search", ""), ("crawl",), ("search", "x", "--as-of", "2024-13-01"), ("search", "x", "--level", "moon"), ("panel",)])
def test_wrong_arguments_exit_2_with_one_line(home: Path, arguments: tuple[str, ...]) -> None:
    done = run(home, *arguments)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [("import", "/no/such/file"), ("show", "dnothing"), ("restore", "/no/such.zip"), ("--as-user", "nobody", "sources"), ("match", "/no/such.toml")])
def test_failed_work_exits_1_with_one_line(home: Path, arguments: tuple[str, ...]) -> None:
    done = run(home, *arguments)
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "; " in done.stderr


def test_search_and_ask_quote_the_text(home: Path) -> None:
    hits = json.loads(run(home, "search", "研究开发费用补助比例", "--json").stdout)["hits"]
    assert hits and hits[0]["clause"]["article"] == "第二条"
    text = json.loads(run(home, "show", hits[0]["document_id"], "--json").stdout)["text"]
    assert text[hits[0]["start"] : hits[0]["end"]] == hits[0]["text"]
    answer = json.loads(run(home, "ask", "测试省企业研究开发补助办法第二条是什么？", "--json").stdout)
    assert answer["status"] in ("answered", "partial")
    for c in answer["citations"]:
        assert text[c["start"] : c["end"]] == c["quote"]


def test_batch_keeps_order_and_answers_bad_lines(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "lines.jsonl"
    file.write_text('{"id": "a", "question": "补助比例"}\nnot json\n[1]\n{"id": "b"}\n{"id": "c", "question": "有效期", "history": ["补助比例"]}\n{"id": "d", "question": "x", "user": "nobody"}\n', "utf-8")
    for verb, key in (("search", "hits"), ("ask", "status")):
        done = run(home, verb, "--batch", str(file), "--json")
        assert done.returncode == 0
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        assert [line.get("id") for line in lines] == ["a", None, None, "b", "c", "d"]
        assert key in lines[0] and key in lines[4]
        for number, line in ((2, lines[1]), (3, lines[2]), (4, lines[3]), (6, lines[5])):
            assert line["line"] == number
            assert set(line["error"]) == {"what", "value", "mend"}


def test_a_users_ceiling_hides_documents(home: Path) -> None:
    assert run(home, "user", "add", "qiye", "--role", "enterprise").returncode == 0
    hit = json.loads(run(home, "search", "补助", "--json").stdout)["hits"][0]
    store = open_store(load_settings(home))
    store.documents.amend(hit["document_id"], security=3)
    store.close()
    try:
        hidden = run(home, "--as-user", "qiye", "show", hit["document_id"])
        assert hidden.returncode == 1 and "no such document" in hidden.stderr
        assert json.loads(run(home, "--as-user", "qiye", "search", "补助", "--json").stdout)["hits"] == []
        assert json.loads(run(home, "--as-user", "qiye", "catalogue", "documents", "--json").stdout)["documents"] == []
        assert run(home, "--as-user", "qiye", "user", "list").returncode == 1
    finally:
        store = open_store(load_settings(home))
        store.documents.amend(hit["document_id"], security=1)
        store.close()


def test_envelopes(home: Path) -> None:
    for arguments, key in ((("sources",), "sources"), (("catalogue",), "holdings"), (("catalogue", "documents"), "documents"), (("quality",), "quality"), (("audit",), "entries"), (("retire",), "retirements"), (("panel", "report"), "panels"), (("risks", "list"), "risks")):
        done = run(home, *arguments, "--json")
        assert done.returncode == 0, done.stderr
        assert key in json.loads(done.stdout)
        table = run(home, *arguments)
        assert table.returncode == 0 and (table.stdout.strip() or table.stderr.strip()), (arguments, table.stderr)
    page = json.loads(run(home, "catalogue", "documents", "--json").stdout)
    assert set(page) == {"documents", "next"} and "text" not in page["documents"][0]


def test_a_document_is_named_by_its_title(home: Path) -> None:
    by_title, quoted = (run(home, "show", name, "--json") for name in ("测试省企业研究开发补助办法", "《测试省企业研究开发补助办法》"))
    assert by_title.returncode == 0 and json.loads(by_title.stdout)["id"] == json.loads(quoted.stdout)["id"]
    assert "政策要点梳理" in run(home, "interpret", "企业研究开发补助办法").stdout
    unknown = run(home, "interpret", "没有这份办法")
    assert unknown.returncode == 1 and "文号" in unknown.stderr


def test_a_doubt_keeps_the_value_that_is_right_and_settles_with_it(home: Path) -> None:
    document = json.loads(run(home, "catalogue", "documents", "--kind", "policy", "--json").stdout)["documents"][0]["id"]
    first = json.loads(run(home, "quality", "doubt", document, "--field", "doc_number", "--new", "闽海科规〔2031〕9号", "--reason", "与原件不符", "--json").stdout)["n"]
    second = json.loads(run(home, "quality", "doubt", document, "--field", "published_on", "--reason", "日期有误", "--json").stdout)["n"]
    assert "闽海科规〔2031〕9号" in run(home, "quality", "doubts").stdout
    assert run(home, "quality", "settle", str(first), "--accept").returncode == 0
    assert json.loads(run(home, "show", document, "--json").stdout)["doc_number"] == "闽海科规〔2031〕9号"
    unsaid = run(home, "quality", "settle", str(second), "--accept")
    assert unsaid.returncode == 2 and "which value is right" in unsaid.stderr
    assert run(home, "quality", "settle", str(second)).returncode == 0


def test_backup_restores_into_an_empty_home(home: Path, tmp_path: Path) -> None:
    assert run(home, "backup", str(tmp_path / "b.zip")).returncode == 0
    assert run(tmp_path / "fresh", "restore", str(tmp_path / "b.zip")).returncode == 0
    assert json.loads(run(tmp_path / "fresh", "catalogue", "documents", "--json").stdout)["documents"]
    assert run(home, "restore", str(tmp_path / "b.zip")).returncode == 1


def test_every_command_has_help_and_every_message_two_languages() -> None:
    for name, entry in command().commands.items():
        assert entry.help, name
    for key, pair in catalogue().items():
        assert all(pair), key
