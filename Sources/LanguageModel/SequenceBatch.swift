public import TensorKernels
public import Tokenization

/// Sequences laid end to end as rows, with the rows that predict their completions.
///
/// There is no padding: row r holds token r, and `segments` says which rows are one sequence.
/// The row before a token predicts it, hence the prompt's last row predicts the first token of
/// the completion, and prompt tokens are no targets at all.
public struct SequenceBatch: Sendable {
  /// The tokens of all sequences, end to end.
  public let tokens: [Int]
  /// The rows of each sequence.
  public let segments: Segments
  /// The rows whose next token belongs to a completion.
  public let predictionRows: [Int]
  /// The token that each prediction row predicts.
  public let targets: [Int]
  /// The prediction rows of each sequence, counted along `predictionRows`.
  public let completions: Segments
  /// The last row of each sequence, where a reward model reads its score.
  public let lastRows: [Int]
  /// The states of each completion: those before each of its tokens, and the one after the last.
  public let stateRows: [Int]
  /// The states of each sequence, counted along `stateRows`; one more than it has targets.
  public let states: Segments

  /// Packs whole sequences; every prompt needs a token, since something must predict the first.
  public init(_ sequences: [TokenSequence]) {
    self.init(
      rows: sequences.map { $0.prompt + $0.completion },
      promptLengths: sequences.map(\.prompt.count))
  }

  /// Packs right-padded rows; nothing at or past a row's length is ever read.
  ///
  /// - Parameters:
  ///   - padded: Prompt, completion and padding of each sequence.
  ///   - promptLengths: Tokens of each prompt.
  ///   - lengths: Tokens of each prompt and completion together.
  public init(padded: [[Int]], promptLengths: [Int], lengths: [Int]) {
    precondition(
      padded.count == lengths.count, "\(padded.count) sequences but \(lengths.count) lengths")
    let rows = zip(padded, lengths).map { row, length in
      precondition(length <= row.count, "length \(length) of a row of \(row.count)")
      return Array(row.prefix(length))
    }
    self.init(rows: rows, promptLengths: promptLengths)
  }

  private init(rows: [[Int]], promptLengths: [Int]) {
    precondition(
      rows.count == promptLengths.count,
      "\(rows.count) sequences but \(promptLengths.count) prompt lengths")
    for (row, prompt) in zip(rows, promptLengths) {
      precondition(prompt >= 1 && prompt <= row.count, "prompt of \(prompt) in \(row.count) tokens")
    }
    tokens = rows.flatMap(\.self)
    segments = Segments(lengths: rows.map(\.count))
    let starts = segments.offsets
    let completionLengths = zip(rows, promptLengths).map { $0.count - $1 }
    let firstRows = zip(starts, promptLengths).map { $0 + $1 - 1 }
    predictionRows = zip(firstRows, completionLengths).flatMap { $0..<($0 + $1) }
    targets = zip(rows, promptLengths).flatMap { $0.dropFirst($1) }
    completions = Segments(lengths: completionLengths)
    stateRows = zip(firstRows, completionLengths).flatMap { $0...($0 + $1) }
    states = Segments(lengths: completionLengths.map { $0 + 1 })
    lastRows = zip(starts, rows).map { $0 + $1.count - 1 }
  }

  /// Sequences in the batch.
  public var count: Int { segments.count }

  /// The tokens of each sequence, prompt and completion together.
  public var sequenceLengths: [Int] { (0..<count).map { segments[$0].count } }
}
