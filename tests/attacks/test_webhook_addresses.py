"""No address of the pilot's own network is reached by a rule."""

from __future__ import annotations

from tests.attacks.webhook_addresses import BAD_ANSWERS, BAD_FORMS, SPELLINGS, attack


def test_no_webhook_reaches_an_address_that_is_not_public() -> None:
    report = attack()
    assert report.tried == len(BAD_FORMS) + len(BAD_ANSWERS) + len(SPELLINGS)
    assert (report.accepted_forms, report.connected, report.arrived) == ([], [], 0)
