"""The theme: one colour, calm greys, the reader's own Chinese fonts."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.themes.utils.colors import Color

FONTS = ("Source Han Sans SC", "Noto Sans CJK SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei", "system-ui", "sans-serif")
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")


def theme() -> Any:
    """A Gradio theme; fonts are names only, so nothing is fetched."""

    brand = Color("#eef6f9", "#dcedf3", "#b9dbe7", "#8ec3d6", "#57a3bf", "#23809f", "#0b5c7d", "#0a5271", "#084a65", "#063a50", "#042838")
    grey = Color("#f7f9fa", "#f4f6f8", "#e2e7ec", "#cfd6dd", "#9aa6b2", "#6b7885", "#4c5b69", "#394652", "#26313a", "#182129", "#11181e")
    base = gr.themes.Base(primary_hue=brand, secondary_hue=brand, neutral_hue=grey, font=list(FONTS), font_mono=list(MONO), radius_size="md", text_size="md")
    return base.set(
        body_background_fill="#f4f6f8",
        body_text_color="#16222d",
        block_background_fill="#ffffff",
        block_border_color="#e2e7ec",
        block_border_width="1px",
        block_radius="10px",
        block_shadow="none",
        block_label_text_color="#4c5b69",
        block_title_text_weight="500",
        button_primary_background_fill="#0b5c7d",
        button_primary_background_fill_hover="#084a65",
        button_primary_text_color="#ffffff",
        button_secondary_background_fill="#ffffff",
        button_secondary_border_color="#cfd6dd",
        input_background_fill="#ffffff",
        input_border_color="#cfd6dd",
        input_border_color_focus="#0b5c7d",
        input_radius="8px",
        table_border_color="#e2e7ec",
        table_even_background_fill="#ffffff",
        table_odd_background_fill="#ffffff",
    )
