# A stand-in for the image postgres:15-bookworm, which cannot be pulled here: Debian's PostgreSQL 15, the same variables.
ARG BASE
FROM ${BASE}
RUN apt-get update && apt-get install --yes --no-install-recommends postgresql-15 && rm -rf /var/lib/apt/lists/*
ENV PATH=/usr/lib/postgresql/15/bin:$PATH PGDATA=/var/lib/postgresql/data
RUN install -d -o postgres -g postgres -m 0700 /var/lib/postgresql/data
COPY postgres.sh /usr/local/bin/
USER postgres
VOLUME ["/var/lib/postgresql/data"]
ENTRYPOINT ["/bin/sh", "/usr/local/bin/postgres.sh"]
