"""`pilot cdn`: which files a CDN may cache, and whether the edge and the CDN serve them so."""

from __future__ import annotations

from functools import partial

import httpx
import typer

from cli.context import AS_JSON, settings
from cli.findings import report
from operations.checks.finding import Finding, judged, not_applicable
from operations.checks.running import Check, run_checks

SAMPLE = "page.css"
TIMEOUT_SECONDS = 5.0
IMMUTABLE = "immutable"
NOT_KEPT = ("no-store", "no-cache", "private")

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command()
def cdn(as_json: bool = AS_JSON) -> None:
    """Check that static files may be cached for ever by their names, and that no page may be.

    Off by default: the files come from the edge. To turn it on, let a CDN fetch https://HOST/static/* from a café's
    host, set PILOT_CDN_URL to its address, and restart the edge; pages then name it, and their policy allows it.

    Example: pilot cdn
    """
    known = settings()
    public, other = known.public_url.rstrip("/"), known.cdn_url.rstrip("/")
    path = static_path()
    checks = [
        Check("static files", partial(_immutable, "static files", f"{public}{path}", remedy="Is the edge up?")),
        Check("pages", partial(_not_kept, f"{public}/")),
        Check("cdn", partial(_cdn, other, public=public, path=path)),
    ]
    report(
        run_checks(checks), as_json=as_json, next_command="pilot health", failed_command="pilot health --service edge"
    )


def static_path() -> str:
    """Return the path of a static file's name with its content's digest."""
    from voice_edge.http.static_files import static_url

    return static_url(SAMPLE)


def _immutable(name: str, url: str, *, remedy: str) -> Finding:
    answer = _get(url)
    kept = answer.headers.get("cache-control", "")
    return judged(
        name,
        ok=answer.is_success and IMMUTABLE in kept,
        found=f"{url}: status {answer.status_code}, {kept or 'no Cache-Control'}",
        required="status 200, and kept for ever under this name",
        remedy=remedy,
    )


def _not_kept(url: str) -> Finding:
    kept = _get(url).headers.get("cache-control", "")
    return judged(
        "pages",
        ok=any(each in kept for each in NOT_KEPT),
        found=f"{url}: {kept or 'no Cache-Control'}",
        required="no cache keeps a page",
        remedy="A proxy adds this header: remove it.",
    )


def _cdn(url: str, *, public: str, path: str) -> Finding:
    if not url:
        return not_applicable("cdn", "PILOT_CDN_URL is empty: the edge serves the files itself")
    ours, theirs = _get(f"{public}{path}"), _get(f"{url}{path}")
    allowed = theirs.headers.get("access-control-allow-origin", "")
    page = _get(f"{url}/")
    faults = [
        fault
        for wrong, fault in (
            (not theirs.is_success or theirs.content != ours.content, "another content than the edge's"),
            (IMMUTABLE not in theirs.headers.get("cache-control", ""), "Cache-Control is not passed on"),
            (allowed != "*", "Access-Control-Allow-Origin is not passed on"),
            (page.is_success and not any(each in page.headers.get("cache-control", "") for each in NOT_KEPT),
             "it keeps pages"),
        )
        if wrong
    ]  # fmt: skip
    return judged(
        "cdn",
        ok=not faults,
        found=f"{url}: {'; '.join(faults) or 'the same bytes, with their headers'}",
        required="the edge's bytes and headers under /static/, and no page",
        remedy="Let it fetch only /static/*, pass headers on, and keep what is immutable.",
    )


def _get(url: str) -> httpx.Response:
    return httpx.get(url, timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False)
