"""The versioned constants of the risk method (`constants.toml`)."""

from __future__ import annotations

import hashlib
import tomllib
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

EPOCH = date(1970, 1, 1).toordinal()


@cache
def constants() -> dict[str, Any]:
    """All constants by section; treat as read-only."""
    return tomllib.loads(files("risk").joinpath("constants.toml").read_text("utf-8"))


def day(text: str) -> int:
    """Days since 1970-01-01 of an ISO prefix; a missing month or day counts as the last of its period (2021-02 → 2021-02-28)."""
    year, month = int(text[:4]), int(text[5:7] or 12)
    if len(text) >= 10:
        return date(year, month, int(text[8:10])).toordinal() - EPOCH
    following = date(year + (month == 12), month % 12 + 1, 1)
    return following.toordinal() - 1 - EPOCH


def iso(days: int) -> str:
    """The date of days since 1970-01-01."""
    return (date(1970, 1, 1) + timedelta(days=days)).isoformat()


def seen_day(instant: str) -> str:
    """The calendar day in Asia/Shanghai of a UTC instant (no daylight saving there since 1991: UTC+8)."""
    if len(instant) < 13:
        return instant[:10] or "1970-01-01"
    return iso(day(instant[:10]) + (int(instant[11:13]) >= 16))


def seed_of(*parts: object) -> int:
    """A 64-bit seed from the parts (date, corpus sequence …)."""
    return int.from_bytes(hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()[:8], "big")
