"""The scripts, styles and pictures under /static, named by content, so that caches may keep them.

A page names them as `/static/v-<digest>/page.css`; the digest is that of all files, so a script's relative imports stay
within one version. `PILOT_CDN_URL` puts another host before these names; pages never come from there.
"""

from __future__ import annotations

import hashlib
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

STATIC_FOLDER = Path(__file__).parent / "static"
DIGEST_LENGTH = 8
VERSION_PREFIX = "v-"
FOR_EVER = "public, max-age=31536000, immutable"
REVALIDATED = "no-cache"
# Another version than this replica's, during an upgrade: its name must not keep our content.
OTHER_VERSION = "no-store"

_host: ContextVar[str] = ContextVar("static_host", default="")


@cache
def static_digest(folder: Path = STATIC_FOLDER) -> str:
    """Return the digest of all files, by name and content."""
    found = hashlib.sha256()
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        body = path.read_bytes()
        found.update(f"{path.relative_to(folder).as_posix()} {len(body)}\n".encode() + body)
    return found.hexdigest()[:DIGEST_LENGTH]


def static_url(name: str) -> str:
    """Return the address of a file for a page: by its content, at the host of the current request."""
    return f"{_host.get()}/static/{VERSION_PREFIX}{static_digest()}/{name}"


class StaticHost:
    """Names the host of the static files for the pages of each request."""

    def __init__(self, app: ASGIApp, *, cdn_url: str) -> None:
        self._app = app
        self._cdn_url = cdn_url.rstrip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        token = _host.set(self._cdn_url)
        try:
            await self._app(scope, receive, send)
        finally:
            _host.reset(token)


class VersionedFiles(StaticFiles):
    """Static files: kept for ever under the current version's name, else revalidated (ETag)."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return one file, with the headers by which a browser and a CDN may keep it."""
        version, _, rest = path.partition("/")
        named = version.startswith(VERSION_PREFIX) and bool(rest)
        response = await super().get_response(rest if named else path, scope)
        current = version == f"{VERSION_PREFIX}{static_digest()}"
        caching = FOR_EVER if current else OTHER_VERSION if named else REVALIDATED
        response.headers["Cache-Control"] = caching
        # A module of another host is refused without both; no file is about a guest.
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response
