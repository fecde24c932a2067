"""From bytes to text: one door for every format. Each reader is bounded in bytes, inflated bytes, pages and seconds.

    from corpus.readers import read
    reading = read(data, name="notice.html")
"""

from __future__ import annotations

from corpus.readers.base import DEFAULT, Limits, Reading, Table
from corpus.readers.formats import format_of, read, read_together, readable

__all__ = ["DEFAULT", "Limits", "Reading", "Table", "format_of", "read", "read_together", "readable"]
