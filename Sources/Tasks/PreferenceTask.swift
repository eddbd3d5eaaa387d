public import Datasets
public import Tokenization

/// A source of prompts, reference text and a gold reward that is known for every completion.
public protocol PreferenceTask: Sendable {
  /// The name by which a specification asks for the task.
  var name: String { get }
  /// Turns text into the token ids of prompts and completions, and back.
  var tokenizer: any Tokenizer { get }
  /// The most tokens of a completion, its end token included.
  var maximumCompletionLength: Int { get }
  /// The names of the terms of ``gold(_:)``, in their order.
  var goldTermNames: [String] { get }
  /// The splits that ``prompts(count:split:seed:)`` can draw from.
  var supportedSplits: [Split] { get }
  /// Every completion once, where there are few enough to list; nil where there are not.
  ///
  /// Whoever sums over all completions, for exact expectations and optima, asks for them here.
  var allCompletions: [[Int]]? { get }

  /// Draws reference text for supervised fine-tuning; the i-th text does not depend on `count`.
  func demonstrations(count: Int, seed: Seed) -> [TokenSequence]
  /// Draws prompts of a split, each beginning with the begin token; the i-th does not depend on `count`.
  func prompts(count: Int, split: Split, seed: Seed) -> [[Int]]
  /// The gold reward of a completion, defined for every sequence of tokens.
  func gold(_ sequence: TokenSequence) -> GoldReward
  /// The group under which results on this prompt are reported, such as `|A|=2`.
  func group(of prompt: [Int]) -> String
}

/// A set of prompts that is disjoint from the others of the same task.
public enum Split: String, Sendable, Codable, CaseIterable {
  /// The prompts to learn from.
  case train
  /// New prompts of the kind that training saw.
  case test
  /// Prompts of a kind that training never saw.
  case heldOut = "held-out"
  /// Prompts that request more aspects than any training prompt.
  case fourAspects = "four-aspects"
  /// Prompts like those of training whose completions nobody labels.
  case unlabelled
}

/// One named summand of a gold reward, with its weight and sign already applied.
public struct GoldTerm: Sendable, Codable, Hashable {
  /// What the term measures.
  public var name: String
  /// What the term adds to the total.
  public var value: Double

  /// Names a summand.
  public init(name: String, value: Double) {
    self.name = name
    self.value = value
  }
}

/// The true reward of a completion and the terms that make it up.
public struct GoldReward: Sendable, Codable, Hashable {
  /// The sum of the terms, added in their order.
  public var total: Double
  /// The summands, always the same ones in the same order for one task.
  public var terms: [GoldTerm]

  /// Adds up the terms.
  public init(_ terms: [GoldTerm]) {
    self.terms = terms
    self.total = terms.reduce(0) { $0 + $1.value }
  }

  /// The value of the term of this name, or nil where the task has no such term.
  public subscript(name: String) -> Double? {
    terms.first { $0.name == name }?.value
  }
}

/// The gold reward in the units of the annotator's logits.
///
/// An annotator of temperature T prefers y₁ with probability σ((r(y₁) − r(y₂))/T), so r/T is the
/// reward that a reward model trained on its labels estimates, and what PPO on the gold receives.
public struct GoldRewardFunction: RewardFunction {
  /// The task whose gold is read.
  public let task: any PreferenceTask
  /// The annotator's temperature, by which the gold is divided.
  public let temperature: Double

  /// Divides the gold of `task` by the annotator's temperature, which must be positive.
  public init(task: any PreferenceTask, temperature: Double) {
    precondition(temperature > 0, "annotator temperature \(temperature), must be positive")
    self.task = task
    self.temperature = temperature
  }

  /// The gold of each sequence over the temperature.
  public func rewards(of sequences: [TokenSequence]) -> [Double] {
    sequences.map { task.gold($0).total / temperature }
  }
}
