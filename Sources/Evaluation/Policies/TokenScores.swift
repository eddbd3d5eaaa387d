import Autograd
import LanguageModel
import TensorKernels
import Tokenization

/// What a model says about given completions, token by token.
struct TokenScores {
  /// The log-probability of each token of each completion.
  var logProbabilities: [[Double]] = []
  /// The entropy of the distribution that each token was drawn from.
  var entropies: [[Double]] = []

  /// Scores the completions, a fixed number of them at a time.
  ///
  /// Two models that score the same list go through products of the same shapes, so that equal
  /// parameters give equal bits.
  init(of sequences: [TokenSequence], under model: Transformer<Float>, temperature: Double) {
    let tape = Tape<Float>()
    for start in stride(from: 0, to: sequences.count, by: Self.chunkSize) {
      let batch = SequenceBatch(Array(sequences[start...].prefix(Self.chunkSize)))
      let scores = model.tokenLogProbabilities(
        batch, tape.record(model.parameters), on: tape, temperature: Float(temperature))
      let values = scores.logProbabilities.values
      for i in 0..<batch.count {
        logProbabilities.append(values[batch.completions[i]].map { Double($0) })
        entropies.append(scores.entropies[batch.completions[i]].map { Double($0) })
      }
      tape.reset()
    }
  }

  private static let chunkSize = 32
}
