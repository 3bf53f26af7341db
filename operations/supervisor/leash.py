"""The leash: becomes the child's program after tying its life to the supervisor's.

Run as a script in isolated mode: `python -I -S leash.py PARENT_PID NICE PROGRAM ARGUMENT...`. It asks the kernel for
SIGTERM when the parent dies (Linux), lowers its priority, and replaces itself by the program. Doing this in a program
of its own, instead of between fork and exec, keeps the supervisor free of `preexec_fn` and its deadlocks.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
EXIT_PARENT_GONE = 75
EXIT_NOT_FOUND = 127


def tie_to_parent(parent: int) -> None:
    """Ask for SIGTERM at the parent's death; exit where it is dead already."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(EXIT_PARENT_GONE)


def run(arguments: list[str]) -> None:
    """Hear signals again, tie, lower the priority, become the program."""
    parent, niceness, *program = arguments
    # What the caller ignores, as a script's background job does SIGINT, must not be inherited: the program could not be
    # asked to stop.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    tie_to_parent(int(parent))
    os.nice(int(niceness))
    try:
        os.execvp(program[0], program)  # noqa: S606 - the supervisor's own fixed commands, no shell wanted
    except OSError as error:
        sys.stderr.write(f"{program[0]} cannot be started: {error.strerror}\n")
        sys.exit(EXIT_NOT_FOUND)


if __name__ == "__main__":
    run(sys.argv[1:])
