#!/usr/bin/env bash
# Grades submissions on a CI machine: one student's repository, or a folder of them.
#
# Usage: grade.sh UPCALL SUBMISSIONS RESULTS
#   UPCALL       a checkout of the lab, of the teacher's choosing
#   SUBMISSIONS  a folder that are called as lessons are, or a folder of such folders,
#                each with its student's name
#   RESULTS      a folder for marks.json, marks.csv, marks.xml, feedback/, which are the
#                teacher's, and for-students/, which shows nothing of the inputs
#
# SEED in the environment chooses the inputs. Whoever can change what runs this can read
# it: that must be no student.
set -euo pipefail
upcall=$1
submissions=$(realpath "$2")
mkdir -p "$3"
results=$(realpath "$3")

cd "$upcall"
cargo xtask setup
cargo xtask grade "$submissions" --seed "${SEED:?}" \
    --json "$results/marks.json" --csv "$results/marks.csv" --junit "$results/marks.xml" \
    --feedback "$results/feedback" --for-students "$results/for-students"
