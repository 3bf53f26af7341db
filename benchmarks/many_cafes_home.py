"""Opens a demo home with the pilot's cafés and any number of copies of them."""

from __future__ import annotations

import os
import re
from pathlib import Path

from pilot.settings import read_settings
from storage.home import Home, open_home

ROOT = Path(__file__).resolve().parents[1]


def open_large_home(folder: Path, *, cafes: int) -> Home:
    """Open a demo home with the pilot's cafés and copies of them; sets the variables that name it."""
    file = folder / "many-cafes.toml"
    file.write_text(_cafes_file(cafes), encoding="utf-8")
    os.environ["PILOT_HOME"], os.environ["PILOT_CAFES_FILE"] = str(folder / "home"), str(file)
    return open_home(read_settings(dict(os.environ)), kind="demo")


def _cafes_file(count: int) -> str:
    head, *blocks = (ROOT / "cafes.toml").read_text(encoding="utf-8").split("[[cafe]]\n")
    copies = []
    for number in range(count):
        block = blocks[number % 3]
        if number >= len(blocks):
            block = re.sub(r'^(id|name|domain) = "(.*)"$', rf'\1 = "\g<2>-{number}"', block, flags=re.MULTILINE)
            block = block.replace(f'.se-{number}"', f'-{number}.se"')
        copies.append("[[cafe]]\n" + block)
    return head + "".join(copies)
