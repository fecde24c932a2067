"""The first run of a service with accounts: the administrator's one-time password, the lock at the door, and a backup that is made and taken while serving."""

from __future__ import annotations

import contextlib
import io
import re
import time
import zipfile
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import httpx
import pytest

from ui.auth import constants

spec = spec_from_file_location("ui_server", Path(__file__).with_name("ui_server.py"))
assert spec and spec.loader
ui_server = module_from_spec(spec)
spec.loader.exec_module(ui_server)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of a new service and what it printed."""
    home = tmp_path_factory.mktemp("first")
    with ui_server.served(home, "--accounts", schedule=True) as (address, _):
        yield address, (home / "served.log").read_text("utf-8")


@contextlib.contextmanager
def signed_in(base: str, name: str, password: str, new: str) -> Iterator[httpx.Client]:
    """A person who has changed the one-time password; until then nothing else is answered."""
    with httpx.Client(base_url=base, timeout=120) as client:
        changed(client, name, password, new)
        yield client


def changed(client: httpx.Client, name: str, password: str, new: str) -> None:
    """Sign in with a one-time password and change it."""
    assert client.post("/login", data={"name": name, "password": password}).headers["location"] == "/password"
    refused = client.get("/api/v1/me")
    assert refused.status_code == 401 and "one-time" in refused.json()["what"]
    assert client.post("/password", data={"password": password, "new_password": password}).status_code == 422
    assert client.post("/password", data={"password": password, "new_password": new}).status_code == 303


def test_the_first_administrator_and_a_backup_while_serving(served: tuple[str, str]) -> None:
    base, printed = served
    name, password = re.search(r"管理员账号 (\S+?)，一次性密码：(\S+)", printed).groups()  # type: ignore[union-attr]
    assert httpx.get(base + "/api/v1/me", timeout=60).json()["role"] == "anonymous"  # loopback is nobody's account once there is an administrator
    with signed_in(base, name, password, "neues-Kennwort-7") as admin:
        assert admin.get("/api/v1/me").json()["role"] == "admin"
        page = admin.get("/password").text
        assert "/api/v1/tokens" in page  # one's tokens are made there
        added = admin.post("/api/v1/users", json={"name": "ops", "role": "operator"}).json()
        with signed_in(base, added["name"], added["password"], "noch-eins-anders-8") as operator:
            assert operator.post("/api/v1/jobs/backup/run").status_code == 202
            found = _waited(operator)
            assert admin.get(f"/api/v1/backups/{found}").status_code == 403  # an administrator's ceiling is 1, and a backup holds everything
            kept = operator.get(f"/api/v1/backups/{found}")
            assert any("users" in n for n in zipfile.ZipFile(io.BytesIO(kept.content)).namelist())
        _locked(base, "ops")
        assert "backup.get" in {e["action"] for e in admin.get("/api/v1/audit").json()["entries"]}


def _waited(client: httpx.Client) -> str:
    for _ in range(600):
        if rows := client.get("/api/v1/backups").json()["backups"]:
            return str(rows[0]["name"])
        time.sleep(0.2)
    raise AssertionError("no backup appeared")


def _locked(base: str, name: str) -> None:
    """Wrong passwords in a row lock the account at the door."""
    with httpx.Client(base_url=base, timeout=120) as client:
        tries = [client.post("/login", data={"name": name, "password": "falsch falsch"}) for _ in range(constants()["lockout"]["failures"] + 1)]
    assert {a.status_code for a in tries} <= {403, 429}
    assert "锁定" in tries[-1].text or "频繁" in tries[-1].text
