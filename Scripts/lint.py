"""House rules that the compiler does not check.  Reads `swift package dump-package` from standard input.

 1. A file imports only what its target declares in Package.swift.
 2. A target depends only on targets of lower layers (the order of the list in Package.swift), and the four
    methods (SupervisedFineTuning, RewardModeling, PPO, DPO) never on one another.
 3. Unsafe code lives in TensorKernels only.
 4. No `@testable`, `fatalError`, `try!`, `@unchecked Sendable`, and no file named after nothing (Utils, Helpers, Common).
 5. `public` stands only in modules that a product exports; what other modules of this package need is `package`.
 6. Folders inside a module do not use one another in circles; where they would, they are modules.
 7. No file of over 400 lines, and none of under 30 that is not in the list below with its reason.
 8. Every mutant of Scripts/mutants.py still applies to the sources.
 9. Every ``symbol link`` of the DocC articles and doc comments names something that is declared.
"""

import json
import pathlib
import re
import sys

import mutants

SYSTEM = {"Foundation", "Glibc", "Musl", "Darwin", "Synchronization", "Testing", "Dispatch"}
METHODS = {"SupervisedFineTuning", "RewardModeling", "PPO", "DPO"}
IMPORT = re.compile(r"^\s*(?:public |internal |package |private |fileprivate )?import (?:struct |enum |class |func )?(\w+)", re.M)

LONGEST, SHORTEST = 400, 30
# Files that are short for a reason, by the beginning of their path.
SHORT = {
    "Sources/DPO/Losses/": "one loss a file",
    "Sources/PPO/Baselines/": "one baseline a file",
    "Sources/ExactTheory/Baselines/": "one baseline a file",
    "Sources/Reports/Figures/": "one figure a file",
    "Sources/tandem/": "one command a file",
    "Sources/Training/ConfigurationError.swift": "the error that all settings throw",
}


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


def swift_files(*roots):
    return sorted(file for root in roots for file in pathlib.Path(root).rglob("*.swift"))


def code(file):
    """The text without comments and strings."""
    text = re.sub(r"//.*", "", file.read_text())
    text = re.sub(r'"""(?:\\.|[^\\])*?"""', '""', text, flags=re.S)
    return re.sub(r'"(?:\\.|[^"\\\n])*"', '""', text)


def check_imports(targets):
    for target in targets:
        allowed = declared(target) | SYSTEM
        for file in swift_files(folder(target)):
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
    banned = re.compile(r"@testable|\bfatalError\(|\btry!|@unchecked Sendable")
    for file in swift_files("Sources", "Tests"):
        if re.search(r"util|helper|common|manager|misc", file.name, re.I):
            yield f"{file}: the name says nothing"
        text = code(file)
        if file.parts[0] == "Sources" and file.parts[1] != "TensorKernels" and unsafe.search(text):
            yield f"{file}: unsafe code outside TensorKernels"
        for word in banned.findall(text):
            yield f"{file}: {word} is refused here"


def check_access(package):
    exported = {name for product in package["products"] if "library" in product["type"] for name in product["targets"]}
    for file in swift_files("Sources"):
        if file.parts[1] not in exported and re.search(r"^[ \w@()]*\bpublic\b", code(file), re.M):
            yield f"{file}: public, though no product exports {file.parts[1]}; write package"


def check_sizes():
    for file in swift_files("Sources"):
        lines = len(file.read_text().splitlines())
        if lines > LONGEST:
            yield f"{file}: {lines} lines, over {LONGEST}"
        if lines < SHORTEST and not any(str(file).startswith(place) for place in SHORT):
            yield f"{file}: {lines} lines, under {SHORTEST}; merge it, or give the reason in Scripts/lint.py"


START = r"^(?:@\w+(?:\([^)]*\))? )*(?:public |package |internal )?(?:final |indirect )?"
TOP_LEVEL_TYPE = re.compile(START + r"(?:struct|class|enum|protocol|actor|typealias) (\w+)", re.M)
TOP_LEVEL_FUNCTION = re.compile(START + r"func (\w+)", re.M)


def uses(module):
    """For each folder of a module the others whose top-level names its code speaks, and one such name."""
    text, names, own = {}, {}, {}
    for file in swift_files(module):
        inner = file.relative_to(module).parts
        if len(inner) > 1:
            found = code(file)
            text[inner[0]] = text.get(inner[0], "") + found
            functions = {name + "(" for name in TOP_LEVEL_FUNCTION.findall(found)}
            names.setdefault(inner[0], set()).update(functions, TOP_LEVEL_TYPE.findall(found))
            # What is declared at any depth hides a name of the same spelling elsewhere.
            local = re.findall(r"\b(?:struct|class|enum|protocol|typealias|func|let|var) (\w+)", found)
            own.setdefault(inner[0], set()).update(local, (name + "(" for name in local))
    edges = {one: {} for one in text}
    for one in text:
        # A function counts where it is called, and not as a member of something.
        words = set(re.findall(r"\b\w+\b", text[one])) | set(re.findall(r"(?<![.\w])\w+\(", text[one]))
        for other in text:
            shared = (names[other] - own[one]) & words
            if other != one and shared:
                edges[one][other] = sorted(shared)[0].rstrip("(")
    return edges


def check_folders():
    for module in sorted(path for path in pathlib.Path("Sources").iterdir() if path.is_dir()):
        edges = uses(module)

        def reached(start):
            seen, queue = set(), [start]
            while queue:
                for other in edges[queue.pop()]:
                    if other not in seen:
                        seen.add(other)
                        queue.append(other)
            return seen

        for one in edges:
            for other, name in edges[one].items():
                if one in reached(other):
                    yield f"{module}: {one} and {other} use one another in a circle; {one} uses {other} for {name}"


def signature(text, start):
    """`(label:label:)` of the parameter list that opens at a position."""
    depth, labels, fresh, i = 0, [], True, start
    while i < len(text):
        c = text[i]
        if c in "([{":
            depth += 1
            fresh = depth == 1
        elif c in ")]}":
            depth -= 1
            if depth == 0:
                return "(" + "".join(label + ":" for label in labels) + ")"
        elif c == "," and depth == 1 and not angle(text, start, i):
            fresh = True
        elif fresh and not c.isspace():
            label = re.match(r"(?:@\w+ )*(\w+)", text[i:])
            if label:
                labels.append(label.group(1))
            fresh = False
        i += 1
    return "()"


def angle(text, start, end):
    """Whether a comma stands between angle brackets."""
    part = text[start:end].replace("->", "")
    return part.count("<") > part.count(">")


def symbols(files):
    """Every declared name, and functions with their labels besides."""
    found = set()
    for file in files:
        text = code(file)
        found.update(re.findall(r"\b(?:struct|class|enum|protocol|actor|typealias|associatedtype|let|var|case|func) (\w+)", text))
        for cases in re.findall(r"\bcase ([\w, ]+)$", text, re.M):
            found.update(re.findall(r"\w+", cases))
        for name, names in re.findall(r"\b(let|var) \(([\w, ]+)\)", text):
            found.update(re.findall(r"\w+", names))
        opening = r"\b(?:func (\w+)|(init)\??|(subscript))(?:<[^(]*?>)? ?\("
        for match in re.finditer(opening, text):
            name = match.group(1) or match.group(2) or match.group(3)
            found.add(name + signature(text, match.end() - 1))
        for match in re.finditer(r"\bcase (\w+)\(", text):
            found.add(match.group(1) + signature(text, match.end() - 1))
    return found


def check_links():
    everything = symbols(swift_files("Sources"))
    modules = {path.name for path in pathlib.Path("Sources").iterdir()}
    for article in sorted(pathlib.Path("Sources").rglob("*.docc/*.md")):
        own = symbols(swift_files(pathlib.Path(*article.parts[:2]))) | modules
        for link in sorted(set(re.findall(r"``([^`]+)``", article.read_text()))):
            missing = [part for part in link.split("/") if part not in own]
            if missing:
                yield f"{article}: ``{link}`` names {missing[0]}, which {article.parts[1]} does not declare"
    for file in swift_files("Sources"):
        comments = "\n".join(line for line in file.read_text().splitlines() if line.lstrip().startswith("///"))
        for link in sorted(set(re.findall(r"``([^`\n]+)``", comments))):
            if [part for part in link.split("/") if part not in everything | modules]:
                yield f"{file}: ``{link}`` is declared nowhere"


def main():
    package = json.load(sys.stdin)
    targets = package["targets"]
    problems = [
        *check_imports(targets), *check_layers(targets), *check_words(), *check_access(package), *check_sizes(),
        *check_folders(), *(f"Scripts/mutants.py: {problem}" for problem in mutants.misplaced()), *check_links()]
    print("\n".join(problems) or f"lint: {len(targets)} targets keep the rules; unsafe code stays in TensorKernels")
    sys.exit(1 if problems else 0)


main()
