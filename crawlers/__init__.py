"""Gathering: declared sources, Scrapy spiders, manners and the demo portal."""
