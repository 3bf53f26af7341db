"""Great Expectations is imported without PySpark, also in a process that has no main file."""

from __future__ import annotations

import subprocess
import sys

import pytest

from quality.without_spark import without_spark

RUN = (
    "import sys, quality.engine as engine; engine._library(); "
    "sys.exit('pyspark' in sys.modules or 'great_expectations' not in sys.modules)"
)


def test_a_process_without_a_main_file_validates_and_never_loads_spark() -> None:
    done = subprocess.run([sys.executable, "-c", RUN], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


def test_only_spark_is_hidden_and_only_within() -> None:
    with without_spark():
        with pytest.raises(ImportError, match="hidden"):
            __import__("pyspark.no_such_part")
        import colorsys

        assert colorsys
    assert not any(type(finder).__name__ == "_Hides" for finder in sys.meta_path)
