#!/usr/bin/env bash
# Grades one student's repository on a CI machine.
#
# Usage: grade.sh UPCALL SUBMISSION RESULTS
#   UPCALL      a checkout of the lab, of the teacher's choosing
#   SUBMISSION  the student's repository, with folders that are called as lessons are
#   RESULTS     a folder for marks.json, marks.xml and feedback/
#
# SEED in the environment chooses the inputs; keep it from students.
set -euo pipefail
upcall=$1
submission=$(realpath "$2")
mkdir -p "$3"
results=$(realpath "$3")

cd "$upcall"
cargo xtask setup
cargo xtask grade "$submission" --seed "${SEED:-0}" \
    --json "$results/marks.json" --junit "$results/marks.xml" \
    --feedback "$results/feedback"
