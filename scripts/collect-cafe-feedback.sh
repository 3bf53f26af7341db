#!/bin/sh
# Sends the survey to the cafés' managers.
PATH="${0%/*}/../.venv/bin:$PATH"; exec pilot survey "$@"
