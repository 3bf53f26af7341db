"""The scripts, styles and pictures under /static."""

from __future__ import annotations

from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

STATIC_FOLDER = Path(__file__).parent / "static"


class RevalidatedFiles(StaticFiles):
    """Static files that a browser revalidates each time (ETag), so that it never misses a new version."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return one file."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response
