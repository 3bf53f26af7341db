"""Redaction masks what identifies a guest and leaves what describes a visit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.redaction import redact, redact_turns

MASKED = [
    ("sv", "ring mig på 070-123 45 67 om det", "ring mig på [nummer] om det"),
    ("sv", "mitt nummer är 0701234567.", "mitt nummer är [nummer]."),
    ("sv", "numret är +46 70 123 45 67", "numret är +[nummer]"),
    ("sv", "noll sju noll ett två tre fyra fem sex sju är mitt nummer", "[nummer] är mitt nummer"),
    ("sv", "Noll sju noll, ett två tre, fyra fem, sex sju.", "[nummer]."),
    ("sv", "noll sju sjuttiotre tjugofem trettio fyrtio", "[nummer]"),
    ("sv", "noll åtta dubbel fem trippel sju två ett", "[nummer]"),
    ("sv", "personnummer 850101-1234", "personnummer [nummer]"),
    ("sv", "född 19850101-1234 alltså", "född [nummer] alltså"),
    ("sv", "mitt personnummer är åttiofem noll ett noll ett tolv trettiofyra", "mitt personnummer är [nummer]"),
    ("sv", "kortet 4571 1234 5678 9010 nekades", "kortet [nummer] nekades"),
    ("sv", "mejla anna.svensson@example.se så", "mejla [e-post] så"),
    ("sv", "anna punkt svensson snabel-a gmail punkt com", "[e-post]"),
    ("sv", "skriv till kalle snabel a hotmail punkt se tack", "skriv till [e-post] tack"),
    ("sv", "jag heter Anna Svensson och bor här", "jag heter [namn] och bor här"),
    ("sv", "Jag heter Karl von Essen.", "Jag heter [namn]."),
    ("sv", "hej jag heter anna och", "hej jag heter [namn] och"),
    ("sv", "följ mig på @kaffe_kalle på insta", "följ mig på [konto] på insta"),
    ("en", "call me at 555 123 4567 please", "call me at [number] please"),
    ("en", "oh seven oh one two three four five six seven", "[number]"),
    ("en", "my number is zero seven zero double five one two three four", "my number is [number]"),
    ("en", "my email is joe dot bloggs at gmail dot com thanks", "my email is [email] thanks"),
    ("en", "write to joe.bloggs+cafe@example.co.uk", "write to [email]"),
    ("en", "my name is Joe Bloggs and the soup was cold", "my name is [name] and the soup was cold"),
    ("en", "see www.facebook.com/joe.bloggs", "see [account]"),
    ("en", "my phone is 070 12", "my phone is [number]"),
]

KEPT = [
    ("sv", "kaffet kostade 62 kronor i stället för 54"),
    ("sv", "vi väntade mellan 11.30 och 13.15 utan att få något"),
    ("sv", "det var den 2026-11-23 klockan 08:15"),
    ("sv", "tre fyra personer stod före mig i kön"),
    ("sv", "femtiotvå kronor för en bulle är tio för mycket"),
    ("sv", "jag har väntat i tjugofem minuter, nej trettio"),
    ("sv", "klockan kvart över nio kom två latte och en kaka"),
    ("sv", "Elin i kassan var jättesnäll"),
    ("sv", "vi var sex vuxna och sju barn"),
    ("sv", "notan blev 1 249 kronor"),
    ("en", "sixty two instead of fifty four kronor"),
    ("en", "we waited from 12:30 to 13:10"),
    ("en", "one or two people, maybe three, were ahead of me"),
    ("en", "we met at the counter dot com was the joke"),
    ("en", "it was 149 kronor for two"),
    ("en", "twenty five minutes for two coffees"),
]


@pytest.mark.parametrize(("language", "said", "written"), MASKED)
def test_what_identifies_a_guest_is_masked(language, said, written):
    assert redact(said, language) == written


@pytest.mark.parametrize(("language", "said"), KEPT)
def test_what_describes_a_visit_stays(language, said):
    assert redact(said, language) == said


def test_after_an_introduction_one_word_too_many_is_masked_rather_than_one_too_few():
    assert redact("jag heter inte Kalle", "sv") == "jag heter [namn] Kalle"


def test_a_number_told_over_two_turns_is_masked_in_both():
    turns = ["mitt nummer är noll sju noll", "ett två tre fyra fem sex sju", "och kaffet var kallt"]
    assert redact_turns(turns, "sv") == ["mitt nummer är [nummer]", "[nummer]", "och kaffet var kallt"]


def test_a_short_number_after_an_announcement_at_the_end_of_a_turn_is_masked_in_the_next():
    assert redact("0 7 0 1", "en", before="you can reach me, my number:") == "[number]"


@given(st.text(alphabet=st.sampled_from("abc åäö0123456789.,-+@ "), max_size=80), st.sampled_from(["sv", "en"]))
def test_redaction_is_idempotent_and_never_fails(text, language):
    once = redact(text, language)
    assert redact(once, language) == once


@given(st.integers(min_value=10**6, max_value=10**12), st.sampled_from(["sv", "en"]))
def test_no_long_number_survives(number, language):
    assert str(number) not in redact(f"det var {number} tack", language)
