"""The ways to reach documents, each pure: the first calls of a column, and the reading of a response."""

from __future__ import annotations

from crawlers.access.api import GKMLPT_ACCESS, JSON_ACCESS, LIBRARY_ACCESS
from crawlers.access.base import Access, Call, Entry, Listing
from crawlers.access.feed import FEED_ACCESS, SITEMAP_ACCESS
from crawlers.access.hanweb import JPAAS_ACCESS, JPAGE_ACCESS, QUERY_ACCESS
from crawlers.access.listing import STATIC_ACCESS, TRS_ACCESS
from crawlers.source import Column

FILES_ACCESS = Access({}, lambda column: (), lambda column, call, data, content_type, url: Listing(()))
"""A folder of files for what may not be crawled: `crawlers.run` hands it to the import."""

ACCESS: dict[str, Access] = {
    "static": STATIC_ACCESS,
    "trs": TRS_ACCESS,
    "jpage": JPAGE_ACCESS,
    "jpaas": JPAAS_ACCESS,
    "jpaas_query": QUERY_ACCESS,
    "json": JSON_ACCESS,
    "gov_library": LIBRARY_ACCESS,
    "gkmlpt": GKMLPT_ACCESS,
    "feed": FEED_ACCESS,
    "sitemap": SITEMAP_ACCESS,
    "files": FILES_ACCESS,
}

__all__ = ["ACCESS", "Access", "Call", "Column", "Entry", "Listing"]
