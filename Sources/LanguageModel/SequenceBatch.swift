public import TensorKernels
public import Tokenization

/// Sequences laid end to end as rows, with the rows that predict their completions.
///
/// There is no padding: row r holds token r, and `segments` says which rows are one sequence. What a
/// sequence has in common with the first one of the same prompt is there once: `prefixes` says which
/// rows it reads before its own. Their states are the same for every sequence that begins with them,
/// and the gradients of all of these add up there.
///
/// The row before a token predicts it, hence the prompt's last row predicts the first token of
/// the completion, and prompt tokens are not targets at all.
public struct SequenceBatch: Sendable {
  /// The tokens of all rows.
  public let tokens: [Int]
  /// The rows of each sequence that no other holds for it.
  public let segments: Segments
  /// The rows of each sequence before those, which are an earlier sequence's first.
  public let prefixes: [Range<Int>]
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
    let shared = sharedPrefixes(of: rows, promptLengths)
    let own = zip(rows, shared).map { row, shared in row.dropFirst(shared.length) }
    let segments = Segments(lengths: own.map(\.count))
    let prefixes = shared.map { shared in
      segments.offsets[shared.owner]..<segments.offsets[shared.owner] + shared.length
    }
    tokens = own.flatMap(\.self)
    (self.segments, self.prefixes) = (segments, prefixes)
    func stateRows(_ sequence: Int) -> [Int] {
      (promptLengths[sequence] - 1..<rows[sequence].count).map {
        rowNumber(ofToken: $0, prefix: prefixes[sequence], own: segments[sequence])
      }
    }
    let states = rows.indices.map(stateRows)
    predictionRows = states.flatMap { $0.dropLast() }
    targets = zip(rows, promptLengths).flatMap { $0.dropFirst($1) }
    completions = Segments(lengths: states.map { $0.count - 1 })
    self.stateRows = states.flatMap(\.self)
    self.states = Segments(lengths: states.map(\.count))
    lastRows = states.map { $0[$0.count - 1] }
  }

  /// Sequences in the batch.
  public var count: Int { segments.count }

  /// The tokens of each sequence, prompt and completion together.
  public var sequenceLengths: [Int] {
    (0..<count).map { prefixes[$0].count + segments[$0].count }
  }

  /// The row that holds a token of a sequence, counted from the first one of its prompt.
  public func row(ofToken token: Int, in sequence: Int) -> Int {
    rowNumber(ofToken: token, prefix: prefixes[sequence], own: segments[sequence])
  }
}

/// The row of a sequence's token, the first ones of which are rows of another sequence.
private func rowNumber(ofToken token: Int, prefix: Range<Int>, own: Range<Int>) -> Int {
  token < prefix.count ? prefix.lowerBound + token : own.lowerBound + token - prefix.count
}

/// For each sequence the first one with its prompt, and how many tokens both begin with; none for
/// that one itself.
private func sharedPrefixes(
  of rows: [[Int]], _ promptLengths: [Int]
) -> [(owner: Int, length: Int)] {
  var owners: [ArraySlice<Int>: Int] = [:]
  return rows.indices.map { i in
    guard let owner = owners[rows[i].prefix(promptLengths[i])] else {
      owners[rows[i].prefix(promptLengths[i])] = i
      return (i, 0)
    }
    return (owner, zip(rows[owner], rows[i]).prefix { $0 == $1 }.count)
  }
}
