"""The check of licences: unknown, GPL and AGPL fail, also as a library inside another package's wheel."""

from __future__ import annotations

import pytest

from scripts.licences import (
    DOCUMENT,
    LOCK,
    Package,
    document,
    faults,
    gpl_libraries,
    is_accepted,
    licence_in,
    locked_names,
    read_package,
)


@pytest.mark.parametrize(
    ("expression", "accepted"),
    [
        ("MIT", True),
        ("BSD-3-Clause AND 0BSD AND MIT AND Zlib AND CC0-1.0", True),
        ("MIT OR Apache-2.0", True),
        ("GPL-2.0-only OR MIT", True),
        ("(GPL-2.0-only OR MIT)", True),
        ("LGPL-2.1-or-later", True),
        ("GPL-2.0-or-later", False),
        ("GPL-3.0-only", False),
        ("AGPL-3.0-only", False),
        ("MIT AND GPL-3.0-or-later", False),
        ("GPL-2.0-only OR AGPL-3.0-only", False),
        ("SSPL-1.0", False),
        ("BUSL-1.1", False),
        ("LicenseRef-Proprietary", False),
        ("unknown", False),
        ("", False),
    ],
)
def test_an_expression_is_accepted_if_one_alternative_is(expression: str, accepted: bool) -> None:
    assert is_accepted(expression) is accepted


@pytest.mark.parametrize(
    ("fields", "licence"),
    [
        ({"License-Expression": ["MIT"], "License": ["GPL"]}, "MIT"),
        ({"Classifier": ["License :: OSI Approved :: MIT License"]}, "MIT"),
        (
            {"Classifier": ["License :: OSI Approved :: BSD License", "License :: OSI Approved :: MIT License"]},
            "BSD-3-Clause AND MIT",
        ),
        ({"Classifier": ["License :: DFSG approved", "License :: OSI Approved :: MIT License"]}, "MIT"),
        (
            {"Classifier": ["License :: OSI Approved :: GNU General Public License v3 (GPLv3)"]},
            "GNU General Public License v3 (GPLv3)",
        ),
        ({"License": ["Apache License 2.0"]}, "Apache-2.0"),
        ({"License": ["GPL"]}, "GPL"),
        ({"Classifier": ["Programming Language :: Python"]}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_a_licence_is_read_from_each_form_of_metadata(fields: dict[str, list[str]], licence: str) -> None:
    assert licence_in(fields) == licence


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("av.libs/libx264-d6533a8d.so.165", ("x264",)),
        ("av/.dylibs/libx265.216.dylib", ("x265",)),
        ("x.libs/libreadline-69c5979f.so.7.0", ("readline",)),
        ("x.libs/libfftw3f-1.so.3", ("fftw3f",)),
        ("x.libs/libopus-114e2b1a.so.0", ()),
        ("x/libx264_tables.py", ()),
    ],
)
def test_a_gpl_library_in_a_wheel_is_found_by_its_file(path: str, found: tuple[str, ...]) -> None:
    assert gpl_libraries([path]) == found


def test_each_fault_names_the_package_and_the_remedy() -> None:
    lines = faults(
        [
            Package("good", "MIT"),
            Package("odd", "unknown"),
            Package("strict", "AGPL-3.0-only"),
            Package("hiding", "MIT", ("x264",)),
            Package("av", "BSD-3-Clause", ("x264", "x265")),
        ]
    )
    assert [line.split(":")[0] for line in lines] == ["odd", "strict", "hiding"]
    assert "libx264, which is GPL" in lines[-1]


def test_the_document_lists_every_locked_package() -> None:
    packages = [read_package(name) for name in locked_names(LOCK.read_text(encoding="utf-8"))]
    assert faults(packages) == []
    assert len(packages) > 150
    assert document(packages) == DOCUMENT.read_text(encoding="utf-8"), "python scripts/licences.py --write"
