#!/bin/sh
# Shows which managers have answered the survey; they answer on their page.
PATH="${0%/*}/../.venv/bin:$PATH"; exec pilot survey status "$@"
