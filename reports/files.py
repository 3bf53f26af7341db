"""The files of a report in the home, and how an erasure reaches them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from pilot.formatting import Language
from reports.folder import REPORTS, reports_folder
from reports.many_cafes import DATA_FILE
from reports.model import ChangedModel, Model, model_bytes, read_model, without_sessions
from reports.quotes import withdraw
from storage.folders import private_folder, write_atomically

if TYPE_CHECKING:
    from storage.home import Home

MODEL = "model.json"
RENDERED: tuple[Language, ...] = ("sv", "en")


def save_report(
    home: Home, model: Model, *, name: str, languages: Collection[Language], data_file: bytes | None = None
) -> list[Path]:
    """Write a model, its PDF and its page in some languages; return the files, the model first.

    Args:
        home: The home.
        model: The frozen model.
        name: The report's name.
        languages: The languages.
        data_file: Each café's figures; None leaves a file from before.
    """
    folder = private_folder(reports_folder(home) / name)
    files = [folder / MODEL]
    write_atomically(files[0], model_bytes(model), durable=True)
    if data_file is not None:
        files.append(folder / DATA_FILE)
        write_atomically(files[-1], data_file, durable=True)
    for language in languages:
        files += _render(folder, model, language)
    return files


def saved_model(home: Home, name: str) -> Model | None:
    """Return a report's frozen model; None if there is no report of this name.

    Raises:
        ChangedModel: its content is not that of its hash.
    """
    path = home.root / REPORTS / name / MODEL
    return read_model(path.read_bytes()) if path.is_file() else None


def erase_from_reports(home: Home, sessions: Collection[str]) -> int:
    """Freeze every report with a quote of these sessions anew without it, and make its files again.

    A model that was changed by hand cannot be trusted to name its quotes' sessions: its files are deleted.

    Returns:
        How many reports were changed.
    """
    root = home.root / REPORTS
    if not root.is_dir():
        return 0
    withdraw(home, sessions)
    changed = 0
    for path in sorted(root.glob(f"*/{MODEL}")):
        changed += _erase_from_report(path, sessions)
    return changed


def _erase_from_report(path: Path, sessions: Collection[str]) -> bool:
    folder = path.parent
    try:
        model = without_sessions(read_model(path.read_bytes()), sessions)
    except ChangedModel:
        _delete(folder, MODEL, *_rendered(folder))
        return True
    if model is None:
        return False
    languages = [language for language in RENDERED if _pdf(folder, language).exists()]
    # The files with the words go first: a crash before the end leaves none of them.
    _delete(folder, *_rendered(folder))
    write_atomically(path, model_bytes(model), durable=True)
    for language in languages:
        _render(folder, model, language)
    return True


def _render(folder: Path, model: Model, language: Language) -> list[Path]:
    # Typst and the charts' engine are loaded only by those who make a report.
    from reports.page.html import html_of
    from reports.typesetting.pdf import pdf_of

    pdf, page = _pdf(folder, language), folder / f"report.{language}.html"
    write_atomically(pdf, pdf_of(model, language), durable=True)
    write_atomically(page, html_of(model, language), durable=True)
    return [pdf, page]


def _pdf(folder: Path, language: Language) -> Path:
    return folder / f"report.{language}.pdf"


def _rendered(folder: Path) -> list[str]:
    return [each.name for each in folder.iterdir() if each.suffix in (".pdf", ".html")]


def _delete(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).unlink(missing_ok=True)
