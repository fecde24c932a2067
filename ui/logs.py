"""Structured logs: JSON lines in `home/logs/service.jsonl` (rotated), errors on standard error too. No questions, names or addresses."""

from __future__ import annotations

import logging
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

SIZE, KEPT = 10_000_000, 5


def configure(home: Path) -> Any:
    """Send structlog and the libraries' warnings to the log file; returns our logger."""
    import structlog

    folder = home / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
    shared: list[Any] = [structlog.stdlib.add_log_level, structlog.stdlib.add_logger_name, stamp, structlog.processors.format_exc_info]
    file = RotatingFileHandler(folder / "service.jsonl", maxBytes=SIZE, backupCount=KEPT, encoding="utf-8")
    render = structlog.processors.JSONRenderer(ensure_ascii=False)
    file.setFormatter(structlog.stdlib.ProcessorFormatter(processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render], foreign_pre_chain=shared))
    screen = logging.StreamHandler(sys.stderr)
    screen.setLevel(logging.ERROR)
    screen.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [file, screen]
    root.setLevel(logging.WARNING)
    logging.getLogger("jianwei").setLevel(logging.INFO)
    structlog.configure(processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter], logger_factory=structlog.stdlib.LoggerFactory(), wrapper_class=structlog.stdlib.BoundLogger)
    return structlog.get_logger("jianwei")
