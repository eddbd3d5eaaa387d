import Autograd
import LanguageModel
import TensorKernels
import Tokenization

/// What a model says about given completions, token by token.
struct TokenScores {
  /// The log-probability of each token of each completion.
  let logProbabilities: [[Double]]
  /// The entropy of the distribution that each token was drawn from.
  let entropies: [[Double]]

  /// Scores the completions, a fixed number of them at a time.
  ///
  /// Two models that score the same list go through products of the same shapes, so that equal
  /// parameters give equal bits.
  init(
    of sequences: [TokenSequence], under model: Transformer<Float>, temperature: Double,
    on workers: InferenceWorkers<Float>
  ) {
    let starts = Array(stride(from: 0, to: sequences.count, by: Self.chunkSize))
    let chunks = workers.map(starts.count) { chunk, tape in
      let batch = SequenceBatch(Array(sequences[starts[chunk]...].prefix(Self.chunkSize)))
      let scores = model.tokenLogProbabilities(
        batch, tape.record(model.parameters), on: tape, temperature: Float(temperature))
      let values = scores.logProbabilities.values
      return (0..<batch.count).map { i in
        (
          values[batch.completions[i]].map { Double($0) },
          scores.entropies[batch.completions[i]].map { Double($0) }
        )
      }
    }
    logProbabilities = chunks.flatMap { $0.map(\.0) }
    entropies = chunks.flatMap { $0.map(\.1) }
  }

  private static let chunkSize = 32
}
