package import Datasets
package import ExactTheory
package import LanguageModel
package import Tasks
import TensorKernels
package import Tokenization

/// Evaluates every policy of a seed alike: on the same prompts, with the same sampling draws.
///
/// A policy that equals the reference draws the reference's completions again: its KL is exactly
/// zero and its win rate exactly one half.
package struct PolicyEvaluator: Sendable {
  /// The task that gives the gold reward.
  package let task: any PreferenceTask
  /// The policy that the others are measured against.
  package let reference: Transformer<Float>
  /// The held-out prompts, one completion each.
  package let prompts: [[Int]]
  /// The seed of the sampling draws.
  package let seed: Seed
  /// The temperature at which policies are sampled and their log-probabilities taken.
  package let temperature: Double
  /// What the policies were optimised for, if it is not the gold.
  package let proxy: (any RewardFunction)?
  /// How many samples an evaluation keeps as text.
  package let sampleCount: Int
  /// The threads that share sampling and reading; evaluations do not depend on them.
  let workers: InferenceWorkers<Float>
  let referenceSequences: [TokenSequence]
  let referenceGold: [Double]
  let enumeration: Enumeration?

  /// Samples the reference's completion of every prompt, once.
  ///
  /// On a task whose completions can be listed it also tabulates the reference's probability of every completion, and
  /// tells how far a policy is from the optimum of `objective` if there is one.
  package init(
    task: any PreferenceTask, reference: Transformer<Float>, prompts: [[Int]], seed: Seed,
    proxy: (any RewardFunction)? = nil, objective: EvaluatedObjective? = nil,
    temperature: Double = 1, sampleCount: Int = 8, workers: Int = 1
  ) {
    self.workers = InferenceWorkers(count: workers)
    precondition(!prompts.isEmpty, "nothing to evaluate on")
    self.task = task
    self.reference = reference
    self.prompts = prompts
    self.seed = seed
    self.proxy = proxy
    self.temperature = temperature
    self.sampleCount = sampleCount
    referenceSequences = sampleCompletions(
      of: reference, prompts: prompts, task: task, temperature: temperature, workers: workers,
      uniform: UniformStream(seed: seed, purpose: Self.samplingPurpose).callAsFunction)
    referenceGold = referenceSequences.map { task.gold($0).total }
    enumeration = task.allCompletions.map {
      Enumeration(
        of: task, completions: $0, reference: reference, prompts: prompts, temperature: temperature,
        objective: objective)
    }
  }

  private static let samplingPurpose = "evaluation.sampling"

  /// Samples the policy on all prompts and measures it.
  package func evaluate(_ policy: Transformer<Float>) throws -> PolicyEvaluation {
    let sequences = completions(of: policy)
    var evaluation = try measure(sequences)
    let scores = TokenScores(of: sequences, under: policy, temperature: temperature, on: workers)
    let referenceScores = TokenScores(
      of: sequences, under: reference, temperature: temperature, on: workers)
    let divergence = SequenceDivergence(
      policy: scores.logProbabilities, reference: referenceScores.logProbabilities)
    evaluation.kl = mean(of: divergence.k1)
    evaluation.klStandardError = standardError(of: divergence.k1)
    evaluation.klK3 = mean(of: divergence.k3)
    evaluation.klK3StandardError = standardError(of: divergence.k3)
    evaluation.entropy = -mean(of: scores.logProbabilities.map { $0.reduce(0, +) })
    evaluation.tokenEntropy = mean(of: scores.entropies.flatMap(\.self))
    enumeration?.fill(&evaluation, with: policy, temperature: temperature)
    let lengths = sequences.map(\.tokens.count)
    for model in [policy, policy, reference] {
      evaluation.cost += .forward(through: model.configuration, sequenceLengths: lengths)
    }
    return evaluation
  }

  /// The prompts with their exact objectives: on the enumerable language, with an objective.
  package var goal: EnumeratedObjectives? { enumeration?.goal }

  /// The policy's completions of the first prompts beside the reference's.
  package func samples(_ policy: Transformer<Float>, count: Int) throws -> [EvaluationSample] {
    try samples(of: completions(of: policy), count: count)
  }

  /// The policy's completion of every prompt, with the draws that all policies share.
  package func completions(of policy: Transformer<Float>) -> [TokenSequence] {
    sampleCompletions(
      of: policy, prompts: prompts, task: task, temperature: temperature, workers: workers.count,
      uniform: UniformStream(seed: seed, purpose: Self.samplingPurpose).callAsFunction)
  }
}

/// One completion for each prompt, from a draw for each number of a prompt and position.
func sampleCompletions(
  of policy: Transformer<Float>, prompts: [[Int]], task: any PreferenceTask, temperature: Double,
  workers: Int, uniform: @Sendable (_ sequence: Int, _ position: Int) -> Double
) -> [TokenSequence] {
  var sampler = Sampler(policy, temperature: temperature, workers: workers)
  return sampler.sample(
    prompts: prompts, maximumTokens: task.maximumCompletionLength,
    endToken: task.tokenizer.endToken, uniform: uniform
  ).map(\.sequence)
}

extension PolicyEvaluator {
  /// What can be said of completions alone: rewards, length, EOS rate, win rate and samples.
  ///
  /// They belong to the first prompts, in order, and may be fewer than those.
  func measure(_ sequences: [TokenSequence]) throws -> PolicyEvaluation {
    var evaluation = PolicyEvaluation()
    let golds = sequences.map { task.gold($0) }
    let totals = golds.map(\.total)
    evaluation.prompts = sequences.count
    evaluation.goldReward = mean(of: totals)
    evaluation.goldStandardError = standardError(of: totals)
    for name in task.goldTermNames {
      evaluation.goldTerms[name] = mean(of: golds.map { $0[name] ?? 0 })
    }
    evaluation.goldByGroup = meansByGroup(totals, of: sequences)
    evaluation.proxyReward = try proxy.map { mean(of: try $0.rewards(of: sequences)) }
    evaluation.length = mean(of: sequences.map { Double($0.completion.count) })
    let ended = sequences.count { $0.hasEnded(with: task.tokenizer.endToken) }
    evaluation.eosRate = Double(ended) / Double(sequences.count)
    let wins = zip(totals, referenceGold).reduce(0) { wins, pair in
      wins + (pair.0 > pair.1 ? 1 : pair.0 == pair.1 ? 0.5 : 0)
    }
    evaluation.winRateInterval = wilsonInterval(successes: wins, trials: sequences.count)
    evaluation.winRate = evaluation.winRateInterval.estimate
    evaluation.samples = try samples(of: sequences, count: sampleCount)
    return evaluation
  }

  private func meansByGroup(
    _ values: [Double], of sequences: [TokenSequence]
  ) -> [String: Double] {
    var groups: [String: [Double]] = [:]
    for (value, sequence) in zip(values, sequences) {
      groups[task.group(of: sequence.prompt), default: []].append(value)
    }
    return groups.mapValues { mean(of: $0) }
  }

  /// The first completions as text beside the reference's.
  func samples(of sequences: [TokenSequence], count: Int) throws -> [EvaluationSample] {
    let shown = Array(sequences.prefix(count))
    let proxies = try proxy?.rewards(of: shown)
    let tokenizer = task.tokenizer
    return shown.indices.map { i in
      let gold = task.gold(shown[i])
      return EvaluationSample(
        prompt: tokenizer.decode(shown[i].prompt),
        completion: tokenizer.decode(shown[i].completion), gold: gold.total,
        goldTerms: Dictionary(gold.terms.map { ($0.name, $0.value) }) { $0 + $1 },
        proxyReward: proxies?[i], hasEnded: shown[i].hasEnded(with: tokenizer.endToken),
        referenceCompletion: tokenizer.decode(referenceSequences[i].completion),
        referenceGold: referenceGold[i])
    }
  }
}
