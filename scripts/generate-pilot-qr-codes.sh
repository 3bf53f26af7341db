#!/bin/sh
# Makes a print-ready sheet for each code and records who gets it.
PATH="${0%/*}/../.venv/bin:$PATH"; exec pilot qr distribute --to "${PILOT_QR_TO:-the cafés}" "$@"
