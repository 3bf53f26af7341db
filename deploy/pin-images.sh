#!/bin/sh
# Adds the digest of each image of deploy/images.env, as the registries give it now. Needs Docker with buildx.
set -eu
cd "$(dirname "$0")/.."
file=deploy/images.env
new=$(mktemp)
trap 'rm -f "$new"' EXIT
while IFS= read -r line; do
    case "$line" in
    *_IMAGE=*)
        image=${line#*=}
        image=${image%@*}
        digest=$(docker buildx imagetools inspect "$image" --format '{{.Manifest.Digest}}')
        printf '%s=%s@%s\n' "${line%%=*}" "$image" "$digest" >>"$new"
        ;;
    *) printf '%s\n' "$line" >>"$new" ;;
    esac
done <"$file"
cat "$new" >"$file"
echo "Pinned. Review: git diff $file"
