"""QR codes of a short code's address, for screen and print."""

from __future__ import annotations

import io

import segno

ERROR_LEVEL = "q"  # Survives a quarter scratched or stained, as on a café's table.
QUIET_ZONE_MODULES = 4
PNG_PIXELS_PER_MODULE = 12
PDF_POINTS_PER_MODULE = 8  # About 10 cm wide on paper: readable from half a metre.


def code_address(code: str, *, public_url: str) -> str:
    """Return the address that the QR code of `code` opens."""
    return f"{public_url}/c/{code}"


def self_test_address(code: str, *, public_url: str) -> str:
    """Return the address of the page on which a barista tests a code, the network and the microphone."""
    return f"{public_url}/test/{code}"


def typed_address(address: str) -> str:
    """Return an address as a guest types it: a browser adds https:// by itself."""
    return address.removeprefix("https://")


def qr_svg(address: str) -> bytes:
    """Return the QR code as SVG."""
    buffer = io.BytesIO()
    qr_code(address).save(buffer, kind="svg", border=QUIET_ZONE_MODULES, scale=4, xmldecl=False, svgns=True)
    return buffer.getvalue()


def qr_svg_part(address: str) -> str:
    """Return the QR code as an SVG element without a size, to be placed within another one."""
    part: str = qr_code(address).svg_inline(border=QUIET_ZONE_MODULES, omitsize=True)
    return part


def qr_png(address: str) -> bytes:
    """Return the QR code as PNG."""
    buffer = io.BytesIO()
    qr_code(address).save(buffer, kind="png", border=QUIET_ZONE_MODULES, scale=PNG_PIXELS_PER_MODULE)
    return buffer.getvalue()


def qr_pdf(address: str) -> bytes:
    """Return the QR code as PDF, about 10 cm wide."""
    buffer = io.BytesIO()
    qr_code(address).save(buffer, kind="pdf", border=QUIET_ZONE_MODULES, scale=PDF_POINTS_PER_MODULE)
    return buffer.getvalue()


def qr_code(address: str) -> segno.QRCode:
    """Return the QR code of an address."""
    return segno.make(address, error=ERROR_LEVEL, boost_error=False, micro=False)
