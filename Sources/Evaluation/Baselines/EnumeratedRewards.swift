public import Datasets
public import LanguageModel
public import Tasks
public import TensorKernels
import Tokenization

/// Every completion of some prompts with its reward and the reference's probability of it.
public struct EnumeratedRewards: Sendable {
  /// The completions, in the order of all tables.
  public let tree: CompletionTree
  /// The temperature at which probabilities are taken.
  public let temperature: Double
  private let places: [[Int]: Int]
  private let reference: ExactPolicy
  private let rewards: [[Double]]

  /// Scores all completions of a language after each prompt; the prompts differ.
  public init(
    of language: EnumerableLanguage, reference model: Transformer<Float>, prompts: [[Int]],
    reward: some RewardFunction, temperature: Double = 1
  ) throws {
    let tree = CompletionTree(language.completions())
    let reference = ExactPolicy(
      of: model, prompts: prompts, completions: tree, temperature: temperature)
    try self.init(tree, prompts, reference, reward: reward, temperature: temperature)
  }

  /// The same completions under another reward.
  public func scored(by reward: some RewardFunction) throws -> EnumeratedRewards {
    let prompts = places.sorted { $0.value < $1.value }.map(\.key)
    return try EnumeratedRewards(
      tree, prompts, reference, reward: reward, temperature: temperature)
  }

  private init(
    _ tree: CompletionTree, _ prompts: [[Int]], _ reference: ExactPolicy,
    reward: some RewardFunction, temperature: Double
  ) throws {
    (self.tree, self.reference, self.temperature) = (tree, reference, temperature)
    places = Dictionary(uniqueKeysWithValues: prompts.enumerated().map { ($1, $0) })
    rewards = try prompts.map { prompt in
      try reward.rewards(
        of: tree.completions.map { TokenSequence(prompt: prompt, completion: $0) })
    }
  }

  /// The objective E_q[r] − β·KL(q‖π₀) after a prompt, which must be one of those scored.
  public func objective(after prompt: [Int], beta: Double) -> ExactObjective {
    guard let place = places[prompt] else {
      preconditionFailure("the prompt \(prompt) is none of the \(places.count) enumerated ones")
    }
    return ExactObjective(
      logReference: reference.logProbabilities[place], rewards: rewards[place], beta: beta)
  }

  /// Mean and standard deviation of the reward of a reference completion, prompts weighing alike.
  public var referenceMoments: RewardMoments {
    func mean(_ power: (Double) -> Double) -> Double {
      let expectations = reference.expectations(of: rewards.map { $0.map(power) })
      return expectations.reduce(0, +) / Double(expectations.count)
    }
    let center = mean { $0 }
    return RewardMoments(
      mean: center, deviation: mean { ($0 - center) * ($0 - center) }.squareRoot())
  }
}
