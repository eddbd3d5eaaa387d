"""Breaks formulas of the library on purpose and prints which identities notice.

    python3 Scripts/mutants.py [FILE.md]        about 4 minutes: one build, then one run of all identities a mutant

Every mutant is one wrong expression in a copy of the sources. All are built at once, each behind a number that the
environment variable MUTANT selects at run time; without it the copy computes what the sources do. The sources themselves
stay as they are. Exit code 1 where a mutant turns no line red, or an identity is turned red by none.

`make lint` asks `misplaced` whether every expression is still where it was.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

# The file's name, the right expression (once in that file, or once in all), the wrong one, and what is wrong. Where the compiler
# would not take the whole expression behind a switch, the wrong one is None and a fifth entry spells the switch.
MUTANTS = [
    ("ExactObjective.swift", "$0 + $1 / beta", "$0 + $1 * beta", "π* tilts by r·β"),
    ("ExactObjective.swift", "normalized(tilted)", "tilted", "π* without Z"),
    ("ExactObjective.swift", "beta * logPartition", "logPartition", "V* without β"),
    ("ExactObjective.swift", "reward(of: logPolicy) - beta * klDivergence(of: logPolicy, from: logReference)",
     "reward(of: logPolicy) + beta * klDivergence(of: logPolicy, from: logReference)", "J rewards divergence"),
    ("ExactObjective.swift", "klDivergence(of: logPolicy, from: optimalLogProbabilities)",
     "klDivergence(of: optimalLogProbabilities, from: logPolicy)", "suboptimality is the forward KL"),
    ("DiscreteDistribution.swift", ".exp(pair.0) * (pair.0 - pair.1)", None, "KL weighted with p",
     ".exp(activeMutant == {n} ? pair.1 : pair.0) * (pair.0 - pair.1)"),
    ("DiscreteDistribution.swift", ".exp(pair.1) * pair.0", None, "expectation without probabilities",
     "(activeMutant == {n} ? 1 : .exp(pair.1)) * pair.0"),
    ("DiscreteDistribution.swift", "$0 + .exp($1) * $1", None, "entropy's sign",
     "$0 + (activeMutant == {n} ? -1 : 1) * .exp($1) * $1"),
    ("DiscreteDistribution.swift", "massBelow + other / 2", "massBelow + other", "ties count as wins"),
    ("DiscreteDistribution.swift", "Double(n) * .log(atMost)", None, "best of n with Fⁿ⁻¹",
     "Double(activeMutant == {n} ? n - 1 : n) * .log(atMost)"),
    ("DiscreteDistribution.swift", "Double(n - 1) / Double(n)", "Double(n) / Double(n + 1)",
     "best-of-n bound with n/(n + 1)"),
    ("ExactFrontier.swift", "$0 + inverseBeta * $1", "$0 + inverseBeta * $1 * $1", "frontier tilts by r²"),
    ("ExactFrontier.swift", "(lower, upper) = isBelow ? (middle, upper) : (lower, middle)",
     None, "frontier's bisection turned round",
     "(lower, upper) = isBelow != (activeMutant == {n}) ? (middle, upper) : (lower, middle)"),
    ("DiscreteDistribution.swift", "Array(rewards[k...])", "rewards", "Plackett–Luce keeps who was chosen"),
    ("CompletionTree.swift", "path.reduce(0) { $0 + edges[$1] }", "path.dropLast().reduce(0) { $0 + edges[$1] }",
     "enumeration forgets the last token"),
    ("DPOLoss.swift", "Scalar(beta) * pairs.scoreMargin(divergence)", "1 * pairs.scoreMargin(divergence)", "DPO loss without β"),
    ("FDivergence.swift", "divergence.scores(chosenLogRatio) - divergence.scores(rejectedLogRatio)",
     "divergence.scores(rejectedLogRatio) - divergence.scores(chosenLogRatio)", "DPO prefers the rejected"),
    ("PairLogProbabilities.swift", "policyRejected - referenceRejected", "policyRejected - referenceChosen",
     "the rejected one's reference is the chosen one's"),
    ("PairLogProbabilities.swift", "sums.rows(Array(count..<2 * count))", "sums.rows(Array(0..<count))",
     "rejected sums are the chosen ones"),
    ("RewardLosses.swift", "chosen - rejected", "rejected - chosen",
     "the reward model prefers the rejected"),
    ("BradleyTerryAnnotator.swift", "1 / (1 + exp(-logit))", "1 / (1 + exp(logit))",
     "the annotator prefers the worse"),
    ("KLPenalty.swift", "case .k1: -logRatio", None, "k1's sign",
     "case .k1: activeMutant == {n} ? logRatio : -logRatio"),
    ("KLPenalty.swift", "reference - policy", "(reference - policy) * (reference - policy)",
     "k1 and k3 of the squared log-ratio"),
    ("KLPenalty.swift", "1 - logRatio", None, "k3 adds the log-ratio",
     "1 - (activeMutant == {n} ? -logRatio : logRatio)"),
    ("KLPenalty.swift", ".exponential(logRatio)", None, "k3 of the inverse ratio, in PPO",
     ".exponential(activeMutant == {n} ? -logRatio : logRatio)"),
    ("Rewards.swift", "-klPenalty * $0", "klPenalty * $0", "the KL penalty is a bonus"),
    ("Rewards.swift", "rewards[last] += score", None, "the score is lost",
     "rewards[last] += activeMutant == {n} ? 0 : score"),
    ("Advantages.swift", "rewards[t] + discount * nextValue - values[t]", "rewards[t] + discount * nextValue",
     "TD residual without V(s)"),
    ("Advantages.swift", "surprise + discount * lambda * nextAdvantage", "surprise + lambda * nextAdvantage",
     "advantages without discount"),
    ("Losses.swift", "meanInDouble(logRatios.map { $0 * $0 }) / 2", "meanInDouble(logRatios.map { $0 * $0 })",
     "k2 without ½"),
    ("Losses.swift", "tape.column(advantages.map { -$0 })", "tape.column(advantages)",
     "PPO descends the advantages"),
    ("SequenceDivergence.swift", ".expMinusOne(-$1) + $1", None, "k3 of the inverse ratio",
     ".expMinusOne(activeMutant == {n} ? $1 : -$1) + (activeMutant == {n} ? -$1 : $1)"),
    ("ScoredPolicy.swift", "zip(row, mean).map { $0 - $1 }", "row", "log-linear scores without the mean"),
    ("ScoredPolicy.swift", "massOfOthers(than: y, in: probabilities)", "1", "tabular scores without −q(y)"),
    ("GradientReport.swift", "values[i] * values[i]", "abs(values[i])", "|s|² as a sum of |s|"),
    ("EstimatorNoise.swift", "t * (($1 - largest) / objective.beta)", "t * t * (($1 - largest) / objective.beta)",
     "the path runs with t²"),
    ("EstimatorNoise.swift", "beta * (logReference[y] - logPolicy[y]) + (rewards[y] - softValueBelowLargest)",
     "(logReference[y] - logPolicy[y]) + (rewards[y] - softValueBelowLargest)", "R without β"),
    ("EstimatorNoise.swift", "largestReward + softValueBelowLargest", "softValueBelowLargest",
     "V* without the largest reward"),
    ("EstimatorNoise.swift", "expectation(of: rewards, under: logReference) - softValueBelowLargest",
     "expectation(of: rewards, under: logReference)", "E_p r not taken from V*"),
    ("EstimatorNoise.swift", "expectation(of: rewards.map { ($0 - mean) * ($0 - mean) }, under: logReference)",
     "expectation(of: rewards.map { $0 * $0 }, under: logReference)", "Var_p r is the second moment"),
    ("ExactPolicyGradient.swift", "mean { (advantages[$0] - value) * norms[$0] }",
     "0", "b* is the policy's value"),
    ("ExactPolicyGradient.swift", "let fisherTrace = mean { norms[$0] }", None, "F doubled",
     "let fisherTrace = (activeMutant == {n} ? 2 : 1) * mean {{ norms[$0] }}"),
    ("ExactPolicyGradient.swift",
     "probabilities.indices.map { probabilities[$0] * (advantages[$0] - value) }",
     "probabilities.indices.map { advantages[$0] - value }", "g without q"),
    ("ExactPolicyGradient.swift", "(distance * distance + variance) * fisherTrace",
     "(abs(distance) + variance) * fisherTrace", "|b − b*| for its square"),
    ("ExactPolicyGradient.swift", "baselineMean - softValue, variance: variance", None,
     "the baseline's variance is free", "baselineMean - softValue, variance: activeMutant == {n} ? 0 : variance"),
    ("ExactPolicyGradient.swift", "centredBaseline: objective.referenceMean, variance: referenceVariance", None,
     "one reference completion varies like none",
     "centredBaseline: objective.referenceMean, variance: activeMutant == {n} ? 0 : referenceVariance"),
    ("ExactPolicyGradient.swift", "advantages.map { $0 - best }",
     "advantages.map { $0 - value }", "the parabola's lowest point is taken at V^q"),
    ("ExactPolicyGradient.swift", "weightedReturnVariance + returnVariance * fisherTrace",
     "weightedReturnVariance", "ζ₂ without Var(R)·F"),
    ("ExactPolicyGradient.swift", "Double(k - 2) * policyValueCovarianceTrace()",
     "Double(k - 1) * policyValueCovarianceTrace()", "leave-one-out with K − 1 for K − 2"),
    ("ExactPolicyGradient.swift", "factor * factor * leaveOneOutCovarianceTrace(samples: k)",
     "factor * leaveOneOutCovarianceTrace(samples: k)", "the batch mean's factor once"),
    ("ExactPolicyGradient.swift", "policyValue = centred.softValue + value", None, "V^q is V*",
     "policyValue = centred.softValue + (activeMutant == {n} ? 0 : value)"),
    ("ExactPolicyGradient.swift", "centredBaseline: centredPolicyValue, variance: 0", None,
     "the policy value's trace is that of V*", "centredBaseline: activeMutant == {n} ? 0 : centredPolicyValue, variance: 0"),
    ("ExactPolicyGradient.swift", "zip(objective.logReference, policy.logProbabilities).map { $0 - $1 }",
     "zip(objective.logReference, policy.logProbabilities).map { $1 - $0 }", "the divergence's log-ratio is inverted"),
    ("LogMeanExp.swift", "difference * count * (center + eulersConstant)", "difference * count * center",
     "second moment without Euler's constant"),
    ("LogMeanExp.swift", "(centred.softValue + moments.mean, moments.variance)",
     "(centred.softValue - moments.mean, moments.variance)", "log-mean-exp lies above V*"),
    ("ExactPreferenceGradient.swift", "modelRewards[i] - modelRewards[j]",
     "modelRewards[j] - modelRewards[i]", "the margin's sign"),
    ("ExactPreferenceGradient.swift", "surplus[i] - surplus[j]",
     "objective.rewards[i] - objective.rewards[j]", "the pull without the margin"),
    ("ExactPreferenceGradient.swift", "preferred * softplus(-margin) + other * softplus(margin)",
     "preferred * softplus(-margin)", "the loss of one label only"),
    ("ExactPreferenceGradient.swift", "preferred * other + error * error", "error * error",
     "no label noise"),
    ("ExactPreferenceGradient.swift", "norms[i] + norms[j] - 2 * gram[i * rows.count + j]",
     "norms[i] + norms[j]", "|s₁ − s₂|² without the product"),
    ("TabularTree.swift", "$0 == edge ? others : -probabilities[$0]", "$0 == edge ? others : probabilities[$0]",
     "a tree's scores of the tokens not taken"),
    ("TokenLevelGradient.swift", "logReference[$0] + (completed[$0] + next($0)) / objective.beta",
     "logReference[$0] + (completed[$0] - next($0)) / objective.beta", "soft values subtract what follows"),
    ("TokenLevelGradient.swift", "rewards[$1] + next($1)", "rewards[$1]",
     "policy values without what follows"),
    ("TokenLevelGradient.swift", "completed[$0] - objective.beta * (logPolicy[$0] - logReference[$0])",
     "completed[$0] + objective.beta * (logPolicy[$0] - logReference[$0])", "the token penalty's sign"),
    ("TokenLevelGradient.swift", "residual + lambda * sum", "residual", "a tree's advantages without λ"),
    ("SequenceBatch.swift", "states.flatMap { $0.dropLast() }",
     "states.flatMap { $0.dropLast().map { max(0, $0 - 1) } }", "rows predict the token after the next"),
]

DRIVER = """import {module}
for identity in Identity.all {{
  do {{ print(try identity.verify().holds ? "holds" : "BROKEN", identity.id) }} catch {{ print("BROKEN", identity.id) }}
}}
"""

# Writes the identities' page and needs the reports for it; the identities themselves do not.
WRITER = "IdentityClaims.swift"

SWITCH = """import Foundation

/// The number of the wrong expression that is to be evaluated; zero evaluates none.
let activeMutant = Int(ProcessInfo.processInfo.environment["MUTANT"] ?? "") ?? 0

func mutated<Value>(
  _ number: Int, _ wrong: @autoclosure () -> Value, _ right: @autoclosure () -> Value
) -> Value { activeMutant == number ? wrong() : right() }
"""


def replacement(number, mutant):
    """Right and wrong expression behind the switch, or the switch as the mutant itself spells it."""
    if len(mutant) == 5:
        return mutant[4].format(n=number)
    return f"mutated({number}, {mutant[2]}, {mutant[1]})"


def place(mutant, sources):
    """The file that a mutant breaks: the one of its name, or, where files were renamed, the one that holds the expression.

    With it a sentence if the expression is not there once."""
    name, right = mutant[:2]
    named = list(sources.rglob(name))
    if len(named) == 1 and named[0].read_text().count(right) == 1:
        return named[0], None
    counts = {file: file.read_text().count(right) for file in sources.rglob("*.swift")}
    holders = [file for file, count in counts.items() if count]
    if len(holders) == 1 and counts[holders[0]] == 1:
        return holders[0], None
    return None, f"'{right}' is not once in {name}, and {sum(counts.values())} times in all sources"


def misplaced(sources=pathlib.Path("Sources")):
    """A sentence for every mutant that does not apply to the sources."""
    return [sentence for _, sentence in (place(mutant, sources) for mutant in MUTANTS) if sentence]


def module_of(file, sources):
    return file.relative_to(sources).parts[0]


def plant(sources):
    """Writes every mutant into the copy."""
    for number, mutant in enumerate(MUTANTS, 1):
        file, _ = place(mutant, sources)
        file.write_text(file.read_text().replace(mutant[1], replacement(number, mutant)))
        (sources / module_of(file, sources) / "Mutant.swift").write_text(SWITCH)


def imported(target):
    """What the files of a target that are copied import."""
    files = [file for file in pathlib.Path("Sources", target["name"]).rglob("*.swift") if file.name != WRITER]
    return {name for file in files for name in re.findall(r"^(?:\w+ )?import (\w+)$", file.read_text(), re.M)}


def needed(package, root):
    """A target and all that it imports, in the order of Package.swift."""
    targets = {target["name"]: target for target in package["targets"]}
    wanted, queue = set(), [root]
    while queue:
        name = queue.pop()
        if name in targets and name not in wanted:
            wanted.add(name)
            queue += imported(targets[name])
    return [target for target in package["targets"] if target["name"] in wanted]


def features(target):
    """The language features that a target's sources are written in; its warnings, which mutants cause, stay warnings."""
    kinds = [setting["kind"].get("enableUpcomingFeature", {}).get("_0") for setting in target["settings"]]
    return ", ".join(f'.enableUpcomingFeature("{kind}")' for kind in kinds if kind)


def manifest(package, targets, root):
    """A Package.swift of these targets alone and the program that asks the identities of the last one."""
    origins, lines = set(), []
    for target in targets:
        if target["type"] == "system":
            lines.append(f'.systemLibrary(name: "{target["name"]}")')
            continue
        uses = []
        for dependency in target["dependencies"]:
            kind, (name, origin, *_) = next(iter(dependency.items()))
            if name not in imported(target):
                continue
            if kind == "product":
                origins.add(origin.lower())
                uses.append(f'.product(name: "{name}", package: "{origin}")')
            else:
                uses.append(f'"{name}"')
        lines.append(
            f'.target(name: "{target["name"]}", dependencies: [{", ".join(uses)}], swiftSettings: [{features(target)}])')
    lines.append(f'.executableTarget(name: "verify", dependencies: ["{root}"])')
    remote = [d["sourceControl"][0] for d in package["dependencies"] if "sourceControl" in d]
    urls = [
        f'.package(url: "{d["location"]["remote"][0]["urlString"]}", from: "{d["requirement"]["range"][0]["lowerBound"]}")'
        for d in remote if d["identity"] in origins]
    return f"""// swift-tools-version: 6.2
import PackageDescription
let package = Package(
  name: "Mutants", platforms: [.macOS(.v26)],
  dependencies: [{", ".join(urls)}],
  targets: [
    {("," + chr(10) + "    ").join(lines)},
  ])
"""


def build(folder):
    package = json.loads(subprocess.run(
        ["swift", "package", "dump-package"], check=True, capture_output=True, text=True).stdout)
    original = pathlib.Path("Sources")
    root = module_of(next(original.rglob("Identity.swift")), original)
    targets = needed(package, root)
    sources = folder / "Sources"
    if sources.exists():
        shutil.rmtree(sources)
    for target in targets:
        shutil.copytree(
            original / target["name"], sources / target["name"], ignore=shutil.ignore_patterns("*.docc", WRITER))
    (sources / "verify").mkdir()
    (sources / "verify/main.swift").write_text(DRIVER.format(module=root))
    plant(sources)
    (folder / "Package.swift").write_text(manifest(package, targets, root))
    flags = ["-Xcc", "-march=native", "-Xcc", "-fno-math-errno"] if os.uname().machine == "x86_64" else []
    command = ["swift", "build", "-c", "release", "--package-path", folder, *flags]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        errors = [line for line in result.stdout.splitlines() if ": error:" in line]
        sys.exit("mutants: the copy does not build\n" + "\n".join(dict.fromkeys(errors)) + result.stderr)
    return folder / ".build/release/verify"


def broken(program, number):
    """The identities that a mutant turns red; a crash, such as a precondition, is one of its own."""
    run = subprocess.run([program], env=os.environ | {"MUTANT": str(number)}, capture_output=True, text=True)
    lines = re.findall(r"^(holds|BROKEN) (\S+)$", run.stdout, re.M)
    red = [name for verdict, name in lines if verdict == "BROKEN"]
    return [name for _, name in lines], red, run.returncode != 0


def main():
    folder = pathlib.Path(os.environ.get("MUTANTS_BUILD", pathlib.Path(tempfile.gettempdir()) / "tandem-mutants"))
    folder.mkdir(parents=True, exist_ok=True)
    problems = misplaced()
    if problems:
        sys.exit("\n".join(f"mutants: {problem}" for problem in problems))
    program = build(folder)
    names, red, _ = broken(program, 0)
    if red or not names:
        sys.exit(f"mutants: {red} broken without any mutant")
    findings = {number: broken(program, number) for number in range(1, len(MUTANTS) + 1)}
    rows, noticed = [], {}
    for number, mutant in enumerate(MUTANTS, 1):
        _, red, crashed = findings[number]
        for name in red:
            noticed.setdefault(name, []).append(number)
        file, _ = place(mutant, pathlib.Path("Sources"))
        cells = [str(number), f"`{file.stem}`", mutant[3],
                 ", ".join(f"`{name}`" for name in red) + (" and a crash" if crashed else "") or "**none**"]
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    survivors = [number for number in findings if not findings[number][1] and not findings[number][2]]
    unmoved = [name for name in names if name not in noticed]
    page = "\n".join([
        "# Mutants", "",
        "Generated by `make mutants`; do not edit it. Each line is one formula of the library broken on purpose, and the",
        "identities that turned red.", "",
        f"{len(MUTANTS)} mutants, {len(survivors)} unnoticed; {len(names)} identities, "
        f"{len(unmoved)} that no mutant turned red{': ' + ', '.join(unmoved) if unmoved else ''}.", "",
        "| | in | what is wrong | red |", "|---|---|---|---|", *rows, ""])
    target = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    pathlib.Path(target[0]).write_text(page) if target else print(page)
    sys.exit(1 if survivors or unmoved else 0)


if __name__ == "__main__":
    main()
