"""The brief, concrete words before a question or the end, in the tone that fits the answer."""

from __future__ import annotations

import re
from typing import Literal

from voice_edge.interviewer.heard import Heard
from voice_edge.interviewer.question_kinds import Asks
from voice_edge.interviewer.wording import Wording

Tone = Literal["glad", "sorry", "neutral", "curious", "urgent"]

_TONES: dict[str, Tone] = {
    "praise": "glad",
    "joke": "glad",
    "small_talk": "glad",
    "complaint": "sorry",
}
# Themes whose praise names the thing: "Kul att du gillade pajen!"
_LIKED = frozenset({"coffee", "food", "atmosphere", "seating", "noise"})
# Themes whose fault is not the thing that was named: the price, or a ramp that is missing.
_WITHOUT_THING = frozenset({"price", "accessibility", "service"})
_WAITED_FOR = frozenset({"queue", "service"})
_ABOUT_THE_MACHINE = re.compile(
    r"\b(?:själv|hur mår du|heter du|mår du|läget|how are you|how is work|your (?:own )?day|your name|you doing)\b"
)


def tone_of(heard: Heard) -> Tone:
    """Return the tone of the reply: neither joy at blame nor regret at praise."""
    if heard.danger is not None:
        return "urgent" if heard.danger.when == "now" else "sorry"
    if heard.after_danger:
        return "sorry"
    if heard.act == "nothing_to_say" and heard.content:
        return "glad"
    if heard.after_rescue:
        return "neutral"
    if heard.after_fault or heard.not_ours:
        return "sorry"
    return _TONES.get(heard.act, "neutral")


def acknowledge(heard: Heard, wording: Wording, *, asks: Asks, answer: str) -> str:
    """Return the words before the question; if it asks for nothing, the whole goodbye."""
    act: str = heard.act
    ends = asks == "nothing"
    if heard.not_ours:
        return wording.draw("not_ours.end")
    if heard.arrived:
        return wording.draw("arrived.end")
    if act == "suggestion" and heard.faults:
        return wording.draw("wish.end")
    if heard.continues and act != "neutral_report":
        return wording.draw("after_praise.end" if act == "praise" else "wish.end")
    if act == "praise":
        return _praise(heard, wording, asks=asks)
    if act == "complaint":
        return _complaint(heard, wording, ends=ends)
    if act == "mixed":
        return _mixed(heard, wording, ends=ends)
    if act == "small_talk" and _ABOUT_THE_MACHINE.search(answer.casefold()):
        act = "small_talk_about_me"
    if act == "suggestion" and len(heard.latest_things) == 1:
        return wording.draw("suggestion.thing_end", thing=heard.latest_things[0])
    if act == "nothing_to_say" and heard.content:
        act = "all_fine"
    if act == "unsure" and heard.instructs:
        act = "instructs"
    elif heard.leans_to_blame and not heard.after_fault:
        act = "unsure_blame"
    elif heard.after_rescue:
        act = "after_rescue"
    elif heard.after_fault:
        act = "after_fault"  # The answer adds to a complaint: no thanks for a nice visit.
    return wording.first([f"{act}.{'end' if ends else 'heard'}", f"{act}.heard"])


def _praise(heard: Heard, wording: Wording, *, asks: Asks) -> str:
    key, fields = "praise.plain", {}
    if asks == "reason":
        pass  # The question names what was praised.
    elif heard.praised:
        key, fields = "praise.person", {"person": heard.praised}
    elif heard.good is not None and heard.good.theme in _LIKED:
        key, fields = "praise.thing", {"thing": heard.good.name}
    said = wording.draw(key, **fields)
    return f"{said} {wording.draw('praise.end')}" if asks == "nothing" else said


def _complaint(heard: Heard, wording: Wording, *, ends: bool) -> str:
    theme = heard.themes[0] if heard.themes else ""
    fields = {"thing": heard.bad.name} if heard.bad is not None else {}
    keys = [f"complaint.{theme}_plain", "complaint.plain"]
    if heard.wait and theme in _WAITED_FOR:
        keys, fields = ["complaint.waited"], {"wait": heard.wait}
    elif heard.bad is not None and theme not in _WITHOUT_THING and (heard.bad.theme == theme or not theme):
        keys = [f"complaint.{theme}", "complaint.thing"]
    elif heard.bad is not None and not wording.has(f"complaint.{theme}_plain"):
        keys = ["complaint.thing"]
    said = wording.first(keys, **fields)
    return f"{said} {wording.draw('complaint.end')}" if ends else said


def _mixed(heard: Heard, wording: Wording, *, ends: bool) -> str:
    theme = heard.themes[0] if heard.themes else ""
    good = heard.good.name if heard.good is not None and heard.good.theme in _LIKED else ""
    bad = heard.bad.name if heard.bad is not None and theme not in _WITHOUT_THING and heard.bad.name != good else ""
    if not theme and not bad:
        # Praise with some reserve, and no fault that could be regretted.
        said = wording.draw("mixed.reserved_thing", good=good) if good else wording.draw("mixed.reserved")
    elif good and theme in ("price", "queue") and not bad:
        said = wording.draw(f"mixed.good_{theme}", good=good)
    elif heard.praised:
        said = (
            wording.draw("mixed.person_bad", person=heard.praised, bad=bad)
            if bad
            else wording.draw("mixed.person", person=heard.praised)
        )
    elif good and bad:
        said = wording.draw("mixed.both", good=good, bad=bad)
    elif good:
        said = wording.draw("mixed.good", good=good)
    elif bad:
        said = wording.draw("mixed.bad", bad=bad)
    else:
        said = wording.first([f"mixed.plain_{theme}", "mixed.plain"])
    return f"{said} {wording.draw('mixed.end')}" if ends else said
