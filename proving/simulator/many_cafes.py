"""Any number of cafés, each a copy of one of the pilot's with a name of its own."""

from __future__ import annotations

from pilot.cafes import Cafes


def many_cafes(cafes: Cafes, *, count: int) -> Cafes:
    """Return `count` cafés: the given ones in turn, numbered; sorted by their ids."""
    width = len(str(count))
    copies = []
    for number in range(count):
        like = cafes.cafe[number % len(cafes.cafe)]
        name = f"cafe-{number + 1:0{width}}"
        copies.append(like.model_copy(update={"id": name, "name": name, "domain": f"{name}.example.se"}))
    return cafes.model_copy(update={"cafe": tuple(copies)})
