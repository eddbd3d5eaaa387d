#!/usr/bin/env bash
# Proves that checkpoints and tokenizers mean the same here and in transformers, both ways.  Usage: run.sh [swift test flags]
# The packages live in a virtual environment of their own; TANDEM_PYTHON names a python that has them already.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$PWD/.build/interop
python=${TANDEM_PYTHON:-$PWD/.build/interop-venv/bin/python}
if [ ! -x "$python" ]; then
  echo "downloading about 300 MB from PyPI (PyTorch for CPU 200 MB, transformers, gguf), 1.3 GB unpacked, into .build/interop-venv"
  python3 -m venv .build/interop-venv || { echo "interop: python3-venv is missing; apt-get install python3-venv" >&2; exit 69; }
  "$python" -m pip install --quiet --disable-pip-version-check --extra-index-url https://download.pytorch.org/whl/cpu \
    -r <(sed 's/^torch==.*/&+cpu/' Tests/Interop/requirements.txt) ||
    { echo "interop: pip could not install the packages; see above" >&2; exit 69; }
fi
rm -rf "$folder"
"$python" Tests/Interop/interop.py make "$folder"
TANDEM_INTEROP=$folder swift test "$@" --filter InteropTests
"$python" Tests/Interop/interop.py check "$folder"
