"""`python -m operations.monitoring`: writes the generated files of deploy/monitoring/."""

from __future__ import annotations

from pathlib import Path

from operations.monitoring.rules.prometheus_rules import rules_text

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "monitoring"


def generated() -> dict[Path, str]:
    """Return the content of each generated file."""
    return {FOLDER / "rules.yml": rules_text()}


def main() -> None:
    """Write the files."""
    for path, content in generated().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
