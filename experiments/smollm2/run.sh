#!/bin/sh
# What `make smollm2` does: samples, scores pairs and trains by DPO with SmolLM2-135M-Instruct.
#
#   run.sh TANDEM [PAIRS]      PAIRS: JSON Lines with prompt, chosen and rejected; pairs.jsonl beside this file unless given
set -eu
here=$(dirname "$0")
tandem=$1
pairs=${2:-}
[ -n "$pairs" ] || pairs=$here/pairs.jsonl
[ -f "$pairs" ] || { echo "smollm2: $pairs is not there" >&2; exit 66; }
"$here/fetch.sh"
model=$("$here/fetch.sh" | tail -1)
system="You are a helpful AI assistant named SmolLM, trained by Hugging Face"
echo "== greedy answers"
"$tandem" sample --model "$model" --chat --system "$system" --greedy --max-tokens 32 \
  --prompt "What is the capital of France?" --prompt "Name three fruits." --prompt "Why is the sky blue?"
echo "== mean log-probability of each completion, before training"
"$tandem" score --model "$model" --chat --system "$system" --data "$pairs" | tail -1
echo "== DPO on $pairs"
mkdir -p runs/smollm2
"$tandem" dpo --model "$model" --chat --system "$system" --data "$pairs" --output runs/smollm2/dpo --force \
  num_train_epochs=${EPOCHS:-2} per_device_train_batch_size=4 gradient_shards=4 probe_pairs=1 learning_rate=2e-6
echo "== implicit reward of each completion, after training"
"$tandem" score --model runs/smollm2/dpo --reference "$model" --chat --system "$system" --data "$pairs" | tail -1
"$tandem" sample --model runs/smollm2/dpo --chat --system "$system" --greedy --max-tokens 32 --prompt "What is the capital of France?"
