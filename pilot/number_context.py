"""What a number counts: the thing announced before it, or the unit after it."""

from __future__ import annotations

import re

# Numbers of things, not of people.
OF_A_THING = re.compile(
    r"\b(?:bord\w*|kvitto\w*|order\w*|beställning\w*|kö\w*|nummerlapp\w*|lapp\w*|plats|rum|kassa|buss\w*|linje|artikel\w*"
    r"|table|receipt|queue|ticket|seat|room|bus|line|item)\b[\s:#]*(?:(?:med|är|var|hade|is|was|had)\s+)?"
    r"(?:(?:nummer|numret|number|nr|no)\b)?(?:\s+(?:är|var|hade|is|was|had))?[\s:#]*$",
    re.IGNORECASE,
)
MEASURED = re.compile(
    r"[\s-]*(?:kronor|kronors|krona|kr|spänn|öre|sek|:-|kronor\w*|euro|dollar\w*|pounds?|procent|percent|%|grader|degrees"
    r"|minut\w*|min|sekund\w*|timm\w+|dag\w*|veck\w+|månad\w*|år|minutes?|seconds?|hours?|days?|weeks?|months?|years?"
    r"|meter\w*|metres?|meters?|km|cm|gram|g|kilo|kg|dl|cl|liter\w*|personer|gäster|människor|vuxna|barn|people|guests"
    r"|persons|adults|children|kids|gånger|times|stycken|st|koppar|cups|bullar|buns|kaffe|coffees|stolar|chairs|bord|tables"
    r"|platser|seats|poäng|points|stjärnor|stars|kvadrat\w*|kvm|decibel)(?![\w])",
    re.IGNORECASE,
)
