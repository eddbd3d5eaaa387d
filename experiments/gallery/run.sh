#!/bin/sh
# Runs every entry of the gallery, keeps its curves, and fails unless `tandem diagnose` is right at every seed.
#
#   experiments/gallery/run.sh TANDEM [NAME…]      JOBS=N sets the cells that run at once
set -eu
tandem=$1
shift
here=experiments/gallery
[ $# -gt 0 ] || set -- $(cd $here && ls -d */ | tr -d /)
wrong=0
for entry; do
  run=runs/gallery/$entry
  results=results/gallery/$entry
  "$tandem" run "$here/$entry" --output "$run" ${JOBS:+--jobs "$JOBS"} --quiet > /dev/null
  mkdir -p "$results"
  for file in summary.json curves.csv manifest.json; do cp "$run/results/$file" "$results/"; done
  # The figures that show the symptom, small enough to keep.
  for figure in gold-by-step ppo-kl ppo-value dpo-loss dpo-rewards; do
    [ ! -f "$run/results/$figure.svg" ] || cp "$run/results/$figure.svg" "$results/"
  done
  "$tandem" diagnose "$run" > "$results/diagnosis.txt"
  case $entry in
    healthy-*) expected="nothing found" ;;
    *) expected="README.md#$entry" ;;
  esac
  seeds=$(ls -d "$run"/seed-* | wc -l)
  found=$(grep -c "$expected\$" "$results/diagnosis.txt" || true)
  echo "$entry: right at $found of $seeds seeds"
  [ "$found" -eq "$seeds" ] || wrong=1
done
exit $wrong
