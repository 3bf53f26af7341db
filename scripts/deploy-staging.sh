#!/bin/sh
# Deploys everything in one resumable command.
PATH="${0%/*}/../.venv/bin:$PATH"; exec pilot deploy "$@"
