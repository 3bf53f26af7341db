#!/bin/sh
# Proves success, decline, retry, webhook replay and idempotency on the fake.
PATH="${0%/*}/../.venv/bin:$PATH"; exec pilot test-payments "$@"
