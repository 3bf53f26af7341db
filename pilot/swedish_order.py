"""The Swedish alphabet's order: å, ä and ö are its last letters, and other accents do not count."""

from __future__ import annotations

import unicodedata

# After z, in the alphabet's own order; their Danish and German spellings sort with them.
LAST_LETTERS = {"å": "{", "ä": "|", "æ": "|", "ö": "}", "ø": "}"}


def swedish_key(text: str) -> tuple[str, str]:
    """Return the key by which names are sorted in Swedish, whatever the language of the page.

    Args:
        text: The name; composed or decomposed letters are the same.
    """
    folded = unicodedata.normalize("NFC", text).casefold()
    letters = (LAST_LETTERS.get(each) or unicodedata.normalize("NFD", each)[0] for each in folded)
    return "".join(letters), folded
