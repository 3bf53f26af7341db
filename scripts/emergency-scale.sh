#!/bin/sh
# Runs more replicas: emergency-scale.sh --instances=3.
PATH="${0%/*}/../.venv/bin:$PATH"; exec pilot scale "$@"
