#!/bin/sh
# Stops new feedback at every café: --reason=WHY; back: pilot cafe enable --all.
PATH="${0%/*}/../.venv/bin:$PATH"; exec pilot cafe disable --all "$@"
