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
        # The first digest is that of the whole image, also when it has several platforms.
        digest=$(docker buildx imagetools inspect "$image" | sed -n 's/^Digest:[[:space:]]*//p' | head -n 1)
        if ! printf '%s' "$digest" | grep -Eqx 'sha256:[0-9a-f]{64}'; then
            echo "The registry gives no digest of $image; $file is unchanged." >&2
            exit 1
        fi
        printf '%s=%s@%s\n' "${line%%=*}" "$image" "$digest" >>"$new"
        ;;
    *) printf '%s\n' "$line" >>"$new" ;;
    esac
done <"$file"
cat "$new" >"$file"
echo "Pinned. Review: git diff $file"
