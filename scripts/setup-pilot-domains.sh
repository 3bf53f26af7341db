#!/bin/sh
# Makes the proxy's configuration and certificates of the four hosts.
PATH="${0%/*}/../.venv/bin:$PATH"; exec pilot domains setup "$@"
