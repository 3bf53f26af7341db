"""The leash: ties a child's life to the supervisor's, then becomes the child's program.

Run as a script in isolated mode: `python -I -S leash.py PARENT_PID NICE PROGRAM ARGUMENT...`. It requests SIGTERM from
the kernel for the parent's death (Linux), lowers its priority, and replaces itself by the program. A separate program,
instead of code between fork and exec, keeps the supervisor free of `preexec_fn` and its deadlocks.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
EXIT_PARENT_GONE = 75
EXIT_NOT_FOUND = 127


def tie_to_parent(parent: int) -> None:
    """Request SIGTERM at the parent's death; exit if it is already dead."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(EXIT_PARENT_GONE)


def run(arguments: list[str]) -> None:
    """Reset signals, tie the process to its parent, lower its priority and become the program."""
    parent, niceness, *program = arguments
    # Ignored signals, such as SIGINT in a script's background job, must not be inherited: the program could not be
    # stopped.
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
