#!/usr/bin/env bash
# Grades a class, or runs a suite, on several machines by GNU parallel and ssh. Each
# machine does one part after another.
#
# In the lab's folder, which all machines have at the same place, with the class and
# RESULTS (on a shared file system):
#   docs/recipes/parallel.sh N RESULTS grade DIR… [OPTION…]
#   cargo xtask grade --merge RESULTS/*.json --json marks.json
#
# In the environment:
#   HOSTS                the machines, such as `one,two,:` where `:` is this one, which is
#                        the default
#   PARTS                which parts to do, such as `3` if that was lost [default: all]
#   UPCALL_SHARED_CACHE  see part.sh
#
# The exit status is the number of parts that failed.
set -euo pipefail
n=$1
read -r -a parts <<< "${PARTS:-$(seq -s ' ' "$n")}"
# One part at a time, because each uses all cores of its machine.
exec parallel --jobs 1 --sshlogin "${HOSTS:-:}" --workdir "$PWD" --env UPCALL_SHARED_CACHE \
    --tag --quote docs/recipes/part.sh '{}' "$@" ::: "${parts[@]}"
