"""Finds and reads the cafés' file."""

from __future__ import annotations

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
    place = find_cafes_file(path)
    try:
        text = place.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InvalidCafes(f"{place} is not UTF-8 text.", remedy="Save it as UTF-8 and try again.") from None
    except OSError as error:
        raise InvalidCafes(f"{place} cannot be read: {error.strerror}.", remedy="Correct its permissions.") from None
    return parse_cafes(text, source=str(place))
