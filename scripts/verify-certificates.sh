#!/bin/sh
# Shows the days left of the hosts' certificates; fails under 7.
PATH="${0%/*}/../.venv/bin:$PATH"; exec pilot certs "$@"
