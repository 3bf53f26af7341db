"""The supervisor: runs the pilot's processes, restarts them when they end, and leaves none behind."""

from operations.supervisor.errors import AlreadyRunning, PortTaken, StartFailed
from operations.supervisor.readiness import FileTouched, HttpAnswers, LineLogged, SocketOpen
from operations.supervisor.specification import Port, ProcessSpec, RestartPolicy
from operations.supervisor.supervision import Supervision, start

__all__ = [
    "AlreadyRunning",
    "FileTouched",
    "HttpAnswers",
    "LineLogged",
    "Port",
    "PortTaken",
    "ProcessSpec",
    "RestartPolicy",
    "SocketOpen",
    "StartFailed",
    "Supervision",
    "start",
]
