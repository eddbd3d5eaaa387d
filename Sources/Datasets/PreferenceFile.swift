public import Foundation
public import Tokenization

/// Whether a completion without a single character may be read.
public enum EmptyCompletions: Sendable {
  /// An empty completion is an error, as in data written by people.
  case refused
  /// A completion may end at once; for tasks whose policies can do that.
  case allowed
}

/// Preference pairs as read from a JSON Lines file, with the line that each stands on.
///
/// Accepted are TRL's standard form `{"prompt", "chosen", "rejected"}` and its implicit form
/// `{"chosen", "rejected"}`, where the prompt is what both completions begin with; conversations
/// are refused. `margin`, a number, is read as TRL's `RewardTrainer` does; a line may go without.
/// Other keys are ignored. Lines may end in LF or CRLF, and blank lines are skipped.
/// A byte order mark and any line with an error refuse the whole file.
public struct PreferenceFile: Sendable {
  /// The file as the user named it.
  public let name: String
  /// The pairs, in the order of the lines.
  public let pairs: [TextPair]
  /// The line of each pair, counted from one.
  public let lines: [Int]

  init(name: String, pairs: [TextPair], lines: [Int]) {
    (self.name, self.pairs, self.lines) = (name, pairs, lines)
  }

  /// Reads a file.
  public init(
    contentsOf url: URL, emptyCompletions: EmptyCompletions = .refused
  ) throws(DataError) {
    let data = try contents(of: url)
    try self.init(data, name: url.relativePath, emptyCompletions: emptyCompletions)
  }

  /// Reads the contents of a file; the name appears in messages.
  public init(
    _ data: Data, name: String, emptyCompletions: EmptyCompletions = .refused
  ) throws(DataError) {
    var reading = PreferenceReading(name: name, emptyCompletions: emptyCompletions)
    reading.read(data)
    guard reading.problems.isEmpty else { throw DataError(reading.problems) }
    (self.name, pairs, lines) = (name, reading.pairs, reading.lines)
  }

  /// The pairs as token ids.
  ///
  /// A pair is too long if its prompt and either completion, with begin and end token, have more
  /// ids than the model has positions.
  public func tokenized(
    by tokenizer: some Tokenizer, maximumLength: Int
  ) throws(DataError) -> [PreferencePair] {
    var problems: [DataProblem] = []
    var tokenized: [PreferencePair] = []
    for (pair, line) in zip(pairs, lines) {
      do throws(TokenizationError) {
        let tokens = try pair.tokenized(by: tokenizer)
        tokenized.append(tokens)
        if let (what, remedy) = fault(in: tokens, maximumLength: maximumLength) {
          problems.append(DataProblem(file: name, line: line, what: what, remedy: remedy))
        }
      } catch {
        problems.append(
          DataProblem(
            file: name, line: line, what: "\(error)",
            remedy: "use the words of the model's vocabulary, or another model"))
      }
    }
    guard problems.isEmpty else { throw DataError(problems) }
    return tokenized
  }

  private func fault(
    in pair: PreferencePair, maximumLength: Int
  ) -> (what: String, remedy: String)? {
    let length = pair.prompt.count + max(pair.chosen.count, pair.rejected.count)
    if length > maximumLength {
      return (
        "prompt and completion have \(length) tokens, the model takes \(maximumLength)",
        "shorten the text, or use a model with more positions"
      )
    }
    guard pair.chosen == pair.rejected else { return nil }
    return ("chosen and rejected have the same tokens", "make them differ or delete the line")
  }
}
