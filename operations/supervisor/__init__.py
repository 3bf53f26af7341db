"""The supervisor: runs the pilot's processes, restarts them when they end, and leaves none behind."""

from operations.supervisor.errors import AlreadyRunning, PortTaken, StartFailed
from operations.supervisor.readiness import FileTouched, HttpAnswers, LineLogged, PortOpen
from operations.supervisor.specification import Port, ProcessSpec, RestartPolicy
from operations.supervisor.supervision import Supervision, start

__all__ = [
    "AlreadyRunning",
    "FileTouched",
    "HttpAnswers",
    "LineLogged",
    "Port",
    "PortOpen",
    "PortTaken",
    "ProcessSpec",
    "RestartPolicy",
    "StartFailed",
    "Supervision",
    "start",
]
