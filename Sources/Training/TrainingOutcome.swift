/// How a training run ended; a divergence is a finding that is kept and counted.
public enum TrainingOutcome: Codable, Sendable, Equatable {
  /// All steps were taken.
  case completed
  /// The loss or the gradient norm of this step was not finite; parameters are those before it.
  case diverged(step: Int)
}
