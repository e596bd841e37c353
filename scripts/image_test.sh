#!/bin/sh
# Builds the container image and runs the connector in it against the simulator, as root on Debian
# and without a container engine: buildah builds in a chroot. The base image is a stand-in made from
# Debian's packages; BASE_IMAGE=<reference> takes another, such as the one metadata.yaml names.
set -eu
cd "$(dirname "$0")/.."

if [ "$(id -u)" != 0 ]; then
    echo "image-test: chroots and mounts need root (sudo make image-test)." >&2
    exit 1
fi
work=$(mktemp -d)
trap 'rm -rf "$work"; buildah rmi --force localhost/source-segment:test >/dev/null 2>&1' EXIT

need() { # command: installs the Debian package of that name if it is missing
    command -v "$1" >"$work/found" && return
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
        apt-get install -qq --yes --no-install-recommends "$1" >"$work/apt.log" ||
        { cat "$work/apt.log" >&2 && exit 1; }
}

need buildah
base=${BASE_IMAGE:-localhost/source-segment-base}
if [ -z "${BASE_IMAGE:-}" ] && ! buildah inspect --type image "$base" >"$work/base" 2>&1; then
    need mmdebstrap
    echo "image-test: making a stand-in for the base image (once, half a minute)"
    # What the connector relies on: python on PATH, the user airbyte (1000) without a home, /airbyte.
    mmdebstrap --quiet --variant=minbase --include=ca-certificates,python3,python3-venv \
        --customize-hook='ln -s /usr/bin/python3 "$1/usr/local/bin/python"' \
        --customize-hook='chroot "$1" useradd --uid 1000 --no-create-home airbyte' \
        --customize-hook='install -d -o 1000 -g 1000 "$1/airbyte"' \
        "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$work/base.tar"
    printf 'FROM scratch\nADD base.tar /\n' |
        buildah build --quiet --isolation chroot --tag "$base" --file - "$work" >"$work/base"
fi

# pip in the build reaches its index as pip on this machine does: its settings, from files and
# environment, and the local paths they name are mounted while the build runs and stay out of the image.
.venv/bin/python -m pip config list |
    sed -n "s/\\\\n/ /g; s/^[^.]*\.\([^=]*\)='\(.*\)'\$/\1 = \2/p" |
    awk 'BEGIN { print "[global]" } !seen[$1]++' >"$work/pip.conf"
set -- --volume "$work/pip.conf:/etc/pip.conf:ro"
# A local index (file:///…/simple) links to files beside itself: its parent folder.
for path in $(sed 's#file://\([^ ]*\)/[^/ ]*#\1#g' "$work/pip.conf" | grep --only-matching '/[^ ]*' |
    sort --unique); do
    [ ! -e "$path" ] || set -- "$@" --volume "$path:$path:ro"
done

echo "image-test: building the image"
buildah build --isolation chroot --layers=false --build-arg "BASE_IMAGE=$base" "$@" \
    --tag localhost/source-segment:test . >"$work/build.log" 2>&1 ||
    { cat "$work/build.log" >&2 && exit 1; }

PYTHONPATH=. .venv/bin/python scripts/image_check.py localhost/source-segment:test
