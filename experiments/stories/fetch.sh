#!/bin/sh
# Copies stories260K.bin and the tok512.bin beside it to where `tandem run experiments/stories` reads them.
#
#   fetch.sh FILE [FOLDER]      default folder: $XDG_CACHE_HOME/tandem/stories, else ~/.cache/tandem/stories
set -eu

fail() { # exit code, message
  echo "stories: $2" >&2
  exit "$1"
}

file=${1:-}
if [ $# -gt 1 ]; then
  folder=$2
else
  cache=${XDG_CACHE_HOME:-}
  folder=${cache:-"${HOME:?HOME is not set: name a folder}/.cache"}/tandem/stories
fi

hashes="\
b0a507e7ad0f626624f17112325e66691f9076d622e1d3274d103d00299f2696  stories260K.bin
037cb335abb25d1fa9e8ecae30ed2a3a8ace9302862ebcdc05d51a6bbb10c312  tok512.bin"

verify() { (cd "$1" && echo "$hashes" | sha256sum --check --quiet --strict -) 2>&1; }

if [ -z "$file" ]; then
  [ -f "$folder/stories260K.bin" ] && verify "$folder" >/dev/null && exit 0
  fail 66 "name the model: make stories FILE=…/stories260K.bin (karpathy/tinyllamas, stories260K/, 1 MB, with tok512.bin beside it)"
fi
[ -f "$file" ] || fail 66 "$file is not there; get stories260K/stories260K.bin and tok512.bin of karpathy/tinyllamas"
pieces=$(dirname "$file")/tok512.bin
[ -f "$pieces" ] || fail 66 "$pieces is not there; put tok512.bin beside the model"
mkdir -p "$folder" 2>/dev/null || fail 73 "cannot create $folder"
cp "$file" "$folder/stories260K.bin"
cp "$pieces" "$folder/tok512.bin"
verify "$folder" || fail 65 "these are not the published files (see above); the experiment is about that model"
echo "stories260K and its tokenizer are in $folder"
