"""How many cafés one server carries: calls that arrive at random and find all places taken.

Erlang's loss formula gives the share of guests who start while the server already carries as many sessions as its load
test sustained. It holds for every distribution of the sessions' length (Sevastyanov, 1957). Source: Erlang, 1917; the
recursion is that of Jagerman, Bell System Technical Journal 53 (1974). The tests compare it with a simulation by `ciw`.
"""

from __future__ import annotations

MOST_BLOCKED = 0.01  # of the guests of the busiest hour may find the server at its measured limit
MOST_CAFES = 100_000


def erlang_b(places: int, load: float) -> float:
    """Return the share of arrivals that find all places taken.

    Args:
        places: The sessions that are sustained at once.
        load: Arrivals in the mean length of a session (erlang).

    Raises:
        ValueError: a negative number of places, or a negative load.
    """
    if places < 0 or load < 0:
        raise ValueError("places and load cannot be negative")
    blocked = 1.0
    for place in range(1, places + 1):
        blocked = load * blocked / (place + load * blocked)
    return blocked


def places_for(load: float, *, most_blocked: float = MOST_BLOCKED) -> int:
    """Return the fewest places that a load needs so that at most a share of its arrivals finds all taken.

    Args:
        load: Arrivals in the mean length of a session (erlang).
        most_blocked: The allowed share, above 0.

    Raises:
        ValueError: a negative load, or no allowed share.
    """
    if load < 0 or most_blocked <= 0:
        raise ValueError("a load cannot be negative, and the allowed share must be above 0")
    places, blocked = 0, 1.0 if load else 0.0
    while blocked > most_blocked:
        places += 1
        blocked = load * blocked / (places + load * blocked)
    return places


def cafes_a_server(places: int, *, load_a_cafe: float, most_blocked: float = MOST_BLOCKED) -> int:
    """Return the most equally busy cafés of whose guests at most a share finds the server at its limit.

    Args:
        places: The sessions that one server sustains at once.
        load_a_cafe: The load of one café in its busiest hour (erlang), above 0.
        most_blocked: The allowed share.

    Raises:
        ValueError: the load is not above 0.
    """
    if load_a_cafe <= 0:
        raise ValueError("the load of a café must be above 0")
    low, high = 0, MOST_CAFES
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if erlang_b(places, middle * load_a_cafe) <= most_blocked else (low, middle - 1)
    return low
