/// Text to token ids and back.
///
/// A tokenizer has three special tokens: `beginToken` opens every prompt, `endToken` closes a
/// completion that ended by itself, and `padToken` differs from both, because readers of reward
/// models find the last real token as the rightmost one that is not padding.
public protocol Tokenizer: Sendable {
  /// The number of ids, special tokens included; ids run from zero.
  var vocabularySize: Int { get }
  /// The id that closes a completion that ended by itself.
  var endToken: Int { get }
  /// The id that fills up shorter rows; never part of a text.
  var padToken: Int { get }
  /// The id that opens every prompt.
  var beginToken: Int { get }
  /// The ids of a text, without special tokens.
  func encode(_ text: String) throws(TokenizationError) -> [Int]
  /// The ids that a text has as a prompt; there is at least one, since something must predict the
  /// first token of a completion.
  func encodePrompt(_ text: String) throws(TokenizationError) -> [Int]
  /// The text of the ids; special tokens leave no trace in it.
  func decode(_ tokens: [Int]) -> String
}

extension Tokenizer {
  /// The begin token, then the text.
  public func encodePrompt(_ text: String) throws(TokenizationError) -> [Int] {
    [beginToken] + (try encode(text))
  }
}

/// The names of the special tokens in the files that other tools read.
public enum SpecialToken: String, Sendable, CaseIterable {
  /// Fills up shorter rows.
  case pad = "<pad>"
  /// Opens every prompt.
  case begin = "<bos>"
  /// Closes a completion that ended by itself.
  case end = "<eos>"
}

/// What can be wrong with a text or with a tokenizer's files.
public enum TokenizationError: Error, Equatable {
  /// A word that the vocabulary does not hold; positions count words from one.
  case unknownWord(String, position: Int)
  /// A file that cannot be read or written.
  case inaccessibleFile(path: String, reason: String)
  /// A file that is not the tokenizer that it should be.
  case malformedFile(path: String, reason: String)
  /// A tokenizer's file that asks for something we do not follow.
  case malformedTokenizer(path: String, TokenizerFileError)
  /// A table of pieces that breaks a rule of its format.
  case malformedPieces(path: String, PieceFileError)
  /// A tokenizer for which no file format is defined.
  case unsupportedTokenizer(String)
}

extension TokenizationError: CustomStringConvertible {
  /// The mistake as a sentence.
  public var description: String {
    switch self {
    case .unknownWord(let word, let position):
      "word \(position), '\(word)', is not in the vocabulary"
    case .inaccessibleFile(let path, let reason): "\(path): \(reason)"
    case .malformedFile(let path, let reason): "\(path): \(reason)"
    case .malformedTokenizer(let path, let error):
      "\(path): \(error); use the tokenizer that was exported with the model"
    case .malformedPieces(let path, let error):
      "\(path): \(error); use the tokenizer that was exported with the model"
    case .unsupportedTokenizer(let name): "a tokenizer of type \(name) has no file format"
    }
  }
}

/// A prompt with one completion, as token ids.
///
/// The prompt begins with the tokenizer's begin token. The completion holds the end token as its
/// last id if and only if it ended by itself; a completion cut off at the length limit does not.
public struct TokenSequence: Hashable, Sendable, Codable {
  /// The ids that the completion is conditioned on.
  public var prompt: [Int]
  /// The ids whose probability a policy is asked for.
  public var completion: [Int]

  /// Joins a prompt and a completion.
  public init(prompt: [Int], completion: [Int]) {
    self.prompt = prompt
    self.completion = completion
  }

  /// Prompt and completion, end to end.
  public var tokens: [Int] { prompt + completion }

  /// Whether the completion ended by itself.
  public func hasEnded(with endToken: Int) -> Bool { completion.last == endToken }
}
