#!/bin/sh
# Shows themes, score, reward cost and the cafés' actions.
PATH="${0%/*}/../.venv/bin:$PATH"; exec pilot analyze-impact "$@"
