public import Autograd
import Synchronization
public import TensorKernels
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
private func inferInChunks<Scalar, Answer: Sendable>(
  _ sequences: [TokenSequence], _ parameters: ParameterSet<Scalar>,
  _ workers: InferenceWorkers<Scalar>,
  _ answer: @Sendable (SequenceBatch, RecordedParameters<Scalar>, Tape<Scalar>) -> [Answer]
) -> [Answer] {
  let ranges = inferenceChunks(ofLengths: sequences.map(\.tokens.count))
  return workers.map(ranges.count) { chunk, tape in
    answer(SequenceBatch(Array(sequences[ranges[chunk]])), tape.record(parameters), tape)
  }.flatMap(\.self)
}

/// Consecutive ranges of at least one item and, beyond that, at most 256 tokens.
///
/// A row's result does not depend on the rows beside it, so that chunks decide memory and speed alone.
package func inferenceChunks(ofLengths lengths: [Int]) -> [Range<Int>] {
  var ranges: [Range<Int>] = []
  var (start, tokens) = (0, 0)
  for (i, length) in lengths.enumerated() {
    if i > start, tokens + length > chunkTokens {
      ranges.append(start..<i)
      (start, tokens) = (i, 0)
    }
    tokens += length
  }
  return start < lengths.count ? ranges + [start..<lengths.count] : ranges
}

extension Array {
  /// The elements of each segment.
  fileprivate func split(by segments: Segments) -> [[Element]] {
    (0..<segments.count).map { Array(self[segments[$0]]) }
  }
}

/// The threads that read sequences without gradients, with tapes that they keep between calls.
///
/// How many there are decides how fast answers come, never their bits. Several threads may call
/// them at once: each call takes tapes that no other has.
public final class InferenceWorkers<Scalar: TensorScalar>: Sendable {
  /// How many threads there are.
  public let count: Int
  private let idle = Mutex<[SharedTape<Scalar>]>([])

  /// Workers with this many threads.
  public init(count: Int = 1) {
    precondition(count > 0, "\(count) workers")
    self.count = count
  }

  /// Buffers that the tapes have made; a call of the sizes of an earlier one makes none.
  public var bufferAllocations: Int {
    idle.withLock { $0.reduce(0) { $0 + $1.withTape { $0.bufferAllocations } } }
  }

  /// The answers of the body for 0 ..< items, each on a tape that is empty before and after.
  public func map<Answer: Sendable>(
    _ items: Int, _ answer: @Sendable (_ index: Int, _ tape: Tape<Scalar>) -> Answer
  ) -> [Answer] {
    let tapes = take(min(count, items))
    defer { idle.withLock { $0 += tapes } }
    return concurrentMap(items, workers: tapes.count) { index, worker in
      tapes[worker].withTape { tape in
        defer { tape.reset() }
        return answer(index, tape)
      }
    }
  }

  /// As many tapes as wanted that nobody else has, made where there are too few.
  private func take(_ wanted: Int) -> [SharedTape<Scalar>] {
    let found = idle.withLock { idle in
      let found = Array(idle.suffix(wanted))
      idle.removeLast(found.count)
      return found
    }
    return found + (found.count..<wanted).map { _ in SharedTape(recordsGradients: false) }
  }
}
