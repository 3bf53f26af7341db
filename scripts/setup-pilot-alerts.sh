#!/bin/sh
# Loads the alerts' rules and routes, and sends one test alert for each channel.
PATH="${0%/*}/../.venv/bin:$PATH"; exec pilot alerts setup "$@"
