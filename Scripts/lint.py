"""House rules that the compiler does not check.  Reads `swift package dump-package` from standard input.

1. A file imports only what its target declares in Package.swift.
2. A target depends only on targets of lower layers (the order of the list in Package.swift), and the three
   methods (RewardModeling, PPO, DPO) never on one another.
3. Unsafe code lives in TensorKernels only.
4. No `@testable`, `fatalError`, `try!`, and no file named after nothing (Utils, Helpers, Common, Core).
"""

import json
import pathlib
import re
import sys

SYSTEM = {"Foundation", "Glibc", "Musl", "Darwin", "Synchronization", "Testing", "Dispatch"}
METHODS = {"RewardModeling", "PPO", "DPO"}
IMPORT = re.compile(r"^\s*(?:public |internal |package |private |fileprivate )?import (?:struct |enum |class |func )?(\w+)", re.M)


def declared(target):
    names = set()
    for dependency in target["dependencies"]:
        for kind in ("byName", "target", "product"):
            if kind in dependency:
                names.add(dependency[kind][0])
    return names


def folder(target):
    default = ("Tests/" if target["type"] == "test" else "Sources/") + target["name"]
    return pathlib.Path(target.get("path") or default)


def check_imports(targets):
    for target in targets:
        allowed = declared(target) | SYSTEM
        for file in sorted(folder(target).rglob("*.swift")):
            for name in IMPORT.findall(file.read_text()):
                if name not in allowed:
                    yield f"{file}: imports {name}, which {target['name']} does not declare"


def check_layers(targets):
    libraries = [t["name"] for t in targets if t["type"] in ("regular", "executable") and t["name"] != "TestSupport"]
    rank = {name: i for i, name in enumerate(libraries)}
    for target in targets:
        if target["name"] not in rank:
            continue
        for name in declared(target) & set(rank):
            if rank[name] >= rank[target["name"]]:
                yield f"Package.swift: {target['name']} depends on {name}, which is not a lower layer"
            if {name, target["name"]} <= METHODS:
                yield f"Package.swift: {target['name']} and {name} must not know each other"


def check_words():
    unsafe = re.compile(r"\bunsafe\b|\bUnsafe\w*")
    banned = re.compile(r"@testable|\bfatalError\(|\btry!")
    for file in sorted([*pathlib.Path("Sources").rglob("*.swift"), *pathlib.Path("Tests").rglob("*.swift")]):
        if re.search(r"util|helper|common|manager|misc", file.name, re.I):
            yield f"{file}: the name says nothing"
        code = re.sub(r"//.*|\"(?:\\.|[^\"\\\n])*\"", "", file.read_text())
        if file.parts[0] == "Sources" and file.parts[1] != "TensorKernels" and unsafe.search(code):
            yield f"{file}: unsafe code outside TensorKernels"
        for word in banned.findall(code):
            yield f"{file}: {word} is refused here"


targets = json.load(sys.stdin)["targets"]
problems = [*check_imports(targets), *check_layers(targets), *check_words()]
print("\n".join(problems) or f"lint: {len(targets)} targets keep the import table; unsafe code stays in TensorKernels")
sys.exit(1 if problems else 0)
