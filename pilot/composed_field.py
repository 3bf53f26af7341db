"""A field of composed text in pydantic's models; the command's help must not import pydantic."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from pilot.composed import composed

ComposedText = Annotated[str, AfterValidator(composed)]
