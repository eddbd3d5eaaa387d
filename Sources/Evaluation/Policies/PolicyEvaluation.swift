package import LanguageModel
package import Tasks
import Training

/// A policy under the evaluation that all methods share: same prompts, same sampling seeds.
///
/// Means are over one completion for each held-out prompt; standard errors treat different prompts as
/// independent and equal ones as one cluster. What cannot be said of a policy, such as the entropy of best-of-n, is nil.
package struct PolicyEvaluation: Codable, Sendable, Equatable {
  /// How many prompts were evaluated.
  package var prompts = 0
  /// What the gold of this evaluation is; nil where nothing judges, so that it is no number.
  package var judge: Judge? = .gold
  /// The mean gold reward, or what stands in its place.
  package var goldReward = 0.0
  /// The standard error of the mean gold reward, `clusteredStandardError`.
  package var goldStandardError = 0.0
  /// The mean gold reward less that of the reference's completions of the same prompts.
  ///
  /// A policy and the reference share their draws: a mean survives that, and is steadier for it. It is
  /// exactly zero where the policy is the reference.
  package var goldOverReference = 0.0
  /// J = E[gold]/T − β·KL, the mean over completions of goldᵢ/T − β·k1ᵢ.
  ///
  /// For best-of-n a lower bound, since its KL is an upper one. Nil without an objective, or where no
  /// gold judges.
  package var goldObjective: Double?
  /// The standard error of J, `clusteredStandardError` of the same terms.
  package var goldObjectiveStandardError: Double?
  /// The mean of each term of the gold reward; they sum to it.
  package var goldTerms: [String: Double] = [:]
  /// The mean gold reward of each of the task's groups of prompts.
  package var goldByGroup: [String: Double] = [:]
  /// The mean reward under the proxy, such as the learned reward model.
  package var proxyReward: Double?
  /// KL(π‖π_ref) per completion: the mean of k1, `SequenceDivergence`; for best-of-n the upper
  /// bound log n − (n − 1)/n.
  package var kl = 0.0
  /// The standard error of the mean of k1, `clusteredStandardError`; zero for the bound, which is no
  /// estimate.
  package var klStandardError = 0.0
  /// KL(π‖π_ref) per completion: the mean of k3, `SequenceDivergence`.
  package var klK3: Double?
  /// The standard error of the mean of k3, `clusteredStandardError`.
  package var klK3StandardError: Double?
  /// KL(π‖π_ref) by enumeration, weighted as the prompts are; on the enumerable language only.
  package var exactKL: Double?
  /// E_π[gold] by enumeration, weighted as the prompts are; on the enumerable language only.
  package var exactGold: Double?
  /// The largest E[gold] of any policy at the exact KL: no policy may lie above it.
  package var frontierGold: Double?
  /// E_x KL(π‖π*) by enumeration, in nats, from the optimum of the experiment's own objective with the
  /// true reward, `EvaluatedObjective`; on the enumerable language only.
  package var suboptimality: Double?
  /// (J − J_ref)/(J* − J_ref) by enumeration: 0 of the reference, 1 of that optimum, less than 0 of
  /// what is worse than the reference.
  package var objective: Double?
  /// The entropy of a completion: the mean of −log π(y).
  package var entropy: Double?
  /// The mean over all tokens of the exact entropy of the next token's distribution.
  package var tokenEntropy: Double?
  /// The mean number of tokens of a completion, the end token included.
  package var length = 0.0
  /// The share of completions that ended by themselves.
  package var eosRate = 0.0
  /// An estimate of E_x P(y beats y′), with y of the policy and y′ of the reference drawn independently
  /// for the same prompt x; a tie is half a win.
  ///
  /// Draws that the two share would make it another quantity, and one that depends on the sampler.
  package var winRate = 0.0
  /// Wilson's interval of the win rate, `clusteredWilsonInterval`.
  package var winRateInterval = Interval(estimate: 0, lower: 0, upper: 0)
  /// Completions of the first prompts beside the reference's.
  package var samples: [EvaluationSample] = []
  /// Floating-point operations of one answer to a prompt: those of sampling a completion, and for
  /// best-of-n those of n of them and of reading their rewards.
  package var answerFLOPs = 0.0
  /// What the evaluation itself spent; it is no cost of training.
  package var cost = Cost()

  /// An evaluation to fill in.
  package init() {}

  /// The values under the names that runs log; those of the judge under its own.
  package var logged: [String: Double] {
    var values: [MetricKey: Double] = [
      .kl: kl, .klError: klStandardError, .length: length, .eosRate: eosRate,
      .answerFLOPs: answerFLOPs,
    ]
    if let judge {
      values[judge.reward] = goldReward
      values[judge.rewardError] = goldStandardError
      values[judge.winRate] = winRate
      values[judge.winRateLower] = winRateInterval.lower
      values[judge.winRateUpper] = winRateInterval.upper
    }
    if judge == .gold {
      for (term, value) in goldTerms { values[MetricKey(MetricKey.goldTermPrefix + term)] = value }
      for (group, value) in goldByGroup {
        values[MetricKey(MetricKey.goldGroupPrefix + group)] = value
      }
    }
    let measuredForSome: [MetricKey: Double?] = [
      .proxyReward: proxyReward, .klK3: klK3, .klK3Error: klK3StandardError, .exactKL: exactKL,
      .exactGold: exactGold, .goldFrontier: frontierGold, .suboptimality: suboptimality,
      .objective: objective, .goldObjective: goldObjective,
      .goldObjectiveError: goldObjectiveStandardError, .completionEntropy: entropy,
      .tokenEntropy: tokenEntropy,
    ]
    return named(values.merging(measuredForSome.compactMapValues(\.self)) { $1 })
  }
}

/// A completion of the policy beside the reference's completion of the same prompt.
package struct EvaluationSample: Codable, Sendable, Hashable {
  /// The prompt as text.
  package var prompt: String
  /// The policy's completion as text.
  package var completion: String
  /// The gold reward of the policy's completion.
  package var gold: Double
  /// The terms of that gold reward.
  package var goldTerms: [String: Double]
  /// The proxy reward of the policy's completion.
  package var proxyReward: Double?
  /// Whether the policy's completion ended by itself.
  package var hasEnded: Bool
  /// The reference's completion as text.
  package var referenceCompletion: String
  /// The gold reward of the reference's completion.
  package var referenceGold: Double
}

/// The objective that all arms of an experiment aim at, against the true reward.
///
///     J(π) = E_x E_π[gold/T] − β·KL(π‖π_ref)        Rafailov (2023), equation 3
package struct EvaluatedObjective: Sendable, Equatable {
  /// The strength β of the divergence.
  package var beta: Double
  /// The annotator's temperature T, by which the gold is divided.
  package var annotatorTemperature: Double

  /// The objective of an experiment.
  package init(beta: Double, annotatorTemperature: Double = 1) {
    (self.beta, self.annotatorTemperature) = (beta, annotatorTemperature)
  }

  /// J of a mean gold reward and a KL; of one completion, from its gold reward and its log-ratio k1.
  package func callAsFunction(gold: Double, divergence: Double) -> Double {
    gold / annotatorTemperature - beta * divergence
  }
}
