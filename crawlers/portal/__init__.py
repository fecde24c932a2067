"""The demo portal: a small government web site of the fictional 闽海省, served on loopback."""

from crawlers.portal.site import AUTHORITY, serve

__all__ = ["AUTHORITY", "serve"]
