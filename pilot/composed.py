"""Composed text: Unicode's NFC, the one form of letters behind every door of the product.

Telephones and Macs may send "å" as a letter and a ring; patterns, names and words would miss it.
"""

from __future__ import annotations

import unicodedata
from typing import Any


def composed(text: str) -> str:
    """Return a text with each letter and its marks as one character."""
    return unicodedata.normalize("NFC", text)


def composed_tree(value: Any) -> Any:
    """Return JSON's values with every text composed, keys included."""
    if isinstance(value, str):
        return composed(value)
    if isinstance(value, dict):
        return {composed(key) if isinstance(key, str) else key: composed_tree(each) for key, each in value.items()}
    return [composed_tree(each) for each in value] if isinstance(value, list) else value
