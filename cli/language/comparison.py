"""The comparison of a fitted version with the present one: its lines, and its file."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from pilot.errors import PilotError
from pipelines.language.fitting.changes import Changes

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.language.fitting.changes import Agreed

RISES_FROM = 0.05  # the chance below which a rise is taken for real


class NotCompared(PilotError):
    """There is no comparison of this model with the present one."""


class Comparison(BaseModel):
    """What the file beside a model's holds.

    Attributes:
        sha256: The checksum of the model's file.
        changes: What the model changes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: str
    changes: Changes


def comparison_file(model: Path) -> Path:
    """Return the file of the comparison of a model's file."""
    return model.with_name(f"{model.name}.changes.json")


def save_comparison(model: Path, content: bytes, changes: Changes) -> None:
    """Write the comparison beside a model's file.

    Args:
        model: The model's file.
        content: Its content.
        changes: What it changes.
    """
    from storage.folders import write_atomically

    compared = Comparison(sha256=hashlib.sha256(content).hexdigest(), changes=changes)
    write_atomically(comparison_file(model), compared.model_dump_json(indent=2) + "\n")


def read_comparison(model: Path, content: bytes, *, present: str) -> Comparison:
    """Return the comparison of a model's file with the present version.

    Raises:
        NotCompared: It is missing, damaged, of another file, or with another version.
    """
    path = comparison_file(model)
    again = "Run `pilot language fit --with-labels` again."
    try:
        found = Comparison.model_validate_json(path.read_bytes())
    except OSError:
        raise NotCompared(f"There is no comparison {path.name} beside the model.", remedy=again) from None
    except ValidationError:
        raise NotCompared(f"{path.name} cannot be read.", remedy=again) from None
    if found.sha256 != hashlib.sha256(content).hexdigest():
        raise NotCompared(f"{path.name} is about another file: the checksums differ.", remedy=again)
    if found.changes.present != present:
        raise NotCompared(
            f"{path.name} compares with version {found.changes.present}; the present one is {present}.", remedy=again
        )
    return found


def lines(changes: Changes) -> list[str]:
    """Return a comparison as lines for a person."""
    unusable, false = changes.unusable_eligible, changes.false_dangers
    shown = [
        f"Version {changes.new} instead of {changes.present}, fitted to {changes.trained_on} of "
        f"{changes.labelled} labelled sessions.",
        "",
        "Labels that a version agrees with (it was fitted to these):",
        f"  verdicts    {_agreed(changes.verdicts)}",
        f"  themes      {_agreed(changes.themes)}",
        "Labels of cafés left out of the fit:",
        *_unseen(changes),
        "",
        f"The corpus's {changes.sessions} sessions, before signals cap a score:",
        f"  {changes.became_eligible} become eligible, {changes.no_longer_eligible} no longer are; "
        f"of no use but eligible: {unusable[0]} -> {unusable[1]}",
        f"  dangers reported: {changes.dangers[0]} -> {changes.dangers[1]}; "
        f"what only sounds like one: {false[0]} -> {false[1]}",
    ]
    if changes.largest:
        shown.append("  largest changes of score:")
        shown += [f"    {each.session:<16}{each.present:>4} -> {each.new}" for each in changes.largest]
    shown.append(f"  themes change in {changes.themes_changed} sessions" + (":" if changes.by_theme else ""))
    shown += [
        f"    {each.theme:<16}{each.gained:>4} more, {each.lost} fewer, {each.turned} of another polarity"
        for each in changes.by_theme
    ]
    return shown


def _unseen(changes: Changes) -> list[str]:
    if changes.unseen_verdicts is None or changes.unseen_themes is None:
        return ["  not measured: it needs labels of two cafés"]
    parts = (("verdicts", changes.unseen_verdicts), ("themes", changes.unseen_themes))
    return [f"  {name:<12}{_agreed(part)}{_risen(part)}" for name, part in parts]


def _agreed(agreed: Agreed) -> str:
    if not agreed.of:
        return "none"
    return f"{agreed.present} -> {agreed.new} of {agreed.of} ({agreed.gained} gained, {agreed.lost} lost)"


def _risen(agreed: Agreed) -> str:
    if not agreed.of:
        return ""
    verdict = "agreement rises" if agreed.chance < RISES_FROM else "no rise is shown"
    return f": {verdict} (by chance in {agreed.chance:.0%} of cases)"
