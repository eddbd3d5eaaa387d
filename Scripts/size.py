"""Prints the sizes that the house watches: lines a file and a function, share of doc comments, tests against sources."""

import pathlib
import re
import statistics


def lines_of(path):
    return path.read_text().splitlines()


def function_lengths(lines):
    for start, line in enumerate(lines):
        match = re.match(r"^(\s*)(?:[\w@()]+ )*func ", line)
        if not match:
            continue
        closing = match.group(1) + "}"
        for end in range(start, len(lines)):
            if lines[end] == closing:
                yield end - start + 1
                break


def describe(title, values, target):
    values = sorted(values)
    if values:
        print(f"{title:<22} median {statistics.median(values):5.0f}   90 % {values[int(.9 * (len(values) - 1))]:5d}   largest {values[-1]:5d}   (aim: {target})")


sources = {f: lines_of(f) for f in sorted(pathlib.Path("Sources").rglob("*.swift"))}
tests = {f: lines_of(f) for f in sorted(pathlib.Path("Tests").rglob("*.swift"))}
describe("lines a file", [len(x) for x in sources.values()], "130, never past 400")
describe("lines a function", [n for x in sources.values() for n in function_lengths(x)], "10, rarely past 25, never past 60")
total = sum(map(len, sources.values()))
comments = sum(1 for x in sources.values() for l in x if l.lstrip().startswith("///"))
tested = sum(map(len, tests.values()))
print(f"sources {total} lines, doc comments {comments / max(total, 1):.0%} (aim: a third), tests {tested} lines = {tested / max(total, 1):.2f} of the sources (aim: 0.7)")
print(f"{'module':<22} {'files':>6} {'sources':>8} {'tests':>8}")
for folder in sorted({f.parts[1] for f in sources}):
    files = [x for f, x in sources.items() if f.parts[1] == folder]
    own = sum(map(len, files))
    test = sum(len(x) for f, x in tests.items() if f.parts[1] == folder + "Tests")
    print(f"{folder:<22} {len(files):>6} {own:>8} {test:>8}")
