#!/usr/bin/env bash
# Grades a class, or runs a suite, as a Slurm job array. Each task does one part.
#
# In the lab's folder, which all nodes can read:
#   sbatch --wait --array=1-N docs/recipes/slurm.sh N RESULTS grade DIR… [OPTION…]
#   cargo xtask grade --merge RESULTS/*.json --json marks.json
#
# If part 3 was lost, this does it again, and nothing else:
#   sbatch --wait --array=3 docs/recipes/slurm.sh N RESULTS grade DIR… [OPTION…]
#
# sbatch gives the tasks its environment, so set UPCALL_SHARED_CACHE before: see part.sh.
# Its own options win over the lines below, such as --cpus-per-task.
#
#SBATCH --job-name=upcall
#SBATCH --output=upcall-%A_%a.log
#SBATCH --cpus-per-task=1
#SBATCH --mem-per-cpu=1536M
#SBATCH --time=02:00:00
set -euo pipefail
# Slurm runs a copy of this file, which is elsewhere.
cd "$SLURM_SUBMIT_DIR"
k=${SLURM_ARRAY_TASK_ID:?sbatch needs --array}
exec docs/recipes/part.sh "$k" "$@" --jobs "${SLURM_CPUS_PER_TASK:-1}"
