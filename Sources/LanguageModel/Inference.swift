import Autograd
import TensorKernels
public import Tokenization

extension Transformer {
  /// The log-probability of every completion token, without gradients.
  public func logProbabilities(
    of sequences: [TokenSequence], temperature: Scalar = 1,
    on workers: InferenceWorkers<Scalar> = InferenceWorkers()
  ) -> [[Scalar]] {
    inferInChunks(sequences, parameters, workers) { batch, recorded, tape in
      tokenLogProbabilities(batch, recorded, on: tape, temperature: temperature)
        .logProbabilities.values.split(by: batch.completions)
    }
  }

  /// The log-probability of every completion: the sum over its tokens.
  public func completionLogProbabilities(
    of sequences: [TokenSequence], temperature: Scalar = 1,
    on workers: InferenceWorkers<Scalar> = InferenceWorkers()
  ) -> [Scalar] {
    logProbabilities(of: sequences, temperature: temperature, on: workers)
      .map { $0.reduce(0, +) }
  }
}

extension ScalarModel {
  /// The score of every sequence, read at its last token: what a reward model answers.
  public func lastTokenScores(
    of sequences: [TokenSequence], on workers: InferenceWorkers<Scalar> = InferenceWorkers()
  ) -> [Scalar] {
    inferInChunks(sequences, parameters, workers) { batch, recorded, tape in
      values(batch, recorded, on: tape, rows: batch.lastRows).values
    }
  }

  /// The values of every completion's states: before each token, and after the last one.
  ///
  /// A completion of n tokens has n + 1 values.
  public func values(
    of sequences: [TokenSequence], on workers: InferenceWorkers<Scalar> = InferenceWorkers()
  ) -> [[Scalar]] {
    inferInChunks(sequences, parameters, workers) { batch, recorded, tape in
      values(batch, recorded, on: tape, rows: batch.stateRows).values.split(by: batch.states)
    }
  }
}

/// Tokens after which an inference chunk ends; its activations then still fit the caches.
private let chunkTokens = 256

/// Answers for all sequences, a chunk of them at a time.
///
/// The chunks depend on the list of sequences and on nothing else, so that the same list always
/// gives the same bits.
private func inferInChunks<Scalar, Answer: Sendable>(
  _ sequences: [TokenSequence], _ parameters: ParameterSet<Scalar>,
  _ workers: InferenceWorkers<Scalar>,
  _ answer: @Sendable (SequenceBatch, RecordedParameters<Scalar>, Tape<Scalar>) -> [Answer]
) -> [Answer] {
  let ranges = chunks(of: sequences)
  return workers.map(ranges.count) { chunk, tape in
    answer(SequenceBatch(Array(sequences[ranges[chunk]])), tape.record(parameters), tape)
  }.flatMap(\.self)
}

/// Consecutive ranges of at least one sequence and, beyond that, at most `chunkTokens` tokens.
private func chunks(of sequences: [TokenSequence]) -> [Range<Int>] {
  var ranges: [Range<Int>] = []
  var (start, tokens) = (0, 0)
  for (i, sequence) in sequences.enumerated() {
    let length = sequence.prompt.count + sequence.completion.count
    if i > start, tokens + length > chunkTokens {
      ranges.append(start..<i)
      (start, tokens) = (i, 0)
    }
    tokens += length
  }
  return start < sequences.count ? ranges + [start..<sequences.count] : ranges
}

extension Array {
  /// The elements of each segment.
  fileprivate func split(by segments: Segments) -> [[Element]] {
    (0..<segments.count).map { Array(self[segments[$0]]) }
  }
}
