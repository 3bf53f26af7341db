"""Proves that every active code decodes, and that its address opens the café's page."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import httpx
import numpy as np
import zxingcpp

from operations.checks.finding import Finding, judged
from operations.codes.pictures import QUIET_ZONE_MODULES, code_address, qr_code
from pilot.cafes import Cafes
from storage.store.cafes.codes import Code

TIMEOUT_SECONDS = 8.0
MODULE_PIXELS = 4
WHITE = 255


def decoded(address: str) -> str:
    """Return the text that a scanner reads from the drawn code of an address; empty if it reads none."""
    rows = qr_code(address).matrix_iter(scale=MODULE_PIXELS, border=QUIET_ZONE_MODULES)
    picture = np.array([[0 if dark else WHITE for dark in row] for row in rows], dtype=np.uint8)
    found = zxingcpp.read_barcodes(picture)
    return str(found[0].text) if found else ""


def prove_codes(
    found: Sequence[Code], *, cafes: Cafes, public_url: str, retired: Mapping[str, str] = MappingProxyType({})
) -> list[Finding]:
    """Return the finding of each code, and one for each café without a code.

    Args:
        found: The active codes.
        cafes: The cafés.
        public_url: The address that codes point to.
        retired: Each café's code that was retired last, whose successor a remedy names.
    """
    names = {cafe.id: cafe.name for cafe in cafes.cafe}
    with httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=True, trust_env=False) as client:
        findings = [_prove(code, name=names.get(code.cafe), public_url=public_url, client=client) for code in found]
    without = [cafe for cafe in names if cafe not in {code.cafe for code in found}]
    return findings + [
        judged(f"{cafe} code", ok=False, found="has no active code", remedy=_makes_one(retired.get(cafe)))
        for cafe in without
    ]


def _makes_one(retired: str | None) -> str:
    if retired is None:
        return "`pilot seed` makes one."
    return f"`pilot codes retire {retired} --replace --reason WHY` issues its successor."


def _prove(code: Code, *, name: str | None, public_url: str, client: httpx.Client) -> Finding:
    address = code_address(code.code, public_url=public_url)
    label, required = f"{code.cafe} {code.label} {code.code}", "decodes, and opens the café's page with 200"
    if decoded(address) != address:
        return judged(label, ok=False, found="the drawing does not decode", required=required, remedy="Report it.")
    if name is None:
        remedy = f"`pilot codes retire {code.code} --reason WHY`."
        return judged(label, ok=False, found="its café is not in the file", required=required, remedy=remedy)
    try:
        answer = client.get(address)
    except httpx.HTTPError as error:
        remedy = "Is PILOT_PUBLIC_URL the address that guests use, and the edge running? `pilot health`."
        found = f"{address} does not answer ({type(error).__name__})"
        return judged(label, ok=False, found=found, required=required, remedy=remedy)
    shows = name in html.unescape(answer.text)
    return judged(
        label,
        ok=answer.status_code == httpx.codes.OK and shows,
        found=f"{address}: status {answer.status_code}{'' if shows else ', another page'}",
        required=required,
        remedy=f"`pilot cafe status`; a new code: `pilot codes retire {code.code} --replace --reason WHY`.",
    )
