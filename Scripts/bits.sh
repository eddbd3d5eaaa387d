#!/usr/bin/env bash
# What decides the bits of a training: hashes the weights of four tiny trainings with other threads
# and other builds.  Usage: bits.sh TANDEM [ANOTHER BUILD OF IT …]
# Every row is compared with the first; `tandem doctor` says the same of this machine without measuring it.
set -euo pipefail
tandem=$(realpath "$1")
shift
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
for i in $(seq 0 47); do
  echo "{\"prompt\":\"the film was\",\"chosen\":\" good $((i % 5)) and long\",\"rejected\":\" bad $((i % 7))\"}"
done >pairs.jsonl

# Trains all four and prints their hashes.  Usage: hashes TANDEM [ARGUMENT …]
hashes() {
  local train=("$1")
  shift
  local common=(--data pairs.jsonl --quiet --force "$@") few=(num_train_epochs=2 per_device_train_batch_size=12)
  "${train[@]}" sft "${common[@]}" --output sft --vocabulary 300 max_steps=6 >/dev/null
  "${train[@]}" reward "${common[@]}" --output reward --model sft "${few[@]}" >/dev/null
  "${train[@]}" dpo "${common[@]}" --output dpo --model sft "${few[@]}" >/dev/null
  "${train[@]}" ppo "${common[@]}" --output ppo --model sft --reward reward iterations=2 rollouts_per_iteration=16 \
    response_length=8 >/dev/null
  for stage in sft reward dpo ppo; do sha256sum "$stage/model.safetensors" | cut -c1-8; done | xargs
}

first=""
row() {
  local name=$1 found
  shift
  found=$(hashes "$@")
  [ -n "$first" ] || first=$found
  printf '%-34s %-38s %s\n' "$name" "$found" "$([ "$found" = "$first" ] && echo equal || echo other)"
}

printf '%-34s %-38s %s\n' "" "sft reward dpo ppo" "bits"
row "as it is, --jobs 1" "$tandem" --jobs 1
for jobs in 2 4; do row "--jobs $jobs" "$tandem" --jobs "$jobs"; done
for other in "$@"; do row "$other" "$(cd "$OLDPWD" && realpath "$other")" --jobs 1; done
