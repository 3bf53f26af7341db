"""The fragments: every value is escaped, and a value that a template lacks is an error."""

from __future__ import annotations

import pytest
from jinja2 import UndefinedError

from dashboards import fragments

HOSTILE = "<img src=x onerror=\"alert('1')\"> & more"


def test_a_text_is_escaped_wherever_it_is_inserted():
    drawn = fragments.section_head(HOSTILE, summary=HOSTILE) + fragments.lead(HOSTILE, notes=[HOSTILE])
    figure = fragments.Figure(HOSTILE, HOSTILE, lines=(HOSTILE,))
    page = fragments.in_language(drawn + fragments.figures([figure]), language=HOSTILE)
    assert "<img" not in page
    assert '"alert' not in page
    assert page.count("&lt;img src=x onerror=&#34;alert(&#39;1&#39;)&#34;&gt; &amp; more") == 8


def test_a_fragment_inside_a_fragment_is_not_escaped_again():
    badge = fragments.verdict_badge("met", words="Yes & no")
    figure = fragments.Figure("Share", "80%", lines=(badge, ""))
    assert fragments.figures([figure]).count(f"<dd>{badge}</dd>") == 1


def test_a_command_in_backticks_is_code_and_its_text_is_escaped():
    drawn = fragments.lead("Run `pilot <x>`.", notes=["Then `pilot y`, or `pilot z`."])
    assert "Run <code>pilot &lt;x&gt;</code>." in drawn
    assert "Then <code>pilot y</code>, or <code>pilot z</code>." in drawn


def test_a_missing_value_is_an_error():
    with pytest.raises(UndefinedError, match="title"):
        fragments.render("gap", cafes="Aurora", remedy="")
