public import Datasets
public import Tokenization

/// A user's own preference pairs: nothing is sampled or labelled, and no true reward is known.
///
/// The pairs are cut by prompt, never by line, into those that arms learn from, those held out to be
/// measured on, and those of a referee: a reward model that no arm ever sees, whose score stands where
/// a gold reward would. A ``ScoringCommand`` of the user's can be the judge instead.
public struct PairsTask: PreferenceTask {
  /// The name in specifications.
  public let name = Settings.name.rawValue
  /// The tokenizer of the model that learns.
  public let tokenizer: any Tokenizer
  /// The most tokens of a completion, its end token included.
  public let maximumCompletionLength: Int
  /// A judge gives one number, without terms.
  public let goldTermNames: [String] = []
  /// The prompts to learn from, and those held out.
  public let supportedSplits: [Split] = [.train, .test]
  /// Too many to list.
  public let allCompletions: [[Int]]? = nil
  /// What scores completions; nil where nothing does.
  public let judge: Judge?
  private let pairs: LabelledPairs
  private let scorer: (any RewardFunction)?

  /// The pairs as they were cut.
  public var labelledPairs: LabelledPairs? { pairs }

  /// A task on pairs that were read and cut.
  ///
  /// - Parameters:
  ///   - pairs: The pairs in their parts.
  ///   - tokenizer: The one that they were encoded with.
  ///   - maximumCompletionLength: The most tokens that a policy may answer with.
  ///   - judge: What scores completions, if anything does.
  ///   - scorer: The judge itself; a referee is not there until it is trained.
  public init(
    pairs: LabelledPairs, tokenizer: any Tokenizer, maximumCompletionLength: Int, judge: Judge?,
    scorer: (any RewardFunction)? = nil
  ) {
    (self.pairs, self.tokenizer) = (pairs, tokenizer)
    (self.judge, self.scorer) = (judge, scorer)
    self.maximumCompletionLength = maximumCompletionLength
  }

  /// The same task with its judge in place.
  public func judged(by scorer: any RewardFunction) -> any PreferenceTask {
    PairsTask(
      pairs: pairs, tokenizer: tokenizer, maximumCompletionLength: maximumCompletionLength,
      judge: judge, scorer: scorer)
  }

  /// The most tokens of a prompt.
  public var longestPrompt: Int {
    [pairs.train, pairs.test, pairs.referee].flatMap(\.self).map(\.prompt.count).max() ?? 0
  }

  /// How many different prompts are held out.
  public var differentTestPrompts: Int { Set(pairs.test.map(\.prompt)).count }

  /// The first chosen completions of the training pairs; nothing is drawn.
  public func demonstrations(count: Int, seed: Seed) -> [TokenSequence] {
    pairs.train.prefix(count).map(\.chosenSequence)
  }

  /// The first different prompts of a part, in the order of the file; nothing is drawn.
  public func prompts(count: Int, split: Split, seed: Seed) -> [[Int]] {
    precondition(supportedSplits.contains(split), "\(name) has no split '\(split.rawValue)'")
    var seen: Set<[Int]> = []
    let part = split == .train ? pairs.train : pairs.test
    return Array(part.map(\.prompt).filter { seen.insert($0).inserted }.prefix(count))
  }

  /// What the judge says of one completion; not a number where nothing judges.
  public func gold(_ sequence: TokenSequence) -> GoldReward {
    (try? golds(of: [sequence]))?.first ?? .unknown
  }

  /// What the judge says of completions, all of them at once.
  public func golds(of sequences: [TokenSequence]) throws -> [GoldReward] {
    guard let scorer else { return sequences.map { _ in .unknown } }
    return try scorer.rewards(of: sequences).map { GoldReward(total: $0) }
  }

  /// All prompts are one group.
  public func group(of prompt: [Int]) -> String { "all" }
}

/// A user's pairs as token ids, each prompt in one part only.
public struct LabelledPairs: Sendable {
  /// Those that arms and reward models learn from.
  public var train: [PreferencePair]
  /// Those held out.
  public var test: [PreferencePair]
  /// Those that the referee learns from.
  public var referee: [PreferencePair]
  /// What people should know of how they were cut, a sentence each.
  public var notes: [String]
  /// The SHA-256 of the files' bytes, so that a changed file is learned from anew.
  public var fingerprint: String

  /// Pairs in their parts.
  public init(
    train: [PreferencePair], test: [PreferencePair], referee: [PreferencePair] = [],
    notes: [String] = [], fingerprint: String = ""
  ) {
    (self.train, self.test, self.referee) = (train, test, referee)
    (self.notes, self.fingerprint) = (notes, fingerprint)
  }
}
