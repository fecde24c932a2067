"""The hot lists of the risk back-test as plain records with sightings: read from files, without a store."""

from __future__ import annotations

import csv
import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.errors import BadInput
from risk.constants import day
from risk.signals import Record

Sightings = dict[str, list[tuple[int, float]]]


@dataclass(frozen=True, slots=True)
class HotLists:
    """Titles as records (id = platform:title) in order of first sight, and when each was on a list with which heat."""

    records: list[Record]
    sightings: Sightings


def opinion_folder(data: Path) -> Path:
    """The folder of opinion data under `data` (or `data` itself); raises BadInput when it is absent."""
    for folder in (data / "opinion", data):
        if (folder / "weibo_hot_daily.jsonl.gz").exists():
            return folder
    raise BadInput("no hot lists there", data, "name the folder that holds opinion/weibo_hot_daily.jsonl.gz")


def read_hot_lists(data: Path, *, zhihu: bool = True) -> HotLists:
    """Weibo daily and hourly lists, and Zhihu's daily list."""
    folder = opinion_folder(data)
    made: Sightings = defaultdict(list)
    for platform, title, date, heat in _rows(folder, zhihu):
        made[f"{platform}:{title}"].append((day(date), heat))
    records = []
    for key in sorted(made, key=lambda k: (min(d for d, _ in made[k]), k)):
        platform, _, title = key.partition(":")
        first = _iso(min(d for d, _ in made[key]))
        records.append(Record(key, title, "opinion", platform, first, first))
    return HotLists(records, dict(made))


def _iso(days: int) -> str:
    from risk.constants import iso

    return iso(days)


def _rows(folder: Path, zhihu: bool) -> Iterator[tuple[str, str, str, float]]:
    for platform in ("weibo", "zhihu") if zhihu else ("weibo",):
        for row in read_lines(folder / f"{platform}_hot_daily.jsonl.gz"):
            yield platform, row["t"], row["d"], 0.0
    for path in sorted((folder / "weibo_hot_hourly").glob("*.csv.gz")):
        with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
            for line in csv.DictReader(lines):
                if line["ads"] != "True":
                    yield "weibo", line["title"], line["date"], float(line["hot"] or 0)


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of a JSON-lines file, gzipped or not; none when the file is absent."""
    if not path.exists():
        return
    opener: Any = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)
