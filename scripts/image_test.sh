#!/bin/sh
# Builds the image and runs the connector in it against the simulator, as root on Debian and without a container
# engine: buildah builds in a chroot. The base image is a stand-in from Debian's packages; BASE_IMAGE=REFERENCE chooses
# another one, such as Airbyte's.
set -eu
cd "$(dirname "$0")/.."

if [ "$(id -u)" != 0 ]; then
    echo "image-test: a chroot needs root (sudo make image-test)." >&2
    exit 1
fi
work=$(mktemp -d)
trap 'rm -rf "$work"; buildah rmi --force localhost/source-segment:test >/dev/null 2>&1' EXIT

need() { # command: installs the Debian package of the same name if it is missing
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
    # What the Dockerfile needs: python on PATH, the user airbyte (1000) without a home, and /airbyte.
    mmdebstrap --quiet --variant=minbase --include=ca-certificates,python3,python3-venv \
        --customize-hook='ln -s /usr/bin/python3 "$1/usr/local/bin/python"' \
        --customize-hook='chroot "$1" useradd --uid 1000 --no-create-home airbyte' \
        --customize-hook='install -d -o 1000 -g 1000 "$1/airbyte"' \
        "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$work/base.tar"
    printf 'FROM scratch\nADD base.tar /\n' |
        buildah build --quiet --isolation chroot --tag "$base" --file - "$work" >"$work/base"
fi

# The build uses the settings of pip on this machine, and the local paths in them, without copying them into the image.
.venv/bin/python -m pip config list |
    sed -n "s/\\\\n/ /g; s/^[^.]*\.\([^=]*\)='\(.*\)'\$/\1 = \2/p" |
    awk 'BEGIN { print "[global]" } !seen[$1]++' >"$work/pip.conf"
set -- --volume "$work/pip.conf:/etc/pip.conf:ro"
# A local index (file:///.../simple) links to files in its parent folder.
for path in $(sed 's#file://\([^ ]*\)/[^/ ]*#\1#g' "$work/pip.conf" | grep --only-matching '/[^ ]*' |
    sort --unique); do
    [ ! -e "$path" ] || set -- "$@" --volume "$path:$path:ro"
done

echo "image-test: building the image"
buildah build --isolation chroot --layers=false --build-arg "BASE_IMAGE=$base" "$@" \
    --tag localhost/source-segment:test . >"$work/build.log" 2>&1 ||
    { cat "$work/build.log" >&2 && exit 1; }

entry_point=$(buildah inspect --type image --format '{{ index .OCIv1.Config.Entrypoint 0 }}' localhost/source-segment:test)
container=$(buildah from localhost/source-segment:test)
mkdir --mode 755 "$work/data"
set -- buildah run --isolation chroot --volume "$work/data:/data:ro" "$container"
[ "$("$@" id -un)" = airbyte ] || { echo "image-test: the connector does not run as the user airbyte" >&2 && exit 1; }
.venv/bin/python -m scripts.image_check "$work/data" "$@" "$entry_point"
