import Foundation
import Datasets
public import Tokenization

extension PairsTask {
  /// Where a user's pairs are, and how they are cut.
  public struct Settings: TaskSettings {
    /// The name by which a specification asks for the task.
    public static let name = TaskConfiguration.Name(ofTask: "pairs")

    /// The file of the pairs; a path beside the specification, or an absolute one.
    public var train = ""
    /// A file of pairs to measure on; without one, a share of `train` is held out.
    public var test: String?
    /// The share of the prompts of `train` that is held out where there is no `test`; 0 for none.
    public var heldOut = 0.1
    /// The share of the prompts of `train` that only the referee learns from; 0 for no referee.
    public var referee = 0.2
    /// A command that reads a JSON line a completion and writes one number a line, as the judge.
    public var score: String?
    /// The most tokens that a policy answers with; nil for the longest completion of the pairs, but at
    /// most ``longestByDefault``, since every evaluation samples.
    public var maximumNewTokens: Int?
    /// The most tokens of a prompt with a completion, as TRL's `max_length`: longer completions are cut
    /// at their end, and a pair whose prompt leaves no room is left out.
    public var maximumLength = 1024
    /// Whether prompts become turns of a conversation in ChatML.
    public var chat = false
    /// What the system turn says, with `chat`.
    public var system: String?
    /// The tokens of a new model's vocabulary, which is trained on the texts.
    public var vocabulary = 512

    enum CodingKeys: String, CodingKey, CaseIterable {
      case train, test
      case heldOut = "held_out"
      case referee, score
      case maximumNewTokens = "max_new_tokens"
      case maximumLength = "max_length"
      case chat, system, vocabulary
    }

    /// The most tokens of an answer unless `max_new_tokens` says otherwise.
    public static let longestByDefault = 256

    /// The documented defaults; `train` has none.
    public init() {}

    /// Reads the keys that are there over the defaults.
    public init(from decoder: any Decoder) throws {
      self.init()
      let values = try decoder.container(keyedBy: CodingKeys.self)
      try values.read(.train, into: &train)
      test = try values.decodeIfPresent(String.self, forKey: .test)
      try values.read(.heldOut, into: &heldOut)
      try values.read(.referee, into: &referee)
      score = try values.decodeIfPresent(String.self, forKey: .score)
      maximumNewTokens = try values.decodeIfPresent(Int.self, forKey: .maximumNewTokens)
      try values.read(.maximumLength, into: &maximumLength)
      try values.read(.chat, into: &chat)
      system = try values.decodeIfPresent(String.self, forKey: .system)
      try values.read(.vocabulary, into: &vocabulary)
    }

    /// Completions are not listed.
    public var enumerationSize: EnumerationSize? { nil }

    /// What judges: a command before a referee, and neither where there is none.
    public var judge: Judge? { score != nil ? .score : referee > 0 ? .referee : nil }

    /// Throws the first setting that is out of range.
    public func validate() throws(TaskConfigurationError) {
      try require(0..<1 ~= heldOut, CodingKeys.heldOut, heldOut, "0 ≤ share < 1")
      try require(0..<1 ~= referee, CodingKeys.referee, referee, "0 ≤ share < 1")
      let taken = (test == nil ? heldOut : 0) + (score == nil ? referee : 0)
      try require(
        taken < 1, CodingKeys.referee, referee, "with held_out less than 1, so that pairs are left")
      try require(
        maximumNewTokens ?? 1 >= 1, CodingKeys.maximumNewTokens, maximumNewTokens ?? 0, "n ≥ 1")
      try require(maximumLength >= 2, CodingKeys.maximumLength, maximumLength, "n ≥ 2")
      try require(260...4096 ~= vocabulary, CodingKeys.vocabulary, vocabulary, "260 ≤ n ≤ 4096")
      try require(
        system == nil || chat, CodingKeys.system, system ?? "", "nothing unless chat is true")
    }

    /// The task with a byte-level BPE that is trained on its texts.
    public func makeTask(dataFolder: String) throws -> any PreferenceTask {
      try makeTask(tokenizer: nil, maximumLength: nil)
    }
  }
}

extension PairsTask.Settings {
  /// Reads the files, encodes them and cuts them by prompt.
  ///
  /// - Parameters:
  ///   - given: The model's tokenizer; nil trains a byte-level BPE on the texts.
  ///   - maximumLength: The model's positions, which limit lengths beside `max_length`; nil takes any.
  /// - Returns: The task, its pairs in their parts.
  /// - Throws: `DataError` with every line that is wrong, `TaskConfigurationError` without a file.
  public func makeTask(tokenizer given: (any Tokenizer)?, maximumLength: Int?) throws -> PairsTask {
    try require(!train.isEmpty, CodingKeys.train, "empty", "the path of a file of pairs")
    let files = try [train, test].compactMap(\.self).map {
      try PreferenceFile(contentsOf: URL(filePath: $0))
    }
    let tokenizer =
      given
      ?? BytePairEncoding.train(
        on: files[0].pairs.flatMap { [$0.prompt + $0.chosen, $0.prompt + $0.rejected] },
        vocabularySize: vocabulary)
    let turns = chat ? try Conversation(system: system, tokenizer: tokenizer) : nil
    let limit = min(self.maximumLength, maximumLength ?? .max)
    let limited = try files.map { file in
      try (turns.map(file.asTurns) ?? file).tokenized(by: tokenizer, cutTo: limit)
    }
    let parts = limited.map(\.pairs)
    var cut = PairCut(self).parts(train: parts[0], test: parts.count > 1 ? parts[1] : nil)
    cut.notes += zip(files, limited).flatMap { $1.notes(file: $0.name, limit: limit) }
    cut.fingerprint = try [train, test].compactMap(\.self)
      .map { try sha256(ofFile: URL(filePath: $0)) }.joined(separator: " ")
    try require(
      !cut.train.isEmpty, CodingKeys.train, "a file without a pair to learn from",
      "one that leaves some once held_out and referee are taken from it")
    let length = completionLength(of: parts.flatMap(\.self), maximumLength: maximumLength)
    let scorer = score.map { ScoringCommand($0, tokenizer: tokenizer) }
    return PairsTask(
      pairs: cut, tokenizer: tokenizer, maximumCompletionLength: length, judge: judge,
      scorer: scorer)
  }

  /// The longest completion of the pairs, or what is asked for, within what the longest prompt leaves.
  private func completionLength(of pairs: [PreferencePair], maximumLength: Int?) -> Int {
    let longest = pairs.map { max($0.chosen.count, $0.rejected.count) }.max() ?? 1
    let room = (maximumLength ?? .max) - (pairs.map(\.prompt.count).max() ?? 0)
    return max(1, min(maximumNewTokens ?? min(longest, Self.longestByDefault), room))
  }
}
