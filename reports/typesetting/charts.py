"""Charts as SVG, drawn from the pages' specifications without a browser."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import vl_convert

FONTS = Path(__file__).parent / "fonts"
FAMILY = "Source Sans Pro"
WIDE_PX, NARROW_PX, HEIGHT_PX = 640, 310, 130


def chart_svg(specification: Any, *, wide: bool) -> str:
    """Return an Altair chart as SVG, alone in its row or one of two."""
    _register_fonts()
    drawn = specification.to_dict()
    drawn |= {"width": WIDE_PX if wide else NARROW_PX, "height": HEIGHT_PX, "background": "#FFFFFF"}
    drawn["autosize"] = {"type": "fit", "contains": "padding"}
    drawn["config"] = {**drawn.get("config", {}), "font": FAMILY}
    return str(vl_convert.vegalite_to_svg(drawn))


@cache
def _register_fonts() -> None:
    vl_convert.register_font_directory(str(FONTS))
