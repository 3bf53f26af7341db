#!/bin/sh
# Speaks a known Swedish recording and shows the time of each stage.
PATH="${0%/*}/../.venv/bin:$PATH"; exec pilot journey aurora --mode voice --language sv "$@"
