public import Datasets
public import Tokenization

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
