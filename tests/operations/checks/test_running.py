"""Checks run at once, each within its own limit, and a failing check is a finding."""

from __future__ import annotations

import threading

import pytest

from operations.checks.finding import Finding, judged, not_applicable
from operations.checks.running import Check, UnknownCheck, choose, run_checks
from pilot.errors import PilotError

FINE = judged("fine", ok=True, found="yes")


def test_checks_run_at_the_same_time() -> None:
    together = threading.Barrier(3, timeout=10)

    def meet() -> Finding:
        together.wait()
        return FINE

    assert run_checks([Check(str(number), meet, 10) for number in range(3)]) == [FINE] * 3


def test_a_check_that_hangs_is_named_with_its_limit_and_holds_up_no_other() -> None:
    for_ever = threading.Event()

    def hang() -> Finding:
        for_ever.wait()
        return FINE

    hung, fine = run_checks([Check("dns", hang, 0.05), Check("fine", lambda: FINE)])
    for_ever.set()
    assert (hung.state, hung.found, hung.remedy) == (
        "not_ok",
        "no answer within 0.05 s",
        "Try it by itself: --only dns.",
    )
    assert fine == FINE


@pytest.mark.parametrize(
    ("error", "found"),
    [
        (PilotError("The store is away.", remedy="Start it."), "The store is away."),
        (PermissionError(13, "Permission denied"), "cannot be checked: Permission denied"),
        (RuntimeError("a guest's words"), "cannot be checked: RuntimeError"),
    ],
)
def test_an_error_is_a_finding_without_the_errors_values(error: Exception, found: str) -> None:
    def fail() -> Finding:
        raise error

    (finding,) = run_checks([Check("store", fail)])
    assert (finding.state, finding.found) == ("not_ok", found)
    assert finding.remedy


def test_checks_are_chosen_by_name_in_their_own_order() -> None:
    every = [Check(name, lambda: FINE) for name in ("ram", "cores", "disk")]
    assert [check.name for check in choose(every, ["disk, ram"])] == ["ram", "disk"]
    assert choose(every, []) == every
    with pytest.raises(UnknownCheck, match=r"There is no check dsk\. The checks are: ram, cores, disk"):
        choose(every, ["ram", "dsk"])


def test_what_does_not_concern_this_host_is_ok_and_says_why() -> None:
    finding = not_applicable("redis", "one replica needs none")
    assert finding.ok
    assert finding.as_json()["state"] == "not_applicable"
    assert judged("ram", ok=True, found="8 GB", remedy="Buy more.").remedy == ""
