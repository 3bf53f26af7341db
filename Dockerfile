# The image of every process of the pilot: edge, sign-in, dashboards, Dagster, watch, and the command `pilot`.
#   docker compose -f docker-compose.staging.yml build
# BASE is pinned by digest in deploy/images.env, which `pilot deploy` and the documented commands read.
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS packages
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY requirements.lock scripts/runtime_requirements.py ./
RUN mkdir -p /build/scripts && mv runtime_requirements.py scripts/ \
    && python3 scripts/runtime_requirements.py > runtime.lock \
    && python3 -m venv /opt/tools && python3 -m venv --without-pip /opt/pilot/.venv \
    && python3 -c "import re; print(re.search(r'^uv==(?:.*\\\\\n)*.*$', open('requirements.lock').read(), re.M).group())" > uv.txt \
    && /opt/tools/bin/pip install --quiet --require-hashes --no-deps -r uv.txt
# The cache is the builder's, never the image's; a second build downloads nothing that it has.
RUN --mount=type=cache,target=/root/.cache/uv \
    /opt/tools/bin/uv pip sync --quiet --require-hashes --compile-bytecode --link-mode copy \
        --python /opt/pilot/.venv/bin/python runtime.lock

FROM ${BASE} AS pilot
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates python3 tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --home-dir /var/lib/pilot --shell /usr/sbin/nologin pilot \
    && install -d -o pilot -g pilot -m 0700 /var/lib/pilot /var/backups/pilot
COPY --from=packages /opt/pilot/.venv /opt/pilot/.venv
COPY . /opt/pilot
RUN printf '%s\n' '#!/opt/pilot/.venv/bin/python' 'from cli.main import main' 'main()' > /usr/local/bin/pilot \
    && chmod 0755 /usr/local/bin/pilot \
    && /opt/pilot/.venv/bin/python -m compileall -q -x '/(\.venv|templates)/' /opt/pilot
ENV PATH=/opt/pilot/.venv/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONPATH=/opt/pilot \
    PYTHONUNBUFFERED=1 \
    PILOT_HOME=/var/lib/pilot/home
WORKDIR /opt/pilot
USER pilot
VOLUME ["/var/lib/pilot"]
ENTRYPOINT ["/usr/bin/tini", "--"]
CMD ["pilot", "--help"]
