#!/usr/bin/env bash
# Grades submissions on a CI machine: one student's repository, or a folder of them.
#
# Usage: grade.sh UPCALL SUBMISSIONS RESULTS
#   UPCALL       a checkout of the lab, of the teacher's choosing
#   SUBMISSIONS  a student's folder, which contains folders named like lessons, or a
#                folder of such folders, each with its student's name
#   RESULTS      a folder for marks.json, marks.csv, marks.xml, gradebook.csv and feedback/,
#                which are for the teacher, and for-students/, which reveals no inputs
#
# SEED in the environment chooses the inputs. Anyone who can change the job that runs
# this script can read it, so students must not be able to.
set -euo pipefail
upcall=$1
submissions=$(realpath "$2")
mkdir -p "$3"
results=$(realpath "$3")

cd "$upcall"
cargo xtask setup
cargo xtask grade "$submissions" --seed "${SEED:?}" \
    --json "$results/marks.json" --csv "$results/marks.csv" --junit "$results/marks.xml" \
    --gradebook "$results/gradebook.csv" \
    --feedback "$results/feedback" --for-students "$results/for-students"
