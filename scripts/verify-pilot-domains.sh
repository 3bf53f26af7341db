#!/bin/sh
# Verifies DNS, TLS, redirect, headers and WebSocket of each host.
PATH="${0%/*}/../.venv/bin:$PATH"; exec pilot domains verify "$@"
