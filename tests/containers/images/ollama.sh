#!/bin/sh
# `ollama list`, for the health check.
exec python3 -I -S /opt/pilot/deploy/containers/healthy.py http http://127.0.0.1:11434/api/tags
