package import Datasets
package import ExactTheory
package import LanguageModel
package import Tasks
import TensorKernels
package import Tokenization

/// Evaluates every policy of a seed alike: on the same prompts, with the same sampling draws.
///
/// A policy that equals the reference draws the reference's completions again: its KL is exactly
/// zero, and so is the difference of their mean gold. Win rates are against other completions of the
/// reference, drawn independently: P(y beats y′) is one half in the mean and not exactly.
package struct PolicyEvaluator: Sendable {
  /// The task that gives the gold reward.
  package let task: any PreferenceTask
  /// The policy that the others are measured against.
  package let reference: Transformer<Float>
  /// The held-out prompts, one completion each.
  package private(set) var prompts: [[Int]]
  /// The seed of the sampling draws.
  package let seed: Seed
  /// The temperature at which policies are sampled and their log-probabilities taken.
  package let temperature: Double
  /// What the policies were optimised for, if it is not the gold.
  package let proxy: (any RewardFunction)?
  /// How many samples an evaluation keeps as text.
  package private(set) var sampleCount: Int
  /// The threads that share sampling and reading; evaluations do not depend on them.
  let workers: InferenceWorkers<Float>
  let referenceSequences: [TokenSequence]
  let referenceGold: [Double]
  /// The gold of the reference's completions that win rates are against: independent of all others.
  let opponentGold: [Double]
  /// What every policy aims at, where that is known.
  let objective: EvaluatedObjective?
  /// The cluster of each prompt: equal prompts are one.
  ///
  /// Where all prompts of a language are listed they are no sample of prompts; their completions are
  /// independent given them, and each is its own cluster.
  let clusters: [Int]
  private(set) var enumeration: Enumeration?

  /// Samples two independent completions of the reference for every prompt, once.
  ///
  /// On a task whose completions can be listed it also tabulates the reference's probability of every completion, and
  /// tells how far a policy is from the optimum of `objective` if there is one.
  package init(
    task: any PreferenceTask, reference: Transformer<Float>, prompts: [[Int]], seed: Seed,
    proxy: (any RewardFunction)? = nil, objective: EvaluatedObjective? = nil,
    temperature: Double = 1, sampleCount: Int = 8, workers: Int = 1
  ) throws {
    self.workers = InferenceWorkers(count: workers)
    precondition(!prompts.isEmpty, "nothing to evaluate on")
    self.task = task
    self.reference = reference
    self.prompts = prompts
    self.seed = seed
    self.proxy = proxy
    self.temperature = temperature
    self.sampleCount = sampleCount
    self.objective = objective
    func drawn(_ purpose: String) -> [TokenSequence] {
      sampleCompletions(
        of: reference, prompts: prompts, task: task, temperature: temperature, workers: workers,
        uniform: UniformStream(seed: seed, purpose: purpose).callAsFunction)
    }
    referenceSequences = drawn(Self.samplingPurpose)
    referenceGold = try task.golds(of: referenceSequences).map(\.total)
    opponentGold = try task.golds(of: drawn("evaluation.opponents")).map(\.total)
    clusters = task.allCompletions == nil ? firstPlaces(of: prompts) : Array(prompts.indices)
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
    let scores = TokenScores(of: sequences, under: policy, temperature: temperature, on: workers)
    let referenceScores = TokenScores(
      of: sequences, under: reference, temperature: temperature, on: workers)
    let divergence = SequenceDivergence(
      policy: scores.logProbabilities, reference: referenceScores.logProbabilities)
    var evaluation = try measure(sequences, logRatios: divergence.k1)
    evaluation.kl = mean(of: divergence.k1)
    evaluation.klStandardError = error(of: divergence.k1)
    evaluation.klK3 = mean(of: divergence.k3)
    evaluation.klK3StandardError = error(of: divergence.k3)
    evaluation.entropy = -mean(of: scores.logProbabilities.map { $0.reduce(0, +) })
    evaluation.tokenEntropy = mean(of: scores.entropies.flatMap(\.self))
    enumeration?.fill(&evaluation, with: policy, temperature: temperature)
    let lengths = sequences.map(\.tokens.count)
    for model in [policy, policy, reference] {
      evaluation.cost += .forward(through: model.configuration, sequenceLengths: lengths)
    }
    let sampling = Cost.forward(through: policy.configuration, sequenceLengths: lengths)
    evaluation.answerFLOPs = sampling.flops / Double(lengths.count)
    return evaluation
  }

  /// The same evaluation on the first prompts alone, with the same draws: cheaper, and nothing exact.
  package func limited(to count: Int) -> PolicyEvaluator {
    var few = self
    few.prompts = Array(prompts.prefix(count))
    few.sampleCount = 0
    few.enumeration = nil
    return few
  }

  /// The prompts with their exact objectives: on the enumerable language, with an objective.
  package var goal: EnumeratedObjectives? { enumeration?.goal }

  /// The policy's completions of the first prompts beside the reference's.
  package func samples(_ policy: Transformer<Float>, count: Int) throws -> [EvaluationSample] {
    let sequences = Array(completions(of: policy).prefix(count))
    return try samples(of: sequences, golds: task.golds(of: sequences), count: count)
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
  /// They belong to the first prompts, in order, and may be fewer than those. With the log-ratio k1 of
  /// each completion J is said as well.
  func measure(
    _ sequences: [TokenSequence], logRatios: [Double]? = nil
  ) throws -> PolicyEvaluation {
    var evaluation = PolicyEvaluation()
    evaluation.judge = task.judge
    let golds = try task.golds(of: sequences)
    let totals = golds.map(\.total)
    evaluation.prompts = sequences.count
    evaluation.goldReward = mean(of: totals)
    evaluation.goldStandardError = error(of: totals)
    evaluation.goldOverReference = mean(of: zip(totals, referenceGold).map { $0 - $1 })
    if let objective, let logRatios, task.judge == .gold {
      let terms = zip(totals, logRatios).map { objective(gold: $0, divergence: $1) }
      evaluation.goldObjective = mean(of: terms)
      evaluation.goldObjectiveStandardError = error(of: terms)
    }
    for name in task.goldTermNames {
      evaluation.goldTerms[name] = mean(of: golds.map { $0[name] ?? 0 })
    }
    evaluation.goldByGroup = meansByGroup(totals, of: sequences)
    evaluation.proxyReward = try proxy.map { mean(of: try $0.rewards(of: sequences)) }
    evaluation.length = mean(of: sequences.map { Double($0.completion.count) })
    let ended = sequences.count { $0.hasEnded(with: task.tokenizer.endToken) }
    evaluation.eosRate = Double(ended) / Double(sequences.count)
    evaluation.winRateInterval = clusteredWilsonInterval(
      of: zip(totals, opponentGold).map { $0 > $1 ? 1 : $0 == $1 ? 0.5 : 0 },
      clusters: Array(clusters.prefix(sequences.count)))
    evaluation.winRate = evaluation.winRateInterval.estimate
    evaluation.samples = try samples(of: sequences, golds: golds, count: sampleCount)
    return evaluation
  }

  /// The standard error of the mean of a value of each of the first prompts.
  private func error(of values: [Double]) -> Double {
    clusteredStandardError(of: values, clusters: Array(clusters.prefix(values.count)))
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
  func samples(
    of sequences: [TokenSequence], golds: [GoldReward], count: Int
  ) throws -> [EvaluationSample] {
    let shown = Array(sequences.prefix(count))
    let proxies = try proxy?.rewards(of: shown)
    let tokenizer = task.tokenizer
    return shown.indices.map { i in
      let gold = golds[i]
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
