#!/bin/sh
# Invites the managers who have not answered the survey (or: remind, status, results); they answer on their page.
PATH="${0%/*}/../.venv/bin:$PATH"; [ $# -gt 0 ] || set -- invite; exec pilot survey "$@"
