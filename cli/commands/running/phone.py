"""`pilot phone`: serves the pilot to a telephone on the local network."""

from __future__ import annotations

import io
import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import UTC, datetime

import segno
import typer
from rich.console import Console

from cli.context import environment, home
from cli.foreground import serve_until_stopped, show_addresses
from operations.phone.address import local_address
from operations.phone.certificate import Certificate, certificate_for
from operations.phone.relay import tls_relay
from operations.phone.trust_page import render_trust_page, serve_trust_page
from operations.serving import Serving
from operations.system import make_system

FOLDER = ".phone"

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command()
def phone(
    address: str = typer.Option("", help="The address to listen on; by default that of the default network."),
    port: int = typer.Option(8443, min=1, max=65535, help="Port of the pages, HTTPS."),
    fake_port: int = typer.Option(8444, min=1, max=65535, help="Port of the fake Stripe's pages, HTTPS."),
    first_port: int = typer.Option(8480, min=1, max=65535, help="Port of the page with the first steps, HTTP."),
) -> None:
    """Try the pilot on your own telephone, on the local network over HTTPS. Ctrl-C stops everything.

    Runs the whole pilot on loopback, like `pilot run`; only the customers' pages are reachable from the network.
    Sessions from the telephone are marked as tests and are not counted.

    Example: pilot phone --address 192.168.1.20
    """
    here = local_address(address)
    variables = {**environment(), "PILOT_PUBLIC_URL": f"https://{here}:{port}"}
    os.environ.update(variables)
    opened = home()
    certificate = certificate_for(here, folder=opened.root / FOLDER, now=datetime.now(UTC))

    @asynccontextmanager
    async def beside(serving: Serving) -> AsyncIterator[None]:
        names = {cafe.id: cafe.name for cafe in opened.cafes().cafe}
        links = {
            names.get(code.cafe, code.cafe): f"https://{here}:{port}/c/{code.code}?simulated=1"
            for code in serving.codes
        }
        html = render_trust_page(links=links, fingerprint=certificate.fingerprint)
        async with (
            tls_relay(address=here, port=port, to_port=opened.settings.edge_port, context=certificate.context()),
            relaying_fake(serving),
            serve_trust_page(address=here, port=first_port, html=html, authority=certificate.authority),
        ):
            yield

    def relaying_fake(serving: Serving) -> AbstractAsyncContextManager[object]:
        fake = serving.system.fake_stripe
        if fake is None:
            return nullcontext()
        return tls_relay(address=here, port=fake_port, to_port=fake.port, context=certificate.context())

    def say(console: Console, serving: Serving) -> None:
        show_addresses(console, serving)
        show_first_steps(console, first=f"http://{here}:{first_port}/", certificate=certificate)

    system = make_system(opened, environment=variables, fake_pages_url=f"https://{here}:{fake_port}")
    serve_until_stopped(system, beside=beside, say=say)


def show_first_steps(console: Console, *, first: str, certificate: Certificate) -> None:
    """Print the code to scan, and how to trust the certificate."""
    drawn = io.StringIO()
    segno.make(first, error="m", micro=False).terminal(out=drawn, compact=True)
    console.print(f"\nOn your telephone, on the same network, scan this or open {first}\n", soft_wrap=True)
    console.print(drawn.getvalue(), markup=False, highlight=False)
    console.print(
        "Android: open a café's page from there; Chrome warns: Advanced, Proceed.\n"
        "iPhone: accepting the warning opens the page, but not its connection. So first download the certificate\n"
        "there, install it (Settings, Profile Downloaded), and turn it on (Settings, General, About, Certificate\n"
        "Trust Settings). It is valid for this address only, its key is deleted, and it expires on "
        f"{certificate.ends:%Y-%m-%d}.\nRemove the profile afterwards.\n"
        f"Its SHA-256 fingerprint: {certificate.fingerprint}\n"
        "If the telephone cannot connect: is it on the same network, and does a firewall here block it?\n"
        "Ctrl-C stops everything.",
        markup=False,
        soft_wrap=True,
    )
