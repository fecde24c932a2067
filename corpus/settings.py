"""One settings object: defaults < `HOME/jianwei.toml` < environment (`JIANWEI_…`)."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from corpus.errors import SettingsError


class Settings(BaseModel):
    """Everything that can be set. `jianwei doctor` prints it; secrets are read from the environment only."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    home: Path = Field(default=Path(".jianwei"), description="folder of all state")
    database_url: str = Field(default="", description="SQLAlchemy URL; empty means SQLite in the home")
    chroma_url: str = Field(default="", description="http://host:port of a Chroma server; empty means embedded")
    redis_url: str = Field(default="", description="shared crawl queue; empty means the durable local queue")
    embedding: str = Field(default="builtin", description="builtin | off | path or name of a sentence-transformers model | openai:MODEL")
    reranker: str = Field(default="builtin", description="builtin (reads the best statements of answers, and the best hits of questions in the library and at the command line) | off | path or name of a transformers cross-encoder")
    llm: str = Field(default="", description="openai:MODEL | transformers:PATH; empty means the extractive composer")
    llm_base_url: str = Field(default="", description="address of an OpenAI-compatible server")
    llm_api_key: str = Field(default="", description="key of that server (environment only)", repr=False)
    llm_timeout: float = Field(default=60.0, gt=0, description="seconds")
    signal_model: str = Field(default="", description="judge of risk sentences: zero-shot:PATH of a transformers NLI model | llm; empty means the shipped classifier")
    region: str = Field(default="", description="default region of askers, GB/T 2260")
    province_profile: str = Field(default="", description="TOML of the province's chains, firms and projects")
    host: str = "127.0.0.1"
    port: int = Field(default=7860, ge=0, le=65535)
    rate: float = Field(default=1.0, gt=0, description="factor on all rate limits, for instance behind a gateway that has its own")
    language: str = Field(default="zh", pattern="^(zh|en)$")
    user_dictionary: str = Field(default="", description="file of extra words, one a line")
    contact: str = Field(default="", description="who runs the crawler; stands in its user agent")
    smtp_url: str = ""
    public_url: str = Field(default="", pattern="^(https?://.+)?$", description="address at which readers reach the service; stands before the links of mails and webhooks")
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = Field(default="", repr=False)
    allow_loopback: bool = Field(default=False, description="crawler may reach 127.0.0.1 (the demo portal)")

    @property
    def url(self) -> str:
        """The database URL in force."""
        return self.database_url or f"sqlite:///{(self.home / 'jianwei.sqlite3').absolute()}"


def load_settings(home: Path | str | None = None, **overrides: Any) -> Settings:
    """Read defaults, `jianwei.toml` in the home, then the environment, then `overrides`.

    Raises SettingsError naming the file or variable and the allowed values.
    """
    folder = Path(home or os.environ.get("JIANWEI_HOME") or ".jianwei")
    values: dict[str, Any] = {}
    path = folder / "jianwei.toml"
    if path.exists():
        try:
            values.update(tomllib.loads(path.read_text("utf-8")))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError("the settings file is not valid TOML", path, str(error)) from error
    for name in Settings.model_fields:
        if (value := os.environ.get(f"JIANWEI_{name.upper()}")) is not None:
            values[name] = value
    values["home"] = folder
    values.update(overrides)
    try:
        return Settings(**values)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"setting {name}: {first['msg']}", first.get("input", ""), f"see {path} or JIANWEI_{name.upper()}") from error
