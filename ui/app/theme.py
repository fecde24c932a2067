"""The theme: one colour, calm greys, the reader's own Chinese fonts."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.themes.utils.colors import Color

FONTS = ("Source Han Sans SC", "Noto Sans CJK SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei", "system-ui", "sans-serif")
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")

LOOK = {
    "body_background_fill": "var(--jw-ground)",
    "body_text_color": "var(--jw-ink)",
    "body_text_color_subdued": "var(--jw-ink-3)",
    "background_fill_primary": "var(--jw-paper)",
    "background_fill_secondary": "var(--jw-ground)",
    "border_color_primary": "var(--jw-line)",
    "border_color_accent": "var(--jw-brand)",
    "block_background_fill": "var(--jw-paper)",
    "block_border_color": "var(--jw-line)",
    "block_border_width": "1px",
    "block_radius": "12px",
    "block_shadow": "none",
    "block_label_text_color": "var(--jw-ink-2)",
    "block_title_text_color": "var(--jw-ink-2)",
    "block_title_text_weight": "500",
    "block_info_text_color": "var(--jw-ink-3)",
    "button_primary_background_fill": "var(--jw-brand-fill)",
    "button_primary_background_fill_hover": "var(--jw-brand-fill)",
    "button_primary_text_color": "#ffffff",
    "button_secondary_background_fill": "var(--jw-paper)",
    "button_secondary_border_color": "var(--jw-line-3)",
    "button_secondary_text_color": "var(--jw-ink-2)",
    "checkbox_label_background_fill": "var(--jw-paper)",
    "checkbox_label_text_color": "var(--jw-ink-2)",
    "color_accent": "var(--jw-brand)",
    "color_accent_soft": "var(--jw-soft)",
    "input_background_fill": "var(--jw-paper)",
    "input_border_color": "var(--jw-line-3)",
    "input_border_color_focus": "var(--jw-brand)",
    "input_placeholder_color": "var(--jw-ink-3)",
    "input_radius": "8px",
    "panel_background_fill": "var(--jw-paper)",
    "table_border_color": "var(--jw-line)",
    "table_even_background_fill": "var(--jw-paper)",
    "table_odd_background_fill": "var(--jw-paper)",
    "table_text_color": "var(--jw-ink)",
}
"""Values of the theme by the colours of our sheet, so that light and dark have one source."""
ONE_VALUE = ("color_accent", "block_border_width", "block_radius", "block_title_text_weight", "input_radius")
"""Values of which Gradio knows no dark twin."""


def theme() -> Any:
    """A Gradio theme; fonts are names only, so nothing is fetched."""

    brand = Color("#eef6f9", "#dcedf3", "#b9dbe7", "#8ec3d6", "#57a3bf", "#23809f", "#0b5c7d", "#0a5271", "#084a65", "#063a50", "#042838")
    grey = Color("#f7f9fa", "#f4f6f8", "#e2e7ec", "#cfd6dd", "#9aa6b2", "#6b7885", "#4c5b69", "#394652", "#26313a", "#182129", "#11181e")
    base = gr.themes.Base(primary_hue=brand, secondary_hue=brand, neutral_hue=grey, font=list(FONTS), font_mono=list(MONO), radius_size="md", text_size="md")
    return base.set(**LOOK, **{f"{name}_dark": value for name, value in LOOK.items() if name not in ONE_VALUE})
