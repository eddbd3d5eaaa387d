import Autograd
import LanguageModel
import RealModule
import TensorKernels
import Tokenization

/// Estimates of KL(π‖π_ref) per completion, from completions sampled from π, one value each.
///
/// With dₜ = log π(yₜ) − log π_ref(yₜ), Schulman (2020), 'Approximating KL divergence':
///
///     k1 = Σₜ dₜ                      unbiased; single values may be negative
///     k3 = Σₜ (exp(−dₜ) − 1 + dₜ)     unbiased too, since E[exp(−dₜ) | y₍<ₜ₎] = 1; never negative
///
/// A sum over tokens, not a mean: the objective penalises the divergence of whole completions.
package struct SequenceDivergence: Sendable, Equatable {
  /// The plain log-ratio of each completion.
  package let k1: [Double]
  /// The non-negative estimate of each completion.
  package let k3: [Double]

  /// The estimates from the log-probability of every token under both models.
  package init(policy: [[Double]], reference: [[Double]]) {
    precondition(
      policy.count == reference.count, "\(policy.count) completions against \(reference.count)")
    let logRatios = zip(policy, reference).map { own, other in
      precondition(own.count == other.count, "\(own.count) tokens against \(other.count)")
      return zip(own, other).map { $0 - $1 }
    }
    k1 = logRatios.map { $0.reduce(0, +) }
    k3 = logRatios.map { $0.reduce(0) { $0 + (.expMinusOne(-$1) + $1) } }
  }
}

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
