"""The library's filter 只看现行: by words and by date it leaves exactly what is in force on the day."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from corpus.access import LOCAL
from corpus.drafts import Draft
from corpus.ingest import ingest
from corpus.models import Source
from corpus.settings import load_settings
from ui.app.library import EMPTY, without
from ui.desk import Desk, library

SOURCE = Source("kjt", "闽海省科学技术厅", level="province", region_code="990000", official=True)
ENDS = {
    "长期": "本办法自2021年1月1日起施行。", "到期": "本办法自2019年1月1日起施行，有效期至2023年12月31日。", "未施行": "本办法自2027年1月1日起施行。",
    "废止": "《闽海省到期研发补助办法》已废止的，以本办法为准。本办法自2022年3月1日起施行，有效期五年。",
}  # fmt: skip


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    made = Desk(load_settings(tmp_path_factory.mktemp("library") / "home", embedding="off"))
    made.store.sources.put(SOURCE)
    drafts = [
        Draft(
            name, "kjt", f"http://kjt.example/{n}", "policy", f"闽海省{name}研发补助办法", f"第一条　支持企业研发。\n第二条　研发补助最高{n + 1}00万元。\n第三条　{end}\n", official=True,
            fields={"doc_number": f"闽海科规〔2020〕{n + 1}号", "written_on": "2020-12-01", "published_on": "2020-12-01"}, first_seen_at="2026-01-05T00:00:00+00:00", snapshot_sha256="",
        )
        for n, (name, end) in enumerate(ENDS.items())
    ]  # fmt: skip
    ingest(made.store, drafts)
    made.retriever.refresh()
    yield made
    made.close()


@pytest.mark.parametrize("text", ["", "研发补助最高多少"])
@pytest.mark.parametrize(("on", "left"), [("2026-11-26", {"长期", "废止"}), ("2021-06-01", {"长期", "到期"}), ("2027-06-01", {"长期", "未施行"})])
def test_only_what_is_in_force_on_the_day_is_left(desk: Desk, text: str, on: str, left: set[str]) -> None:
    every = library.browse(desk, library.Wanted(text=text, as_of=on), LOCAL)
    kept = library.browse(desk, library.Wanted(text=text, as_of=on, in_force=True), LOCAL)
    assert every["total"] == len(ENDS) and {r["title"] for r in kept["rows"]} == {f"闽海省{name}研发补助办法" for name in left}
    assert sum(kept["counts"]["status"].values()) == kept["total"] == len(left)


def test_the_chip_takes_the_filter_away() -> None:
    assert without(EMPTY | {"in_force": True, "year": "2020"}, "in_force=1#7") == EMPTY | {"year": "2020"}
