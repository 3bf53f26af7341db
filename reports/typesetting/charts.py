"""Charts as SVG, drawn from the pages' specifications without a browser."""

from __future__ import annotations

import json
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import vl_convert

FONTS = Path(__file__).parent / "fonts"
FAMILY = "Source Sans Pro"
WIDE_PX, NARROW_PX, HEIGHT_PX = 640, 310, 130
KEPT = 64  # pictures


def chart_svg(specification: Any, *, wide: bool) -> str:
    """Return an Altair chart as SVG, alone in its row or one of two."""
    drawn = specification.to_dict()
    drawn |= {"width": WIDE_PX if wide else NARROW_PX, "height": HEIGHT_PX, "background": "#FFFFFF"}
    drawn["autosize"] = {"type": "fit", "contains": "padding"}
    drawn["config"] = {**drawn.get("config", {}), "font": FAMILY}
    return _svg(json.dumps(drawn, sort_keys=True))


@lru_cache(maxsize=KEPT)
def _svg(drawn: str) -> str:
    """Return the picture of a specification; PDF and page show the same ones."""
    _register_fonts()
    return str(vl_convert.vegalite_to_svg(drawn))


@cache
def _register_fonts() -> None:
    vl_convert.register_font_directory(str(FONTS))
