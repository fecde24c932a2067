"""The constants of the products that leave the house (`products.toml`), with the province's own on top."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from corpus.errors import SettingsError


@cache
def shipped() -> dict[str, Any]:
    """The shipped constants; treat as read-only."""
    return tomllib.loads(files("risk").joinpath("products.toml").read_text("utf-8"))


def products(home: Path) -> dict[str, Any]:
    """The shipped constants with those of `home/products.toml` on top; raises SettingsError for a file that is no TOML or an unknown name."""
    own = home / "products.toml"
    if not own.exists():
        return shipped()
    try:
        return _over(shipped(), tomllib.loads(own.read_text("utf-8")), own)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError("the products file is not valid TOML", own, str(error)) from error


def _over(base: Mapping[str, Any], own: Mapping[str, Any], file: Path) -> dict[str, Any]:
    for name, value in own.items():
        if name not in base or type(value) is not type(base[name]):
            raise SettingsError(f"{file.name} has no such value", f"{name} = {value!r}", f"known here: {', '.join(base)}")
    return {n: _over(v, own[n], file) if n in own and isinstance(v, dict) else own.get(n, v) for n, v in base.items()}
