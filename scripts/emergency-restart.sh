#!/bin/sh
# Restarts every service in order; no write is lost.
PATH="${0%/*}/../.venv/bin:$PATH"; exec pilot restart "$@"
