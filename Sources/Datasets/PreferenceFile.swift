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
    try encoded(by: tokenizer) { fault(in: $0, maximumLength: maximumLength) }.map(\.pair)
  }

  /// The pairs as token ids, each sequence cut to a length as TRL's `max_length` does it.
  ///
  /// What is cut off is a completion's end, its end token included. A pair whose prompt leaves no room,
  /// or whose completions begin alike for all of the room, is left out.
  public func tokenized(
    by tokenizer: some Tokenizer, cutTo length: Int
  ) throws(DataError) -> CutPairs {
    var result = CutPairs()
    for (pair, line) in try encoded(by: tokenizer, refusing: sameTokens) {
      guard let cut = pair.cut(to: length) else {
        result.linesLeftOut.append(line)
        continue
      }
      if cut != pair { result.linesCut.append(line) }
      result.pairs.append(cut)
    }
    return result
  }

  /// Every pair as ids with its line, unless one cannot be encoded or is refused.
  private func encoded(
    by tokenizer: some Tokenizer, refusing fault: (PreferencePair) -> Fault?
  ) throws(DataError) -> [(pair: PreferencePair, line: Int)] {
    var problems: [DataProblem] = []
    var encoded: [(pair: PreferencePair, line: Int)] = []
    for (pair, line) in zip(pairs, lines) {
      do throws(TokenizationError) {
        let tokens = try pair.tokenized(by: tokenizer)
        encoded.append((tokens, line))
        if let (what, remedy) = fault(tokens) {
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
    return encoded
  }

  private typealias Fault = (what: String, remedy: String)

  private func fault(in pair: PreferencePair, maximumLength: Int) -> Fault? {
    let length = pair.prompt.count + max(pair.chosen.count, pair.rejected.count)
    guard length > maximumLength else { return sameTokens(pair) }
    return (
      "prompt and completion have \(length) tokens, the model takes \(maximumLength)",
      "shorten the text, or use a model with more positions"
    )
  }

  private func sameTokens(_ pair: PreferencePair) -> Fault? {
    guard pair.chosen == pair.rejected else { return nil }
    return ("chosen and rejected have the same tokens", "make them differ or delete the line")
  }
}

/// Pairs of limited length, with what the limit did to which lines of their file.
public struct CutPairs: Sendable, Equatable {
  /// The pairs that are left, in the order of the lines.
  public var pairs: [PreferencePair] = []
  /// The lines whose completions were cut.
  public var linesCut: [Int] = []
  /// The lines that have nothing left to compare.
  public var linesLeftOut: [Int] = []
}
