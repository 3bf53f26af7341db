#!/bin/sh
# Archives the state of the system, without secrets or voices: [INCIDENT].
PATH="${0%/*}/../.venv/bin:$PATH"; exec pilot incident capture "$@"
