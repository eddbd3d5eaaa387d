#!/bin/sh
# Runs every entry of the gallery and keeps its curves and diagnosis.   Usage: experiments/gallery/run.sh TANDEM [NAME…]
set -eu
tandem=$1
shift
here=experiments/gallery
[ $# -gt 0 ] || set -- $(cd $here && ls -d */ | tr -d /)
for entry; do
  run=runs/gallery/$entry
  results=results/gallery/$entry
  "$tandem" run $here/$entry --output "$run" ${JOBS:+--jobs $JOBS} > /dev/null
  mkdir -p "$results"
  for file in summary.json curves.csv manifest.json; do cp "$run/results/$file" "$results/"; done
  # The figures that show the symptom, small enough to keep.
  for figure in gold-by-step ppo-kl ppo-clipfrac ppo-value dpo-loss dpo-rewards; do
    [ ! -f "$run/results/$figure.svg" ] || cp "$run/results/$figure.svg" "$run/results/$figure.gp" \
      "$run/results/$figure.csv" "$results/"
  done
  "$tandem" diagnose "$run" > "$results/diagnosis.txt"
  echo "$entry"
  sed 's/^/  /' "$results/diagnosis.txt"
done
