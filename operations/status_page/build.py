"""Writes the status page: index.html in Swedish, en.html in English, their style, and status.json."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Literal

import structlog
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from operations.status_page.facts import StatusFacts, status_facts
from pilot.business_days import local_time
from pilot.errors import PilotError
from pilot.words import say, section
from storage.folders import write_atomically
from storage.home import Home

FOLDER = ".status"
FILES: dict[Literal["sv", "en"], str] = {"sv": "index.html", "en": "en.html"}
STYLE = "status.css"
TEMPLATES = Path(__file__).parent / "templates"
READABLE = 0o644  # A web server of another account serves the files.

_log = structlog.get_logger("operations.status_page")
_environment = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def status_folder(home: Home) -> Path:
    """Return the folder of the page: the settings' one, or one in the home."""
    chosen = home.settings.status_folder
    return home.root / FOLDER if chosen is None else chosen.expanduser()


def build(home: Home) -> tuple[StatusFacts, Path]:
    """Write the page's files; return what they say, and their folder.

    Raises:
        StoreAway: the store does not answer; the files stay as they are.
    """
    facts, folder = status_facts(home.store(), home.cafes(), now=home.store().now()), status_folder(home)
    folder.mkdir(parents=True, exist_ok=True)
    written = {name: render(facts, language) for language, name in FILES.items()}
    written[STYLE] = (TEMPLATES / STYLE).read_text(encoding="utf-8")
    written["status.json"] = json.dumps(as_json(facts), ensure_ascii=False, indent=2) + "\n"
    for name, text in written.items():
        write_atomically(folder / name, text)
        (folder / name).chmod(READABLE)
    return facts, folder


def rebuild(home: Home) -> bool:
    """Build the page after a change elsewhere, which a fault here must not undo; return whether it is."""
    try:
        build(home)
    except (PilotError, OSError) as error:
        _log.warning("the status page is not built", kind=type(error).__name__)
        return False
    return True


def render(facts: StatusFacts, language: Literal["sv", "en"]) -> str:
    """Return the page in a language."""
    texts = section("status", language)

    def moment(at: datetime) -> str:
        local = local_time(at)
        month = texts["page.months"].split()[local.month - 1]
        return texts["page.moment"].format(day=local.day, month=month, time=local.strftime(texts["page.clock"]))

    return _environment.get_template("status.html").render(
        facts=facts,
        language=language,
        t=texts,
        fill=lambda key, **fields: say("status", key, language, **fields),
        moment=moment,
        own=None if facts.own is None else getattr(facts.own, f"text_{language}"),
        text=lambda update: getattr(update, f"text_{language}"),
        other=FILES["en" if language == "sv" else "sv"],
        paused=", ".join(facts.paused),
    )


def as_json(facts: StatusFacts) -> dict[str, object]:
    """Return the page's content for programs."""
    return {
        "at": facts.at.isoformat(),
        "level": facts.level,
        "parts": facts.parts,
        "until": None if facts.until is None else facts.until.isoformat(),
        "text_sv": "" if facts.own is None else facts.own.text_sv,
        "text_en": "" if facts.own is None else facts.own.text_en,
        "paused": list(facts.paused),
        "incidents": [
            {
                "kind": report.incident.kind,
                "began": report.incident.detected_at.isoformat(),
                "ended": None if report.incident.closed_at is None else report.incident.closed_at.isoformat(),
                "updates": [
                    {"at": each.at.isoformat(), "sv": each.text_sv, "en": each.text_en} for each in report.updates
                ],
            }
            for report in facts.reports
        ],
    }
