#!/bin/sh
# Forces a new certificate for one host: removes the stored one and starts the proxy again. Pages resume by themselves.
#   deploy/renew-certificate.sh aurora.feedbackai.se
set -eu
case "${1:-}" in
'' | .* | *..* | *[!a-z0-9.-]*)
    echo "Give one host name, for example aurora.feedbackai.se." >&2
    exit 2
    ;;
esac
if [ -f /etc/systemd/system/pilot-proxy.service ]; then
    rm -rf /var/lib/pilot-proxy/caddy/certificates/*/"$1"
    systemctl restart pilot-proxy
else
    cd "$(dirname "$0")/.."
    file=${COMPOSE_FILE:-docker-compose.staging.yml}
    docker compose --file "$file" exec -T proxy sh -c "rm -rf /data/caddy/certificates/*/$1"
    docker compose --file "$file" restart proxy
fi
echo "The proxy asks for a new certificate of $1. Next: pilot certs"
