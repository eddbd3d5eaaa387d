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
