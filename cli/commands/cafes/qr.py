"""`pilot qr`: lists the cafés' codes and draws them as QR."""

from __future__ import annotations

import io
from pathlib import Path

import segno
import typer

from cli.context import AS_JSON, home, print_json
from pilot.errors import PilotError
from storage.home import Home
from storage.store.cafes import codes
from voice_edge.http.qr import ERROR_LEVEL, QUIET_ZONE_MODULES, code_address, qr_png, qr_svg

PDF_POINTS_PER_MODULE = 8  # About 10 cm wide on paper: readable from half a metre.

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="List the codes, and draw their QR as SVG, PNG or PDF.",
)


class NoSuchCode(PilotError):
    """No active code has this name."""


@app.command("list")
def list_codes(as_json: bool = AS_JSON) -> None:
    """List the active codes with their addresses.

    Example: pilot qr list
    """
    opened = home()
    rows = [
        {"cafe": code.cafe, "label": code.label, "code": code.code, "address": _address(opened, code.code)}
        for code in codes.active(opened.store())
    ]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        typer.echo(f"{row['cafe']:<14}{row['label']:<12}{row['code']}  {row['address']}")
    if not rows:
        typer.echo("There is no code yet: `pilot seed` makes one for each café.")


@app.command()
def svg(code: str, out: Path | None = typer.Option(None, "--out", "-o", help="The file; <code>.svg.")) -> None:
    """Draw a code's QR as SVG.

    Example: pilot qr svg G3QWJ9 -o aurora.svg
    """
    _draw(code, kind="svg", out=out)


@app.command()
def png(code: str, out: Path | None = typer.Option(None, "--out", "-o", help="The file; <code>.png.")) -> None:
    """Draw a code's QR as PNG.

    Example: pilot qr png G3QWJ9
    """
    _draw(code, kind="png", out=out)


@app.command()
def pdf(code: str, out: Path | None = typer.Option(None, "--out", "-o", help="The file; <code>.pdf.")) -> None:
    """Draw a code's QR as PDF, about 10 cm wide.

    Example: pilot qr pdf G3QWJ9
    """
    _draw(code, kind="pdf", out=out)


def _draw(code: str, *, kind: str, out: Path | None) -> None:
    opened = home()
    found = codes.find(opened.store(), code)
    if found is None or found.retired_at is not None:
        raise NoSuchCode(f"There is no active code {code!r}.", remedy="`pilot qr list` shows the codes.")
    address = _address(opened, found.code)
    body = {"svg": qr_svg, "png": qr_png, "pdf": _qr_pdf}[kind](address)
    path = out or Path(f"{found.code}.{kind}")
    path.write_bytes(body)
    typer.echo(f"{path}: opens {address}")


def _qr_pdf(address: str) -> bytes:
    buffer = io.BytesIO()
    segno.make(address, error=ERROR_LEVEL, boost_error=False, micro=False).save(
        buffer, kind="pdf", border=QUIET_ZONE_MODULES, scale=PDF_POINTS_PER_MODULE
    )
    return buffer.getvalue()


def _address(opened: Home, code: str) -> str:
    return code_address(code, public_url=opened.settings.public_url)
