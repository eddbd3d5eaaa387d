"""Looks into the compiled kernels for what makes an inner loop slow, for processors that this machine need not be.

    python3 Scripts/kernels.py        builds TensorKernels for x86-64-v3 (AVX2) and x86-64-v4 (AVX-512): a minute

An innermost loop with eight or more fused multiply-adds of vectors of Float is a tile of a product. It must keep its sums in
registers: a vector on the stack, a gather or a scatter in it is an error, and so is a build with fewer tiles than there
are kernels of them.
"""

import pathlib
import re
import subprocess
import sys

LEVELS = ["x86-64-v3", "x86-64-v4"]
INSTRUCTION = re.compile(r"^\s+([0-9a-f]+):\s+(\S+)\s*(.*)$")
FUSED = re.compile(r"^vf(n?m(add|sub))(132|213|231)ps$")


def objects(level):
    """The object files of a build for a level of x86-64."""
    scratch = pathlib.Path(".build/kernels", level)
    subprocess.run(
        ["swift", "build", "-c", "release", "--target", "TensorKernels", "--scratch-path", scratch, "-Xcc", f"-march={level}",
         "-Xcc", "-fno-math-errno"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return sorted(scratch.glob("release/TensorKernels.build/**/*.o"))


def functions(file):
    """The instructions of each function: address, mnemonic, operands."""
    text = subprocess.run(
        ["objdump", "-d", "--no-show-raw-insn", file], check=True, capture_output=True, text=True).stdout
    for block in re.split(r"\n(?=[0-9a-f]+ <)", text):
        lines = [INSTRUCTION.match(line) for line in block.split("\n")[1:]]
        yield block.split("<")[1].split(">")[0] if "<" in block else "", [
            (int(m[1], 16), m[2], m[3]) for m in lines if m]


def inner_loops(instructions):
    """The instructions between each backward jump and its target, where no other loop lies within."""
    loops = []
    for address, name, operands in instructions:
        target = re.match(r"^([0-9a-f]+)", operands) if name.startswith("j") else None
        if target and int(target[1], 16) <= address:
            loops.append((int(target[1], 16), address))
    inner = [one for one in loops if not any(
        other != one and one[0] <= other[0] and other[1] <= one[1] for other in loops)]
    bodies = [[i for i in instructions if start <= i[0] <= end] for start, end in inner]
    # A loop whose inner one was moved elsewhere has more jumps than the one back.
    return [body for body in bodies if sum(name.startswith("j") for _, name, _ in body) == 1]


def faults(loop):
    """What is slow in a loop, one instruction each.

    A processor loads two values a cycle and adds two products: an address from the stack costs nothing as long as there are
    fewer loads than multiply-adds."""
    on_stack = [i for i in loop if re.search(r"\(%r[sb]p", i[2])]
    loads = sum("(" in operands and not operands.endswith(")") for _, _, operands in loop)
    spills = [i for i in on_stack if re.search(r"%[xyz]mm", i[2])]
    if loads > sum(bool(FUSED.match(name)) for _, name, _ in loop):
        spills = on_stack
    return [f"{name} {operands}" for _, name, operands in loop if "gather" in name or "scatter" in name] + [
        f"{name} {operands}" for _, name, operands in spills]


def main():
    failed = False
    for level in LEVELS:
        tiles, register = 0, "%zmm" if level == "x86-64-v4" else "%ymm"
        for file in objects(level):
            for function, instructions in functions(file):
                for loop in inner_loops(instructions):
                    fused = sum(1 for _, name, operands in loop if FUSED.match(name) and register in operands)
                    if fused < 8:
                        continue
                    tiles += 1
                    for fault in faults(loop):
                        print(f"{level}: a tile in {function} has '{fault}' in its loop")
                        failed = True
        print(f"{level}: {tiles} inner loops of tiles")
        failed = failed or tiles < 8
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
