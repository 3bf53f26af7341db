#!/bin/sh
# Optimises the store, with figures before and after.
PATH="${0%/*}/../.venv/bin:$PATH"; exec pilot db optimize "$@"
