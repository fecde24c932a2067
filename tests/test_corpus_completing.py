"""Drafts are completed by processes as they are here, in order; a process does not outlive the import that was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from corpus import completing
from corpus.completing import Completing
from corpus.drafts import Draft, complete
from corpus.errors import Unreadable
from corpus.models import Source

SOURCE = Source("demo", "示例", kind="policy")


def _drafts(count: int, lines: int) -> list[Draft]:
    body = "\n".join(f"第{n}条 {'企业可以申请资助。' * 8}" for n in ("一", "二", "三")) + "\n（一）条件；\n" * lines
    return [Draft(f"k{n}", "demo", f"file:{n}", "policy", f"关于第{n}件事的办法", f"关于第{n}件事的办法\n{body}", first_seen_at="2026-01-01T00:00:00Z") for n in range(count)]


@pytest.mark.parametrize(("count", "lines"), [(0, 1), (3, 1), (40, 2000)])
def test_processes_give_what_completing_here_gives(count: int, lines: int) -> None:
    drafts = _drafts(count, lines)
    with Completing() as work:
        first, second = work.begin(drafts, SOURCE), work.begin(drafts[:2], SOURCE)
        assert first() == [complete(d, SOURCE) for d in drafts]
        assert second() == [complete(d, SOURCE) for d in drafts[:2]]


def test_a_process_that_is_ended_from_outside_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(completing, "SMALL", 0)
    with Completing() as work:
        work.begin(_drafts(1, 1), SOURCE)()
        children = [int(p) for p in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]
        ours = [p for p in children if b"multiprocessing.spawn" in Path(f"/proc/{p}/cmdline").read_bytes()]
        documents = work.begin(_drafts(40, 2000), SOURCE)
        for pid in ours:
            os.kill(pid, signal.SIGKILL)
        with pytest.raises(Unreadable, match="import again"):
            documents()


SCRIPT = """
import time
from pathlib import Path
from corpus import completing
from tests.test_corpus_completing import SOURCE, _drafts
if __name__ == "__main__":
    completing.SMALL = 0
    with completing.Completing() as work:
        work.begin(_drafts(1, 1), SOURCE)()
        import os
        print(Path(f"/proc/self/task/{os.getpid()}/children").read_text(), flush=True)
        time.sleep(60)
"""


def test_processes_end_with_an_import_that_was_killed(tmp_path: Path) -> None:
    script = tmp_path / "work.py"
    script.write_text(SCRIPT)
    root = Path(__file__).parent.parent
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True, cwd=root, env={**os.environ, "PYTHONPATH": str(root)}) as parent:
        assert parent.stdout is not None
        children = [int(p) for p in parent.stdout.readline().split()]
        parent.kill()
    assert children
    until = time.monotonic() + 20
    while time.monotonic() < until and any(_runs(p) for p in children):
        time.sleep(0.05)
    assert not any(_runs(p) for p in children)


def _runs(pid: int) -> bool:
    try:
        return ") Z" not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
