"""Networks: an IPv4 address or an IPv6 /64, stored only as a keyed hash of the day."""

from __future__ import annotations

import pytest

from pilot.identifiers import device_hash
from pilot.networks import network_hash, network_of

SECRET, DAY = b"s" * 32, "2026-11-23"
SAME = [
    ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"),
    ("2001:DB8:1:2::1", "2001:db8:1:2:0:0:0:1"),
    ("::ffff:203.0.113.7", "203.0.113.7"),
    ("fe80::1%eth0", "fe80::1%wlan0"),
]
OTHER = [("203.0.113.7", "203.0.113.8"), ("2001:db8:1:2::1", "2001:db8:1:3::1"), ("a proxy", "another proxy")]


def hashed(address: str, *, day: str = DAY, secret: bytes = SECRET) -> str:
    return network_hash(secret=secret, day=day, address=address)


def device(address: str) -> str:
    return device_hash(secret=SECRET, day=DAY, user_agent="Safari", address=address)


@pytest.mark.parametrize(("one", "other"), SAME)
def test_addresses_of_one_network_have_one_hash(one: str, other: str) -> None:
    assert network_of(one) == network_of(other)
    assert hashed(one) == hashed(other)
    assert device(one) == device(other)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_addresses_of_other_networks_have_other_hashes(one: str, other: str) -> None:
    assert hashed(one) != hashed(other)
    assert device(one) != device(other)


def test_a_network_is_unlinkable_across_days_homes_and_devices() -> None:
    address = "203.0.113.7"
    found = {hashed(address), hashed(address, day="2026-11-24"), hashed(address, secret=b"t" * 32), device(address)}
    assert len(found) == 4
    assert all(address not in each and len(each) == 32 for each in found)
