#!/usr/bin/env bash
# Does one of N parts of `grade` or `suite`, on the machine that it is started on. The
# other recipes in this folder start it on many.
#
# Usage, in the lab's folder:
#   docs/recipes/part.sh K N RESULTS grade DIR… [OPTION…]
#   docs/recipes/part.sh K N RESULTS suite FOLDER|LIST [OPTION…]
#
# RESULTS is a folder for the file K.json, which `--merge` joins with the others. The exit
# status is the command's.
#
# UPCALL_SHARED_CACHE in the environment is a cache that one machine has filled, by
# `cargo xtask setup` and a first part, and that all can read. Nothing is written to it:
# what this part builds goes to a folder of its own, which is removed in the end.
set -euo pipefail
k=$1 n=$2 results=$3
shift 3
mkdir -p "$results"
# If this part fails, its marks of another day must not be taken for today's.
rm -f "$results/$k.json"
if [ -n "${UPCALL_SHARED_CACHE:-}" ]; then
    XDG_CACHE_HOME=$(mktemp --directory)
    export XDG_CACHE_HOME
    trap 'rm -rf "$XDG_CACHE_HOME"' EXIT
fi
# A part of a job installs nothing: `cargo xtask doctor` says before what a machine lacks.
cargo xtask --no-install "$@" --shard "$k/$n" --json "$results/$k.json"
