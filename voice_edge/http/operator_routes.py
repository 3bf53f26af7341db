"""Health and metrics of a replica, for machines inside the network."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import generate_latest

from operations.monitoring.exposition import JoinedRegistries
from storage.store import store_metrics
from voice_edge.edge import Edge
from voice_edge.http.health import readiness

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PROXY_HEADERS = ("forwarded", "x-forwarded-for")


def operator_routes(edge: Edge) -> APIRouter:
    """Return the routes of health and metrics."""
    router = APIRouter()

    @router.get("/health/live")
    def live() -> JSONResponse:
        return JSONResponse({"live": True, "replica": edge.settings.replica}, headers={"Cache-Control": "no-store"})

    @router.get("/health/ready")
    def ready() -> JSONResponse:
        state = readiness(edge)
        return JSONResponse(
            {"ready": state.ready, "replica": edge.settings.replica, "checks": state.checks},
            status_code=200 if state.ready else 503,
            headers={"Cache-Control": "no-store"},
        )

    @router.get("/metrics")
    def metrics(request: Request) -> Response:
        # Prometheus scrapes the replica directly; a request through the proxy is from the public.
        if any(name in request.headers for name in PROXY_HEADERS):
            return Response(status_code=404)
        joined = JoinedRegistries((edge.metrics.registry, store_metrics.REGISTRY))
        return Response(generate_latest(joined), media_type=METRICS_TYPE, headers={"Cache-Control": "no-store"})

    return router
