#!/bin/sh
# Says which files a CDN may cache; off by default.
PATH="${0%/*}/../.venv/bin:$PATH"; exec pilot cdn "$@"
