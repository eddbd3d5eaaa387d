package import Datasets
import ExactTheory
package import LanguageModel
import Tasks
import TensorKernels
import Tokenization

/// The best of n completions of the reference, by some reward, as a policy.
package struct BestOfN: Codable, Sendable, Equatable {
  /// How many completions were drawn for each prompt.
  package var n: Int
  /// The policy's evaluation; `kl` is the bound log n − (n − 1)/n, not an estimate.
  package var evaluation: PolicyEvaluation
}

extension PolicyEvaluator {
  /// Evaluates the best of n completions of the reference for several n: the control arm.
  ///
  /// The candidates are drawn independently of the completions that win rates are against, as those
  /// of every policy are: one estimand, P(y beats y′). The best of fewer is chosen among the first of the
  /// same candidates; equal rewards leave the earlier one. `evaluation.kl` is an upper bound,
  /// `bestOfNDivergenceBound`; on the enumerable language the exact KL stands beside it. So its J,
  /// `evaluation.goldObjective`, is a lower bound of the mean.
  ///
  /// - Parameters:
  ///   - counts: The values of n, each at least one.
  ///   - reward: What the candidates are chosen by, such as the learned reward model.
  ///   - rewardModels: The architectures that `reward` reads each candidate with, to count their
  ///     cost beside that of sampling; none if it runs no model.
  ///   - promptLimit: How many of the prompts to use; all unless given.
  /// - Returns: One evaluation for each different n, in rising order.
  /// - Throws: What the reward function throws.
  package func bestOfN(
    _ counts: [Int], reward: any RewardFunction, rewardModels: [ModelConfiguration] = [],
    promptLimit: Int? = nil
  ) throws -> [BestOfN] {
    precondition(counts.allSatisfy { $0 > 0 }, "best of \(counts)")
    let used = Array(prompts.prefix(promptLimit ?? prompts.count))
    var best = [TokenSequence?](repeating: nil, count: used.count)
    var bestRewards = [Double](repeating: -.infinity, count: used.count)
    var (drawn, cost) = (0, Cost())
    return try Set(counts).sorted().map { n in
      while drawn < n {
        let candidates = drawCandidates(drawn, prompts: used)
        for (i, value) in try reward.rewards(of: candidates).enumerated()
        where best[i] == nil || value > bestRewards[i] {
          (best[i], bestRewards[i]) = (candidates[i], value)
        }
        cost += .forward(
          through: [reference.configuration] + rewardModels,
          sequenceLengths: candidates.map(\.tokens.count))
        drawn += 1
      }
      var evaluation = try measure(best.compactMap(\.self))
      evaluation.kl = bestOfNDivergenceBound(n)
      if let objective, task.judge == .gold {
        evaluation.goldObjective = objective(
          gold: evaluation.goldReward, divergence: evaluation.kl)
        // The bound is a constant: only the gold varies.
        evaluation.goldObjectiveStandardError =
          evaluation.goldStandardError / objective.annotatorTemperature
      }
      evaluation.cost = cost
      evaluation.answerFLOPs = cost.flops / Double(used.count)
      try enumeration?.fill(&evaluation, withBestOf: n, by: reward)
      return BestOfN(n: n, evaluation: evaluation)
    }
  }

  /// Evaluates the best of n completions of the reference for one n.
  package func bestOfN(n: Int, reward: any RewardFunction) throws -> PolicyEvaluation {
    try bestOfN([n], reward: reward)[0].evaluation
  }

  /// The candidates of one round, one for each prompt.
  private func drawCandidates(_ round: Int, prompts: [[Int]]) -> [TokenSequence] {
    let uniforms = UniformStream(seed: seed, purpose: "evaluation.best-of-n", step: round)
    return sampleCompletions(
      of: reference, prompts: prompts, task: task, temperature: temperature,
      workers: workers.count,
      uniform: uniforms.callAsFunction)
  }
}

extension Enumeration {
  /// Adds what enumeration says about the best of n by a reward.
  func fill(
    _ evaluation: inout PolicyEvaluation, withBestOf n: Int, by reward: any RewardFunction
  ) throws {
    let policy = try zip(prompts, reference.logProbabilities).map { prompt, logReference in
      let rewards = try reward.rewards(
        of: tree.completions.map { TokenSequence(prompt: prompt, completion: $0) })
      return bestOfNLogProbabilities(n, logReference: logReference, rewards: rewards)
    }
    fill(&evaluation, with: ExactPolicy(logProbabilities: policy))
  }
}
