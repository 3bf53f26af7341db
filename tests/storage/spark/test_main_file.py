"""PySpark's client is imported by processes without a main file, and leaves them as they were."""

from __future__ import annotations

import subprocess
import sys

from storage.spark.main_file import some_main_file

RUN = (
    "import sys, multiprocessing, storage.spark\n"
    "from storage.errors import EngineUnavailable\n"
    "from storage.spark.session import open_session\n"
    "assert not hasattr(sys.modules['__main__'], '__file__')\n"
    "child = multiprocessing.get_context('forkserver').Process(target=print, args=('child',))\n"
    "child.start()\nchild.join()\nassert child.exitcode == 0, child.exitcode\n"
    "try:\n    open_session('sc://127.0.0.1:1')\n"
    "except EngineUnavailable:\n    print('unavailable')\n"
)


def test_a_process_without_a_main_file_opens_an_engine_and_starts_children() -> None:
    done = subprocess.run([sys.executable, "-c", RUN], capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.split() == ["child", "unavailable"], done.stderr


def test_a_process_with_a_main_module_keeps_it() -> None:
    main = sys.modules["__main__"]
    before = getattr(main, "__file__", None)
    with some_main_file():
        assert hasattr(main, "__file__") or main.__spec__ is not None
    assert getattr(main, "__file__", None) == before
