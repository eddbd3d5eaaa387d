import ArgumentParser
import ExactTheory
import Explanations
import Foundation

/// `tandem explain`: calculators that show their work.
struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Compute the quantities of a theory for a small example, each with its equation.",
    discussion: """
      EXAMPLES
        tandem explain variance --input bandit.json
        tandem explain dpo --input pairs.json --json
        tandem explain ppo --input rollout.json
        tandem explain rloo --input groups.json
      """,
    subcommands: [
      ExplainVarianceCommand.self, ExplainDPOCommand.self, ExplainRewardCommand.self,
      ExplainKTOCommand.self, ExplainPPOCommand.self, ExplainRLOOCommand.self,
    ])
}

/// What every explanation takes.
struct ExplainOptions: ParsableArguments {
  @Option(help: "The JSON file that is described above.")
  var input: String

  @Flag(help: "Print one JSON document instead of a table.")
  var json = false

  /// The file.
  var file: URL { URL(filePath: input) }

  /// Prints an explanation as a document or as a table.
  func print(
    _ explanation: some Explanation,
    as table: ([(title: String, rows: [ExplanationRow])]) -> String = { text(of: $0) }
  ) throws {
    Swift.print(json ? try jsonText(of: explanation) : table(explanation.sections))
  }
}

/// `tandem explain variance`: the variance of policy gradient and DPO gradient, exactly.
struct ExplainVarianceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "variance",
    abstract: "What each baseline does to the variance of the policy gradient, exactly.",
    discussion: """
      The input is one JSON object about a prompt with n completions, 2 ≤ n ≤ 4096:

        {"reference": [0.5, 0.3, 0.2], "reward": [0, 1, 3], "beta": 1,
         "policy": [0.2, 0.3, 0.5]}

      reference  p, every probability above 0; must sum to 1 within 1e-6, then
                 divided by the sum
      reward     r, finite
      beta       β > 0
      policy     q, like reference; without it q = p. The policy is a softmax with
                 the logits log q

      With R = r − β·log(q/p), s = ∇log q and w = |s|², --json prints one document
      with

        schema                    "tandem.explain.variance/1"
        input                     reference, reward, beta, policy as they were used
        logPartition, partition   log Z and Z = Σ p·exp(r/β); Z is null beyond a
                                  Double's range
        softValue, optimum        V* = β·log Z and π* = p·exp(r/β)/Z
        referenceReward           E_p[r]
        referenceRewardVariance   Var_p[r]
        policyReward, value       E_q[r] and J(q) = V^q = E_q[R]
        divergenceFromReference   KL(q‖p)
        divergenceFromOptimum     KL(q‖π*)
        referenceDivergenceFromOptimum   KL(p‖π*)
        optimalBaseline           b* = E_q[R·w]/F
        fisherTrace               F = E_q[w]
        gradient                  g = ∇J, one number for each logit
        squaredGradientNorm       |g|²
        estimators                an object for each of none (b = 0), softValue,
                                  policyValue, optimal (b*), referenceMean (b = E_p
                                  r), referenceSample (b = r(y′), y′ ~ p),
                                  logMeanExp4, logMeanExp16 (b = β·log mean exp(r/β)
                                  of so many draws of p), batchMean2, 4, 8 and
                                  leaveOneOut2, 4, 8 (of so many samples)
          .samples                policy samples behind one estimate
          .baseline               b, or its mean if it is random; null for batchMean
                                  and leaveOneOut
          .baselineVariance       Var b; null for batchMean and leaveOneOut
          .covarianceTrace        trCov of one estimate
          .noiseToSignal          trCov/|E ĝ|²; null where g is zero up to rounding,
                                  that is where |g|² ≤ (1e-12·(β + max r − min
                                  r))²·F
        dpo                       DPO on pairs y₁, y₂ ~ p, ties included, labels ~
                                  σ(r₁ − r₂):
          .loss, .descent         −E log σ(m) and its negative gradient for each
                                  logit
          .squaredDescentNorm     |∇L|²
          .covarianceTrace        trCov of one pair's gradient
          .noiseToSignal          trCov/|∇L|², or null
        rewardModel               the same for a reward model with one free number
                                  for each completion, at the true reward (so that
                                  its descent is 0)
        bestOfN                   for n = 2 and 4: n, distribution, reward (E r),
                                  divergence (KL from p), divergenceBound (log n −
                                  (n − 1)/n)

      Numbers are the shortest that read back to the same Double. An input that
      breaks a rule is refused with the reason and exit code 65, a missing file with
      66.

      EXAMPLES
        tandem explain variance --input bandit.json
        tandem explain variance --input bandit.json --json
      """)

  @OptionGroup var options: ExplainOptions

  func run() throws {
    try options.print(VarianceExplanation(of: Bandit(contentsOf: options.file)))
  }
}

/// The sections of an explanation as a table, with columns of these widths.
func text(
  of sections: [(title: String, rows: [ExplanationRow])], names: Int = 20, values: Int = 24
) -> String {
  let text = sections.map { section in
    let rows = section.rows.map {
      "  " + padded($0.name, to: names) + padded($0.value, to: values) + $0.equation
    }
    return ([section.title] + rows).joined(separator: "\n")
  }
  return text.joined(separator: "\n\n")
}
