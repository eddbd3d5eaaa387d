"""Breaks formulas of the library on purpose and prints which identities notice.

    python3 Scripts/mutants.py [FILE.md]        about 4 minutes: one build, then one run of all identities a mutant

Every mutant is one wrong expression in a copy of the sources. All are built at once, each behind a number that the
environment variable MUTANT selects at run time; without it the copy computes what the sources do. The sources themselves
stay as they are. Exit code 1 where a mutant turns no line red, or an identity is turned red by none.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

EXACT, VARIANCE, POLICIES = "Evaluation/Exact/", "Evaluation/Variance/", "Evaluation/Policies/"

# File, the right expression (it occurs once in the file), the wrong one, and what is wrong.
MUTANTS = [
    (EXACT + "ExactObjective.swift", "$0 + $1 / beta", "$0 + $1 * beta", "π* tilts by r·β"),
    (EXACT + "ExactObjective.swift", "normalized(tilted)", "tilted", "π* without Z"),
    (EXACT + "ExactObjective.swift", "beta * logPartition", "logPartition", "V* without β"),
    (EXACT + "ExactObjective.swift", "reward(of: logPolicy) - beta * klDivergence(of: logPolicy, from: logReference)",
     "reward(of: logPolicy) + beta * klDivergence(of: logPolicy, from: logReference)", "J rewards divergence"),
    (EXACT + "ExactObjective.swift", "klDivergence(of: logPolicy, from: optimalLogProbabilities)",
     "klDivergence(of: optimalLogProbabilities, from: logPolicy)", "suboptimality is the forward KL"),
    (EXACT + "DiscreteDistribution.swift", ".exp(pair.0) * (pair.0 - pair.1)", None, "KL weighted with p",
     ".exp(activeMutant == {n} ? pair.1 : pair.0) * (pair.0 - pair.1)"),
    (EXACT + "DiscreteDistribution.swift", ".exp(pair.1) * pair.0", None, "expectation without probabilities",
     "(activeMutant == {n} ? 1 : .exp(pair.1)) * pair.0"),
    (EXACT + "DiscreteDistribution.swift", "$0 + .exp($1) * $1", None, "entropy's sign",
     "$0 + (activeMutant == {n} ? -1 : 1) * .exp($1) * $1"),
    (EXACT + "DiscreteDistribution.swift", "massBelow + other / 2", "massBelow + other", "ties count as wins"),
    (EXACT + "DiscreteDistribution.swift", "Double(n) * .log(atMost)", None, "best of n with Fⁿ⁻¹",
     "Double(activeMutant == {n} ? n - 1 : n) * .log(atMost)"),
    (EXACT + "DiscreteDistribution.swift", "Double(n - 1) / Double(n)", "Double(n) / Double(n + 1)",
     "best-of-n bound with n/(n + 1)"),
    (EXACT + "ExactFrontier.swift", "$0 + inverseBeta * $1", "$0 + inverseBeta * $1 * $1", "frontier tilts by r²"),
    (EXACT + "ExactFrontier.swift", "(lower, upper) = isBelow ? (middle, upper) : (lower, middle)",
     None, "frontier's bisection turned round",
     "(lower, upper) = isBelow != (activeMutant == {n}) ? (middle, upper) : (lower, middle)"),
    (EXACT + "PlackettLuce.swift", "Array(rewards[k...])", "rewards", "Plackett–Luce keeps who was chosen"),
    (EXACT + "ExactPolicy.swift", "path.reduce(0) { $0 + edges[$1] }", "path.dropLast().reduce(0) { $0 + edges[$1] }",
     "enumeration forgets the last token"),
    ("DPO/DPOLoss.swift", "Scalar(beta) * pairs.margin", "1 * pairs.margin", "DPO loss without β"),
    ("DPO/PreferenceLoss.swift", "chosenLogRatio - rejectedLogRatio", "rejectedLogRatio - chosenLogRatio",
     "DPO prefers the rejected"),
    ("DPO/PreferenceLoss.swift", "policyRejected - referenceRejected", "policyRejected - referenceChosen",
     "the rejected one's reference is the chosen one's"),
    ("DPO/PairBatch.swift", "sums.rows(Array(count..<2 * count))", "sums.rows(Array(0..<count))",
     "rejected sums are the chosen ones"),
    ("RewardModeling/BradleyTerryLoss.swift", "-(chosen - rejected).logSigmoid()", "-(rejected - chosen).logSigmoid()",
     "the reward model prefers the rejected"),
    ("Datasets/BradleyTerryAnnotator.swift", "1 / (1 + exp(-logit))", "1 / (1 + exp(logit))",
     "the annotator prefers the worse"),
    ("PPO/KLPenalty.swift", "case .k1: -logRatio", None, "k1's sign",
     "case .k1: activeMutant == {n} ? logRatio : -logRatio"),
    ("PPO/KLPenalty.swift", "reference - policy", "(reference - policy) * (reference - policy)",
     "k1 and k3 of the squared log-ratio"),
    ("PPO/KLPenalty.swift", "1 - logRatio", None, "k3 adds the log-ratio",
     "1 - (activeMutant == {n} ? -logRatio : logRatio)"),
    ("PPO/KLPenalty.swift", ".exponential(logRatio)", None, "k3 of the inverse ratio, in PPO",
     ".exponential(activeMutant == {n} ? -logRatio : logRatio)"),
    ("PPO/TokenRewards.swift", "-klPenalty * $0", "klPenalty * $0", "the KL penalty is a bonus"),
    ("PPO/TokenRewards.swift", "rewards[last] += score", None, "the score is lost",
     "rewards[last] += activeMutant == {n} ? 0 : score"),
    ("PPO/Advantages.swift", "rewards[t] + discount * nextValue - values[t]", "rewards[t] + discount * nextValue",
     "TD residual without V(s)"),
    ("PPO/Advantages.swift", "surprise + discount * lambda * nextAdvantage", "surprise + lambda * nextAdvantage",
     "advantages without discount"),
    ("PPO/ClippedLosses.swift", "mean(logRatios.map { $0 * $0 }) / 2", "mean(logRatios.map { $0 * $0 })",
     "k2 without ½"),
    ("PPO/TapeLosses.swift", "tape.column(advantages.map { -$0 })", "tape.column(advantages)",
     "PPO descends the advantages"),
    (POLICIES + "SequenceDivergence.swift", ".expMinusOne(-$1) + $1", None, "k3 of the inverse ratio",
     ".expMinusOne(activeMutant == {n} ? $1 : -$1) + (activeMutant == {n} ? -$1 : $1)"),
    (VARIANCE + "ScoredPolicy.swift", "zip(row, mean).map { $0 - $1 }", "row", "log-linear scores without the mean"),
    (VARIANCE + "ScoredPolicy.swift", "massOfOthers(than: y, in: probabilities)", "1", "tabular scores without −q(y)"),
    (VARIANCE + "GradientRows.swift", "values[i] * values[i]", "abs(values[i])", "|s|² as a sum of |s|"),
    (VARIANCE + "AnnealingPath.swift", "t * (($1 - largest) / objective.beta)", "t * t * (($1 - largest) / objective.beta)",
     "the path runs with t²"),
    (VARIANCE + "CentredObjective.swift", "beta * (logReference[y] - logPolicy[y]) + (rewards[y] - softValueBelowLargest)",
     "(logReference[y] - logPolicy[y]) + (rewards[y] - softValueBelowLargest)", "R without β"),
    (VARIANCE + "CentredObjective.swift", "largestReward + softValueBelowLargest", "softValueBelowLargest",
     "V* without the largest reward"),
    (VARIANCE + "CentredObjective.swift", "expectation(of: rewards, under: logReference) - softValueBelowLargest",
     "expectation(of: rewards, under: logReference)", "E_p r not taken from V*"),
    (VARIANCE + "CentredObjective.swift", "expectation(of: rewards.map { ($0 - mean) * ($0 - mean) }, under: logReference)",
     "expectation(of: rewards.map { $0 * $0 }, under: logReference)", "Var_p r is the second moment"),
    (VARIANCE + "ExactPolicyGradient.swift", "mean { (advantages[$0] - value) * norms[$0] }",
     "0", "b* is the policy's value"),
    (VARIANCE + "ExactPolicyGradient.swift", "let fisherTrace = mean { norms[$0] }", None, "F doubled",
     "let fisherTrace = (activeMutant == {n} ? 2 : 1) * mean {{ norms[$0] }}"),
    (VARIANCE + "ExactPolicyGradient.swift",
     "probabilities.indices.map { probabilities[$0] * (advantages[$0] - value) }",
     "probabilities.indices.map { advantages[$0] - value }", "g without q"),
    (VARIANCE + "ExactPolicyGradient.swift", "(distance * distance + variance) * fisherTrace",
     "(abs(distance) + variance) * fisherTrace", "|b − b*| for its square"),
    (VARIANCE + "ExactPolicyGradient.swift", "baselineMean - softValue, variance: variance", None,
     "the baseline's variance is free", "baselineMean - softValue, variance: activeMutant == {n} ? 0 : variance"),
    (VARIANCE + "ExactPolicyGradient.swift", "centredBaseline: objective.referenceMean, variance: referenceVariance", None,
     "one reference completion varies like none",
     "centredBaseline: objective.referenceMean, variance: activeMutant == {n} ? 0 : referenceVariance"),
    (VARIANCE + "ExactPolicyGradient.swift", "advantages.map { $0 - best }",
     "advantages.map { $0 - value }", "the parabola's lowest point is taken at V^q"),
    (VARIANCE + "ExactPolicyGradient.swift", "weightedReturnVariance + returnVariance * fisherTrace",
     "weightedReturnVariance", "ζ₂ without Var(R)·F"),
    (VARIANCE + "ExactPolicyGradient.swift", "Double(k - 2) * policyValueCovarianceTrace()",
     "Double(k - 1) * policyValueCovarianceTrace()", "leave-one-out with K − 1 for K − 2"),
    (VARIANCE + "ExactPolicyGradient.swift", "factor * factor * leaveOneOutCovarianceTrace(samples: k)",
     "factor * leaveOneOutCovarianceTrace(samples: k)", "the batch mean's factor once"),
    (VARIANCE + "ExactPolicyGradient.swift", "policyValue = centred.softValue + value", None, "V^q is V*",
     "policyValue = centred.softValue + (activeMutant == {n} ? 0 : value)"),
    (VARIANCE + "ExactPolicyGradient.swift", "centredBaseline: centredPolicyValue, variance: 0", None,
     "the policy value's trace is that of V*", "centredBaseline: activeMutant == {n} ? 0 : centredPolicyValue, variance: 0"),
    (VARIANCE + "ExactPolicyGradient.swift", "zip(objective.logReference, policy.logProbabilities).map { $0 - $1 }",
     "zip(objective.logReference, policy.logProbabilities).map { $1 - $0 }", "the divergence's log-ratio is inverted"),
    (VARIANCE + "LogMeanExp.swift", "difference * count * (center + eulersConstant)", "difference * count * center",
     "second moment without Euler's constant"),
    (VARIANCE + "LogMeanExp.swift", "(centred.softValue + moments.mean, moments.variance)",
     "(centred.softValue - moments.mean, moments.variance)", "log-mean-exp lies above V*"),
    (VARIANCE + "ExactPreferenceGradient.swift", "modelRewards[i] - modelRewards[j]",
     "modelRewards[j] - modelRewards[i]", "the margin's sign"),
    (VARIANCE + "ExactPreferenceGradient.swift", "surplus[i] - surplus[j]",
     "objective.rewards[i] - objective.rewards[j]", "the pull without the margin"),
    (VARIANCE + "ExactPreferenceGradient.swift", "preferred * softplus(-margin) + other * softplus(margin)",
     "preferred * softplus(-margin)", "the loss of one label only"),
    (VARIANCE + "ExactPreferenceGradient.swift", "preferred * other + error * error", "error * error",
     "no label noise"),
    (VARIANCE + "ExactPreferenceGradient.swift", "norms[i] + norms[j] - 2 * gram[i * rows.count + j]",
     "norms[i] + norms[j]", "|s₁ − s₂|² without the product"),
    (VARIANCE + "TabularTree.swift", "$0 == edge ? others : -probabilities[$0]", "$0 == edge ? others : probabilities[$0]",
     "a tree's scores of the tokens not taken"),
    (VARIANCE + "TokenLevelGradient.swift", "logReference[$0] + (completed[$0] + next($0)) / objective.beta",
     "logReference[$0] + (completed[$0] - next($0)) / objective.beta", "soft values subtract what follows"),
    (VARIANCE + "TokenLevelGradient.swift", "rewards[$1] + next($1)", "rewards[$1]",
     "policy values without what follows"),
    (VARIANCE + "TokenLevelGradient.swift", "completed[$0] - objective.beta * (logPolicy[$0] - logReference[$0])",
     "completed[$0] + objective.beta * (logPolicy[$0] - logReference[$0])", "the token penalty's sign"),
    (VARIANCE + "TokenLevelGradient.swift", "residual + lambda * sum", "residual", "a tree's advantages without λ"),
    ("LanguageModel/SequenceBatch.swift", "firstRows = zip(starts, promptLengths).map { $0 + $1 - 1 }", None,
     "rows predict the token before",
     "firstRows = zip(starts, promptLengths).map {{ $0 + $1 - (activeMutant == {n} ? 2 : 1) }}"),
]

DRIVER = """import Evaluation
for identity in Identity.all {
  do { print(try identity.verify().holds ? "holds" : "BROKEN", identity.id) } catch { print("BROKEN", identity.id) }
}
"""

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


def plant(mutants, sources):
    """Writes every mutant into the copy."""
    for number, mutant in mutants:
        path = sources / mutant[0]
        text = path.read_text()
        if text.count(mutant[1]) != 1:
            sys.exit(f"mutants: '{mutant[1]}' occurs {text.count(mutant[1])} times in {mutant[0]}")
        path.write_text(text.replace(mutant[1], replacement(number, mutant)))


def manifest():
    """Package.swift without tests, the command and what only they need."""
    text = pathlib.Path("Package.swift").read_text()
    layers = text[text.index("let settings"):text.index("let libraries")]
    layers = layers[:layers.index('  (\n    "Experiments"')] + "]\n"
    return f"""// swift-tools-version: 6.2
import PackageDescription
{layers}
let package = Package(
  name: "Mutants", platforms: [.macOS(.v26)],
  dependencies: [.package(url: "https://github.com/apple/swift-numerics", from: "1.1.0")],
  targets: layers.map {{ .target(name: $0.name, dependencies: $0.uses) }} + [
    .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas"),
    .executableTarget(name: "verify", dependencies: ["Evaluation"]),
  ])
"""


def build(folder, mutants):
    sources = folder / "Sources"
    if sources.exists():
        shutil.rmtree(sources)
    shutil.copytree("Sources", sources, ignore=shutil.ignore_patterns("tandem", "Experiments", "*.docc"))
    (sources / "verify").mkdir()
    (sources / "verify/main.swift").write_text(DRIVER)
    for module in {mutant[0].split("/")[0] for _, mutant in mutants}:
        (sources / module / "Mutant.swift").write_text(SWITCH)
    plant(mutants, sources)
    flags = ["-Xcc", "-march=native", "-Xcc", "-fno-math-errno"] if os.uname().machine == "x86_64" else []
    command = ["swift", "build", "-c", "release", "--package-path", folder, *flags]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        errors = [line for line in result.stdout.splitlines() if ": error:" in line]
        sys.exit("mutants: the copy does not build\n" + "\n".join(dict.fromkeys(errors)))
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
    (folder / "Package.swift").write_text(manifest())
    program = build(folder, list(enumerate(MUTANTS, 1)))
    names, red, _ = broken(program, 0)
    if red or not names:
        sys.exit(f"mutants: {red} broken without any mutant")
    findings = {number: broken(program, number) for number in range(1, len(MUTANTS) + 1)}
    rows, noticed = [], {}
    for number, mutant in enumerate(MUTANTS, 1):
        _, red, crashed = findings[number]
        for name in red:
            noticed.setdefault(name, []).append(number)
        cells = [str(number), f"`{pathlib.Path(mutant[0]).stem}`", mutant[3],
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


main()
