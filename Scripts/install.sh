#!/usr/bin/env bash
# Installs Debian packages that are missing, saying so first.  Usage: install.sh PACKAGE:PROOF …
# PROOF is a command that the package brings.
set -euo pipefail
present() {
  command -v "$1" >/dev/null
}
missing=()
for item in "$@"; do
  present "${item#*:}" || missing+=("${item%%:*}")
done
[ ${#missing[@]} -eq 0 ] && exit 0
if ! command -v apt-get >/dev/null; then
  echo "missing: ${missing[*]}. This machine has no apt-get: install their equivalents and try again." >&2
  exit 69
fi
sudo=""
[ "$(id -u)" -eq 0 ] || sudo="sudo"
echo "installing with apt: ${missing[*]}"
$sudo apt-get update -qq
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
for item in "$@"; do
  present "${item#*:}" || { echo "installed ${item%%:*}, but ${item#*:} is still not found" >&2; exit 69; }
done
