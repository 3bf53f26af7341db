"""`pilot qr`: lists the cafés' codes, draws, distributes and verifies them."""

from __future__ import annotations

from pathlib import Path

import typer

from cli.context import AS_JSON, actor, home, print_json
from cli.findings import report
from operations.codes.pictures import code_address, qr_pdf, qr_png, qr_svg
from pilot.errors import PilotError
from storage.home import Home
from storage.store.cafes import codes
from storage.store.cafes.codes import Code

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="List, draw, print, distribute and verify the codes.",
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


@app.command()
def generate(
    out: Path = typer.Option(Path("qr-codes"), "--out", "-o", help="The folder of the sheets."),
    cafe: str = typer.Option("", "--cafe", help="Only this café's; all by default."),
) -> None:
    """Make a print-ready A4 sheet for each active code: cards with the QR code and the address to type.

    Example: pilot qr generate --out qr-codes
    """
    for name, code in _sheets(home(), out, cafe=cafe):
        typer.echo(f"{code.cafe:<14}{out / name}")
    typer.echo("Next: pilot qr verify")


@app.command()
def distribute(
    to: str = typer.Option(..., "--to", help="Who gets the sheets, for the audit log."),
    out: Path = typer.Option(Path("qr-codes"), "--out", "-o", help="The folder of the sheets."),
    cafe: str = typer.Option("", "--cafe", help="Only this café's; all by default."),
) -> None:
    """Make the sheets as `generate` does, and record in the audit log who got which code.

    Example: pilot qr distribute --to "Elin, Café Aurora" --cafe aurora
    """
    opened = home()
    made = _sheets(opened, out, cafe=cafe)
    codes.record_distribution(opened.store(), [code for _, code in made], to=to, actor=actor())
    for name, code in made:
        typer.echo(f"{code.cafe:<14}{out / name}  for {to}")
    typer.echo(f"{len(made)} sheets, recorded in the audit log.")
    typer.echo("Next: pilot qr verify")


@app.command()
def verify(as_json: bool = AS_JSON) -> None:
    """Decode the drawing of every active code and open its address. Exit code 1 if one cannot be used.

    Example: pilot qr verify
    """
    from operations.codes.proof import prove_codes

    opened = home()
    found = prove_codes(
        codes.active(opened.store()),
        cafes=opened.cafes(),
        public_url=opened.settings.public_url,
        retired=codes.last_retired(opened.store()),
    )
    report(found, as_json=as_json, next_command="pilot smoke", failed_command="pilot health --service edge")


def _sheets(opened: Home, out: Path, *, cafe: str) -> list[tuple[str, Code]]:
    from operations.codes.sheet import sheet_pdf

    known = opened.cafes()
    wanted = (known.get(cafe).id,) if cafe else known.ids
    chosen = [code for code in codes.active(opened.store()) if code.cafe in wanted]
    if not chosen:
        raise NoSuchCode("There is no active code.", remedy="`pilot qr verify` says how each café gets one.")
    out.mkdir(parents=True, exist_ok=True)
    made = []
    for code in chosen:
        name = f"{code.cafe}-{code.code}.pdf"
        (out / name).write_bytes(sheet_pdf(known.get(code.cafe), [code], public_url=opened.settings.public_url))
        made.append((name, code))
    return made


def _draw(code: str, *, kind: str, out: Path | None) -> None:
    opened = home()
    found = codes.find(opened.store(), code)
    if found is None or found.retired_at is not None:
        raise NoSuchCode(f"There is no active code {code!r}.", remedy="`pilot qr list` shows the codes.")
    address = _address(opened, found.code)
    body = {"svg": qr_svg, "png": qr_png, "pdf": qr_pdf}[kind](address)
    path = out or Path(f"{found.code}.{kind}")
    path.write_bytes(body)
    typer.echo(f"{path}: opens {address}")


def _address(opened: Home, code: str) -> str:
    return code_address(code, public_url=opened.settings.public_url)
