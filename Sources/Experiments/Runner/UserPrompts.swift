public import Datasets
public import RewardModeling
public import Tasks
public import Tokenization

/// A user's own prompts as a task: what a reward model scores stands where the gold would be.
public struct UserPrompts: PreferenceTask {
  /// The task's name in results.
  public let name = "your-data"
  /// The tokenizer of the models.
  public let tokenizer: any Tokenizer
  /// The most tokens of a completion.
  public let maximumCompletionLength: Int
  /// Only the reward's score.
  public let goldTermNames = ["reward"]
  /// All prompts are of one kind.
  public let supportedSplits: [Split] = [.test]
  /// Nobody lists what a user's model can say.
  public let allCompletions: [[Int]]? = nil
  private let given: [[Int]]
  private let demonstrated: [TokenSequence]
  private let reward: RewardModel?

  /// The prompts of pairs, as often as they occur; without a reward model every completion scores zero.
  public init(
    pairs: [PreferencePair], tokenizer: any Tokenizer, maximumCompletionLength: Int,
    reward: RewardModel?
  ) {
    given = pairs.map(\.prompt)
    demonstrated = pairs.map(\.chosenSequence)
    (self.tokenizer, self.maximumCompletionLength) = (tokenizer, maximumCompletionLength)
    self.reward = reward
  }

  /// The first chosen completions; nothing is drawn.
  public func demonstrations(count: Int, seed: Seed) -> [TokenSequence] {
    Array(demonstrated.prefix(count))
  }

  /// The first prompts; nothing is drawn.
  public func prompts(count: Int, split: Split, seed: Seed) -> [[Int]] {
    Array(given.prefix(count))
  }

  /// The score of the reward model.
  public func gold(_ sequence: TokenSequence) -> GoldReward {
    let score = reward?.rewards(of: [sequence])[0] ?? 0
    return GoldReward([GoldTerm(name: "reward", value: score)])
  }

  /// All prompts are one group.
  public func group(of prompt: [Int]) -> String { "all" }
}
