#!/bin/sh
# Compiles every shader here to the .spv beside it, or into the folder given.
# Debian 12's glslang 12.0.0 made the committed ones; others make other bytes that do the same.
set -e
here=$(dirname "$0")
to=${1:-$here}
for source in "$here"/*.vert "$here"/*.frag "$here"/*.comp; do
    [ -e "$source" ] || continue
    glslangValidator -V --quiet --target-env vulkan1.3 -I"$here" "$source" -o "$to/$(basename "$source").spv"
done
