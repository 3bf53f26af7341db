"""Structured logs: one JSON object a line on standard output, ids only."""

from __future__ import annotations

import logging
import sys
from types import TracebackType

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

ErrorInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def configure_logs(*, level: str, replica: str) -> None:
    """Send structlog's and the libraries' logs to standard output as JSON."""

    def name_replica(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["replica"] = replica
        return event

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        name_replica,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.ExceptionRenderer(_place_of_error),
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # uvicorn would log clients' addresses, and at its lowest level their messages.
    for chatty in ("uvicorn", "websockets", "httpx", "httpcore", "faster_whisper", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _place_of_error(exc_info: ErrorInfo) -> str:
    """Return an error's type and location without its text, which may contain a customer's words."""
    places = []
    trace = exc_info[2]
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return f"{exc_info[0].__name__} at {' < '.join(reversed(places))}"
