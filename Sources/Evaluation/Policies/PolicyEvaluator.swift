public import Datasets
public import LanguageModel
public import Tasks
public import TensorKernels
public import Tokenization

/// Evaluates every policy of a seed alike: on the same prompts, with the same sampling draws.
///
/// A policy that equals the reference draws the reference's completions again: its KL is exactly
/// zero and its win rate exactly one half.
public struct PolicyEvaluator: Sendable {
  /// The task that gives the gold reward.
  public let task: any PreferenceTask
  /// The policy that the others are measured against.
  public let reference: Transformer<Float>
  /// The held-out prompts, one completion each.
  public let prompts: [[Int]]
  /// The seed of the sampling draws.
  public let seed: Seed
  /// The temperature at which policies are sampled and their log-probabilities taken.
  public let temperature: Double
  /// What the policies were optimised for, if it is not the gold.
  public let proxy: (any RewardFunction)?
  /// How many samples an evaluation keeps as text.
  public let sampleCount: Int
  /// The threads that share sampling and reading; evaluations do not depend on them.
  let workers: InferenceWorkers<Float>
  let referenceSequences: [TokenSequence]
  let referenceGold: [Double]
  let enumeration: Enumeration?

  /// Samples the reference's completion of every prompt, once.
  ///
  /// On an `EnumerableLanguage` it also tabulates the reference's probability of every completion, and
  /// tells how far a policy is from the optimum of `objective` if there is one.
  public init(
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
    enumeration = (task as? EnumerableLanguage).map {
      Enumeration(
        of: $0, reference: reference, prompts: prompts, temperature: temperature,
        objective: objective)
    }
  }

  private static let samplingPurpose = "evaluation.sampling"

  /// Samples the policy on all prompts and measures it.
  public func evaluate(_ policy: Transformer<Float>) throws -> PolicyEvaluation {
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
  public var goal: EnumeratedObjectives? { enumeration?.goal }

  /// The policy's completions of the first prompts beside the reference's.
  public func samples(_ policy: Transformer<Float>, count: Int) throws -> [EvaluationSample] {
    try samples(of: completions(of: policy), count: count)
  }

  /// The policy's completion of every prompt, with the draws that all policies share.
  public func completions(of policy: Transformer<Float>) -> [TokenSequence] {
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
