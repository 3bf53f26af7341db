#!/bin/sh
# Runs more edges: emergency-scale.sh --instances=3.
case "${1:-}" in --instances=*) edges="edge=${1#--instances=}"; shift; set -- "$edges" "$@" ;; esac
PATH="${0%/*}/../.venv/bin:$PATH"; exec pilot scale "$@"
