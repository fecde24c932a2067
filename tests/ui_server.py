"""A real server on a free port over a small home of portal-like documents, shared by the tests of the doors."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from corpus.settings import load_settings
from corpus.store import open_store
from ui.auth import accounts

ROLES = ("enterprise", "expert", "official", "operator", "auditor", "admin")

POLICY = """测试省企业研究开发补助办法
测科规〔2024〕5号
第一条　为了支持企业研究开发，根据有关规定，制定本办法。
第二条　企业年度研究开发费用500万元以上的部分，按照百分之三给予补助，单个企业年度最高不超过500万元。
第三条　补助由省科学技术厅会同省财政厅核定。
第四条　本办法自2024年5月1日起施行，有效期五年。
"""
NOTICE = """测试省科学技术厅关于组织开展2026年度高新技术企业认定申报工作的通知
一、申报时间
（一）网上填报。截止时间为2026年6月30日。
（二）推荐单位审核。截止时间为2026年7月10日。
二、报送方式
企业登录平台填报，逾期不再受理。
"""
SECRET = """测试省涉企数据目录（内部）
第一条　机密代号紫檀木桥的清单只供内部使用。
"""


def build_home(folder: Path) -> Path:
    """A home with three documents, one of them 三级."""
    home = folder / "home"
    for name, text, options in (("policy.txt", POLICY, ("--kind", "policy")), ("notice.txt", NOTICE, ("--kind", "notice")), ("secret.txt", SECRET, ("--kind", "policy", "--security", "3"))):
        (folder / name).write_text(text, "utf-8")
        subprocess.run([*PROGRAM, "--home", str(home), "import", str(folder / name), *options], check=True, capture_output=True, timeout=300)
    subprocess.run([*PROGRAM, "--home", str(home), "index"], check=True, capture_output=True, timeout=300)
    return home


PROGRAM = [sys.executable, "-c", "from ui.cli import main; main()"]


def enrolled(home: Path) -> dict[str, str]:
    """An account `u-ROLE` of every role in a home; gives a token of each by role."""
    store = open_store(load_settings(home))
    for role in ROLES:
        accounts.create(store, f"u-{role}", role, by="test")
    found = {role: accounts.make_token(store, f"u-{role}", "test", by="test") for role in ROLES}
    store.close()
    return found


@contextlib.contextmanager
def served(home: Path, *options: str, schedule: bool = False, log: str = "served.log") -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """`jianwei serve` on a free port; gives its address and the process."""
    command = [*PROGRAM, "--home", str(home), "serve", "--port", "0", *(() if schedule else ("--no-schedule",)), *options]
    with (home / log).open("w", encoding="utf-8") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, text=True)
    try:
        yield _address(home / log, process), process
    finally:
        process.terminate()
        process.wait(20)


def _address(log: Path, process: subprocess.Popen[str]) -> str:
    for _ in range(1800):
        words = log.read_text("utf-8")
        if "http://" in words and "\n" in words.partition("http://")[2]:
            address = "http://" + words.partition("http://")[2].split("（")[0].split(" ")[0].strip()
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(address + "/healthz", timeout=5).status_code == 200:
                    return address
        if process.poll() is not None:
            raise AssertionError(f"the server ended: {words[-2000:]}")
        time.sleep(0.1)
    raise AssertionError("the server did not come up")
