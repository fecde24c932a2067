"""About one per cent of the fuzzing of `jianwei eval bench`: no server error, every status, type and body as the OpenAPI document says."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from evaluation.fuzz import fuzz, tokens

spec = spec_from_file_location("ui_server", Path(__file__).with_name("ui_server.py"))
assert spec and spec.loader
ui_server = module_from_spec(spec)
spec.loader.exec_module(ui_server)


def test_a_hundred_cases_find_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIANWEI_RATE", "100000")
    home = Path(ui_server.build_home(tmp_path))
    with ui_server.served(home) as (base, _):
        found = fuzz(base, tokens(home, ("operator",)), 100)
    assert found["cases"] >= 60
    assert found["server_errors"] == found["errored"] == 0
    assert found["unique_failures"] <= found["not_built"], found["readers"]
