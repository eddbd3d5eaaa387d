#!/usr/bin/env bash
# The ratio table against PyTorch: a virtual environment with pinned versions, then rounds of ours and theirs.
set -euo pipefail
cd "$(dirname "$0")"
venv=../.build/pytorch-venv
if ! $venv/bin/python -c 'import torch, transformers, trl' 2>/dev/null; then
  echo "make benchmark-pytorch: downloads PyTorch, transformers and TRL, 250 MB (a CPU wheel) to 3 GB (with CUDA), into .build"
  python3 -m venv $venv
  $venv/bin/pip install --quiet torch==2.13.0 transformers==5.23.0 trl==1.12.0 numpy
fi
# MKL takes slower kernels on processors that are not Intel's unless this function answers 1.
unlock=
if command -v cc >/dev/null; then
  unlock=$PWD/../.build/libmklunlock.so
  echo 'int mkl_serv_intel_cpu_true(void) { return 1; }' | cc -shared -fPIC -x c - -o "$unlock"
fi
machine=$(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2 | xargs)
exec $venv/bin/python pytorch.py compare --machine "$machine" ${unlock:+--unlock "$unlock"} \
  --json "${1:-../results/performance/pytorch.json}" "${@:2}"
