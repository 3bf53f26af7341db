"""Attack: strangers type wrong PINs until a café's till locks, and a barista with the right PIN waits.

    python -m tests.attacks.till_lockout

Starts a replica on loopback with a new home. Strangers at several addresses send wrong PINs; then baristas sign in with
the right one. Prints for how many minutes each barista waits, and how many guesses were checked.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from payouts.till_sign_in import invitation, pin_hash
from pilot.settings import Settings
from storage.home import Home, open_home
from storage.store.cafes import codes as stored_codes
from storage.store.rewards import till_pins
from tests.voice_edge.replicas import running_replica

CHECKOUT = Path(__file__).parents[2]
CAFE, PIN = "aurora", "402913"
WIFI, ELSEWHERE = "203.0.113.1", "198.51.100.250"
TRIES_EACH = 6  # as many as one address may send in ten minutes
PINS = 10**6


@dataclass(frozen=True, slots=True)
class Figures:
    """The result of one attack: wrong PINs sent and checked, and each barista's wait in minutes."""

    sent: int
    checked: int
    waits: dict[str, float]


def addresses(count: int) -> list[str]:
    """Return as many public addresses; the first one is the café's own Wi-Fi."""
    return [WIFI, *(f"203.0.{number // 250}.{number % 250 + 2}" for number in range(count - 1))]


def make_home(folder: Path) -> Home:
    """Open a new home whose café Aurora has a PIN."""
    home = open_home(Settings(home=folder, cafes_file=CHECKOUT / "cafes.toml", public_url="https://pilot.example"))
    stored_codes.issue(home.store(), cafe=CAFE, label="table", actor="attack")
    secret = home.secret()
    till_pins.replace(
        home.store(),
        CAFE,
        pin_hash=lambda number: pin_hash(secret, cafe=CAFE, number=number, pin=PIN),
        actor="attack",
        reason="attack",
    )
    return home


async def sign_in(browser: httpx.AsyncClient, *, pin: str, address: str) -> httpx.Response:
    """Send the till's form from an address."""
    headers = {"X-Forwarded-For": address, "sec-fetch-site": "same-origin"}
    return await browser.post(f"/till/{CAFE}/sign-in", data={"pin": pin, "code": ""}, headers=headers)


async def wait_minutes(browser: httpx.AsyncClient, *, address: str) -> float:
    """Return the minutes until a barista with the right PIN may sign in; 0 if that works now."""
    answer = await sign_in(browser, pin=PIN, address=address)
    return 0.0 if answer.status_code == 303 else int(answer.headers.get("retry-after", "3600")) / 60


async def attack(url: str, *, strangers: Sequence[str], link: str, tries: int = TRIES_EACH) -> Figures:
    """Let one till sign in, attack, and let the baristas sign in.

    Args:
        url: The replica.
        strangers: The strangers' addresses; the first one is the café's Wi-Fi.
        link: The address that the manager has with the PIN.
        tries: Wrong PINs from each address.
    """
    async with (
        httpx.AsyncClient(base_url=url, timeout=60) as known,
        httpx.AsyncClient(base_url=url, timeout=60) as stranger,
        httpx.AsyncClient(base_url=url, timeout=60) as new,
        httpx.AsyncClient(base_url=url, timeout=60) as other,
        httpx.AsyncClient(base_url=url, timeout=60) as invited,
    ):
        assert (await sign_in(known, pin=PIN, address=WIFI)).status_code == 303
        known.cookies.delete("till")  # The shift has ended; the till is known.
        checked = 0
        for number in range(tries):
            for address in strangers:
                guess = await sign_in(stranger, pin=f"{number:06d}", address=address)
                checked += guess.status_code == 403
        waits = {
            "new till, elsewhere": await wait_minutes(new, address=ELSEWHERE),
            "new till, on the attacked Wi-Fi": await wait_minutes(other, address=WIFI),
            "till that signed in before, on that Wi-Fi": await wait_minutes(known, address=WIFI),
            "till that signed in before, elsewhere": await wait_minutes(known, address=ELSEWHERE),
        }
        await invited.get(link, headers={"X-Forwarded-For": WIFI})
        waits["new till with the manager's link, on that Wi-Fi"] = await wait_minutes(invited, address=WIFI)
    return Figures(sent=tries * len(strangers), checked=checked, waits=waits)


def manager_link(home: Home) -> str:
    """Return the path of the address that `pilot payout pin` prints."""
    return f"/till/{CAFE}?till={invitation(home.secret(), cafe=CAFE, number=1)}"


async def attack_new_replica(folder: Path, *, strangers: int, tries: int = TRIES_EACH) -> Figures:
    """Attack a replica of a new home from as many addresses."""
    home = make_home(folder)
    async with running_replica(home) as replica:
        return await attack(replica.url, strangers=addresses(strangers), link=manager_link(home), tries=tries)


def main() -> None:
    """Attack from a few and from many addresses; print the figures."""
    logging.disable(logging.CRITICAL)
    for strangers in (1, 6, 60):
        with tempfile.TemporaryDirectory(prefix="till-") as folder:
            found = asyncio.run(attack_new_replica(Path(folder) / "home", strangers=strangers))
        print(f"{strangers} addresses: {found.sent} wrong PINs sent, {found.checked} checked of {PINS:,}")
        for name, minutes in found.waits.items():
            print(f"  {name:<50}{minutes:6.1f} min")


if __name__ == "__main__":
    main()
