package import Datasets
package import LanguageModel
import Tasks
import TensorKernels
package import Tokenization

/// Every completion of some prompts with its reward and the reference's probability of it.
package struct EnumeratedRewards: Sendable {
  /// The completions, in the order of all tables.
  package let tree: CompletionTree
  /// The temperature at which probabilities are taken.
  package let temperature: Double
  private let places: [[Int]: Int]
  private let reference: ExactPolicy
  private let rewards: [[Double]]

  /// Scores all completions of a task after each prompt; the prompts differ.
  package init(
    of completions: [[Int]], reference model: Transformer<Float>, prompts: [[Int]],
    reward: some RewardFunction, temperature: Double = 1
  ) throws {
    let tree = CompletionTree(completions)
    let reference = ExactPolicy(
      of: model, prompts: prompts, completions: tree, temperature: temperature)
    try self.init(tree, prompts, reference, reward: reward, temperature: temperature)
  }

  /// The same completions under another reward.
  package func scored(by reward: some RewardFunction) throws -> EnumeratedRewards {
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
  package func objective(after prompt: [Int], beta: Double) -> ExactObjective {
    guard let place = places[prompt] else {
      preconditionFailure("the prompt \(prompt) is none of the \(places.count) enumerated ones")
    }
    return ExactObjective(
      logReference: reference.logProbabilities[place], rewards: rewards[place], beta: beta)
  }

  /// Mean and standard deviation of the reward of a reference completion, prompts weighing alike.
  package var referenceMoments: RewardMoments {
    func mean(_ power: (Double) -> Double) -> Double {
      let expectations = reference.expectations(of: rewards.map { $0.map(power) })
      return expectations.reduce(0, +) / Double(expectations.count)
    }
    let center = mean { $0 }
    return RewardMoments(
      mean: center, deviation: mean { ($0 - center) * ($0 - center) }.squareRoot())
  }
}

/// Where the rewards of reference completions lie, and how far apart.
package struct RewardMoments: Sendable, Equatable {
  /// E_x E_π₀[r].
  package var mean: Double
  /// The standard deviation over prompts and completions together.
  package var deviation: Double

  /// Known moments.
  package init(mean: Double, deviation: Double) { (self.mean, self.deviation) = (mean, deviation) }

  /// The moments of a sample; its deviation has Bessel's correction.
  package init(of rewards: [Double]) {
    precondition(rewards.count > 1, "\(rewards.count) rewards have no deviation")
    let center = TensorKernels.mean(of: rewards)
    let squares = rewards.reduce(0) { $0 + ($1 - center) * ($1 - center) }
    self.init(mean: center, deviation: (squares / Double(rewards.count - 1)).squareRoot())
  }
}

/// A reward centred on the reference's completions and then raised by c standard deviations.
///
///     r′ = r − E_π₀[r] + c·sd_π₀[r]
///
/// A constant changes neither preferences nor the optimal policy, Rafailov (2023), lemmas 1 and 2;
/// it moves β·log Z and every return by c·sd, and with them the variance that a baseline has to remove.
package struct OffsetReward: RewardFunction {
  /// The reward that is shifted.
  package let base: any RewardFunction
  /// What is added to it.
  package let shift: Double

  /// Centres a reward at the reference's mean and raises it by `offset` deviations.
  package init(_ base: any RewardFunction, moments: RewardMoments, offset: Double) {
    self.base = base
    shift = offset * moments.deviation - moments.mean
  }

  /// The shifted reward of each sequence.
  package func rewards(of sequences: [TokenSequence]) throws -> [Double] {
    try base.rewards(of: sequences).map { $0 + shift }
  }
}
