"""Finds and reads the cafés' file."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pilot.cafes import Cafes, parse_cafes
from pilot.errors import InvalidCafes

_CHECKOUT = Path(__file__).resolve().parent.parent


def find_cafes_file(path: Path) -> Path:
    """Return the path of the cafés' file.

    A relative path is resolved in the working directory first, then in the checkout.

    Raises:
        InvalidCafes: there is no such file; the text names the searched places.
    """
    path = path.expanduser()
    places = [path] if path.is_absolute() else [Path.cwd() / path, _CHECKOUT / path]
    for place in places:
        if place.is_file():
            return place
    searched = " nor ".join(dict.fromkeys(str(place) for place in places))
    raise InvalidCafes(
        f"There is no cafés' file at {searched}.",
        remedy="Set PILOT_CAFES_FILE to the file, or make it from cafes.toml.",
    )


def read_cafes(path: Path) -> Cafes:
    """Read and validate the cafés' file.

    Raises:
        InvalidCafes: there is none, it cannot be read, or its content is wrong.
    """
    return _parsed(cafes_text(path), str(find_cafes_file(path)))


def cafes_text(path: Path) -> str:
    """Return the text of the cafés' file.

    Raises:
        InvalidCafes: there is none, or it cannot be read.
    """
    place = find_cafes_file(path)
    try:
        return place.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InvalidCafes(f"{place} is not UTF-8 text.", remedy="Save it as UTF-8 and try again.") from None
    except OSError as error:
        raise InvalidCafes(f"{place} cannot be read: {error.strerror}.", remedy="Correct its permissions.") from None


# A thousand cafés take a second to parse, and a page asks for them at each render. The key is the whole text, so that
# no change of the file is missed, however fast it follows the one before.
@lru_cache(maxsize=4)
def _parsed(text: str, source: str) -> Cafes:
    return parse_cafes(text, source=source)
