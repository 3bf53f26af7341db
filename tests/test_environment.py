"""The environment is installed only from the lock file, uv first, with its versions and hashes."""

from __future__ import annotations

import re

import pytest

from scripts.environment import LOCK, locked


def test_a_packages_lines_have_its_version_and_all_its_hashes():
    lines = locked("uv")
    assert re.match(r"uv==\d+\.\d+", lines)
    assert lines.count("--hash=sha256:") > 1
    assert lines in LOCK.read_text(encoding="utf-8")
    assert "uvicorn" not in lines


def test_a_package_that_is_not_locked_is_an_error():
    with pytest.raises(SystemExit, match="does not name no-such-package"):
        locked("no-such-package")


def test_every_locked_package_has_hashes_and_no_host_is_named():
    text = LOCK.read_text(encoding="utf-8")
    packages = re.findall(r"^[a-z0-9][\w.-]*(?:\[[\w,-]+\])?==", text, re.MULTILINE)
    assert len(packages) > 100
    assert all("--hash=sha256:" in locked(re.escape(name.removesuffix("=="))) for name in packages)
    assert "://" not in text
