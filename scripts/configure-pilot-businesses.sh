#!/bin/sh
# Checks the cafés' file: areas, staff, specialties, hours, limits.
PATH="${0%/*}/../.venv/bin:$PATH"; exec pilot cafes check "$@"
