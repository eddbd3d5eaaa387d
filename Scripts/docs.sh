#!/usr/bin/env bash
# Builds the DocC archive of every library into .build/docs, one folder a module.
set -euo pipefail
modules=$(swift package dump-package | python3 -c 'import json, sys
for target in json.load(sys.stdin)["targets"]:
  if target["type"] == "regular" and target["name"] != "TestSupport": print(target["name"])')
graphs=.build/symbol-graphs
rm -rf "$graphs" .build/docs && mkdir -p "$graphs" .build/docs
swift build -c release --scratch-path .build-docs \
  -Xswiftc -emit-symbol-graph -Xswiftc -emit-symbol-graph-dir -Xswiftc "$PWD/$graphs" \
  -Xswiftc -symbol-graph-minimum-access-level -Xswiftc package
for module in $modules; do
  folder="$graphs/of-$module" && mkdir -p "$folder" && cp "$graphs/$module"*.symbols.json "$folder"
  catalog=$(find "Sources/$module" -name '*.docc' -maxdepth 1)
  docc convert $catalog --additional-symbol-graph-dir "$folder" --fallback-display-name "$module" \
    --fallback-bundle-identifier "tandem.$module" --output-path ".build/docs/$module" >/dev/null
  echo "built .build/docs/$module"
done
