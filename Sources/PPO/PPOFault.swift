/// A mistake of an implementation that a run makes on purpose, for the gallery of broken runs only.
///
/// No key of a correct trainer has these effects. `tandem diagnose` learns from such runs what the
/// mistakes look like in metrics; a run with one of them is evidence of nothing else.
public enum PPOFault: String, Codable, Sendable, CaseIterable {
  /// None: the default, and the only honest value outside of the gallery.
  case none
  /// The reference's log-probabilities are those of the policy itself, so that the KL is zero always.
  case aliasedReference = "aliased-reference"
  /// Updates forget the temperature that the rollouts were drawn and measured with.
  case temperatureMismatch = "temperature-mismatch"
  /// Padding and end token are one: masks hide the end token, and the reward model never reads it.
  case padIsEnd = "pad-is-end"
  /// Every pass over the rollouts has its own noise of deviation 0.1 in the log-probabilities, as
  /// dropout that was left on.
  case noisyLogProbabilities = "noisy-log-probabilities"

  /// The deviation of the noise, in nats.
  static let noiseDeviation = 0.1
}
