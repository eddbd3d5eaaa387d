import Datasets
import LanguageModel
import PPO
import Tokenization

/// A mistake of an implementation that a run makes on purpose, for the gallery of broken runs only.
///
/// An arm names it beside its method (`gallery_fault: aliased-reference`); it changes the parts that the
/// training is given and none of its settings. `tandem diagnose` learns from such runs what the
/// mistakes look like in metrics; a run with one of them is evidence of nothing else.
package enum GalleryFault: String, Codable, Sendable, CaseIterable {
  /// The reference's log-probabilities are those of the policy itself, so that the KL is zero always.
  case aliasedReference = "aliased-reference"
  /// Updates forget the temperature that the rollouts were drawn and measured with.
  case temperatureMismatch = "temperature-mismatch"
  /// Padding and end token are one: masks hide the end token, and the reward model never reads it.
  case padIsEnd = "pad-is-end"
  /// Every pass over the rollouts has its own noise in the log-probabilities, as dropout that was
  /// left on.
  case noisyLogProbabilities = "noisy-log-probabilities"

  /// The deviation of the noise, in nats.
  private static let noiseDeviation = 0.1

  /// The parts of a training that makes the mistake; the seed is the training's.
  func parts(seed: Seed) -> PPOParts {
    var parts = PPOParts()
    switch self {
    case .aliasedReference: parts.reference = { _, policy in policy }
    case .temperatureMismatch: parts.updateTemperature = { _ in 1 }
    case .padIsEnd:
      parts.mask = { sample, width in
        let kept = sample.sequence.completion.dropLast(sample.ended ? 1 : 0)
        return MaskedSample(
          sequence: TokenSequence(prompt: sample.sequence.prompt, completion: Array(kept)),
          endTokens: width - kept.count)
      }
    case .noisyLogProbabilities:
      parts.measurements = { shards, iteration in
        var noise = seed.generator(for: "ppo.fault", step: iteration)
        func noisy(_ values: [Float]) -> [Float] {
          values.map { $0 + Float(Self.noiseDeviation * noise.normal()) }
        }
        for shard in shards.indices {
          shards[shard].logProbabilities = noisy(shards[shard].logProbabilities)
          shards[shard].referenceLogProbabilities = noisy(shards[shard].referenceLogProbabilities)
        }
      }
    }
    return parts
  }
}
