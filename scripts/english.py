"""Check the English of the code: banned identifiers, long first lines, long test names.

    python scripts/english.py [PATH ...]

Refuses what a rule can decide and prints measures of the rest. `docs/architecture.md` links the rule.
"""

from __future__ import annotations

import ast
import io
import json
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RUFF = Path(sys.executable).parent / "ruff"
LONGEST_FIRST_LINE = 100  # characters of a docstring
LONGEST_TEST_NAME = 80  # characters
# Catch-all verbs and private nouns: each had several meanings here. The field has a word for every one of them.
BANNED_PARTS = frozenset(
    "tell tells told telling desk desks look looks looked looking looker standing standings noun nouns".split()
)
CATCH_ALL = re.compile(r"\b(?:tells?|told|stands?|stood)\b", re.IGNORECASE)
MOST_CATCH_ALLS = 0.005  # of the words in docstrings and comments
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@dataclass(frozen=True, slots=True)
class Prose:
    """The number of words in docstrings and comments, and of catch-all verbs among them."""

    words: int = 0
    catch_alls: int = 0

    @classmethod
    def of(cls, source: str) -> Prose:
        """Count the prose of one file."""
        texts = [text for _, text in docstrings(ast.parse(source))]
        tokens = tokenize.generate_tokens(io.StringIO(source).readline)
        texts += [token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT]
        return cls(sum(len(text.split()) for text in texts), sum(len(CATCH_ALL.findall(text)) for text in texts))

    def __add__(self, other: Prose) -> Prose:
        return Prose(self.words + other.words, self.catch_alls + other.catch_alls)

    @property
    def share(self) -> float:
        """Return the share of catch-all verbs."""
        return self.catch_alls / max(self.words, 1)


def parts_of(identifier: str) -> list[str]:
    """Split an identifier into its words in lower case: `TillDesk` and `till_desk` give till, desk."""
    return [part.lower() for part in _PART.findall(identifier)]


def identifiers(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield every name that a module defines or assigns, with its line."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield node.lineno, name
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield node.lineno, name
            case ast.arg(arg=name):
                yield node.lineno, name
            case ast.alias(asname=str(name)):
                yield node.lineno, name


def docstrings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the docstrings of a module, its classes and its functions, with their lines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text:
                yield getattr(node, "lineno", 1), text


def faults(path: Path, source: str) -> list[str]:
    """Return what the rules refuse in one file, a line each."""
    tree = ast.parse(source)
    found = [f"{path}:1: file name holds {part!r}" for part in parts_of(path.stem) if part in BANNED_PARTS]
    for line, name in identifiers(tree):
        banned = BANNED_PARTS.intersection(parts_of(name))
        if banned:
            found.append(f"{path}:{line}: identifier {name!r} holds {', '.join(sorted(banned))!r}")
        if name.startswith("test_") and len(name) > LONGEST_TEST_NAME:
            found.append(f"{path}:{line}: test name of {len(name)} characters, at most {LONGEST_TEST_NAME}: {name}")
    for line, text in docstrings(tree):
        first = text.splitlines()[0]
        if len(first) > LONGEST_FIRST_LINE:
            found.append(f"{path}:{line}: docstring's first line has {len(first)} characters: {first}")
    return found


def share_of_imperatives(paths: list[str], docstring_count: int) -> float:
    """Return the share of docstrings of functions that begin with a verb in the imperative (ruff's D401)."""
    command = [str(RUFF), "check", "--isolated", "--select", "D401", "--output-format", "json", "--exit-zero", *paths]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return 1 - len(json.loads(done.stdout)) / max(docstring_count, 1)


def main(paths: list[str]) -> int:
    """Print faults and measures; return 1 if there are faults."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
    files = [Path(one) for one in listed if (ROOT / one).exists()]
    if paths:
        files = [one for one in files if any(one.is_relative_to(path.rstrip("/")) for path in paths)]
    files = [one for one in files if "migrations/versions" not in one.as_posix()]
    found: list[str] = []
    functions, prose = 0, Prose()
    for file in files:
        source = (ROOT / file).read_text(encoding="utf-8")
        found += faults(file, source)
        tree = ast.parse(source)
        functions += sum(
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(node) is not None
            for node in ast.walk(tree)
        )
        prose += Prose.of(source)
    for line in found:
        print(line)
    print(
        f"english: {len(files)} files, {len(found)} faults; "
        f"{share_of_imperatives([str(file) for file in files], functions):.1%} of {functions} docstrings of functions "
        f"begin with a verb; {prose.catch_alls} catch-all verbs in {prose.words} words of docstrings and comments "
        f"({prose.share:.2%}, at most {MOST_CATCH_ALLS:.2%})"
    )
    return 1 if found or prose.share > MOST_CATCH_ALLS else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
