/// The objective that all arms of an experiment aim at, against the true reward.
///
///     J(π) = E_x E_π[gold/T] − β·KL(π‖π_ref)        Rafailov (2023), equation 3
public struct EvaluatedObjective: Sendable, Equatable {
  /// The strength β of the divergence.
  public var beta: Double
  /// The annotator's temperature T, by which the gold is divided.
  public var annotatorTemperature: Double

  /// The objective of an experiment.
  public init(beta: Double, annotatorTemperature: Double = 1) {
    (self.beta, self.annotatorTemperature) = (beta, annotatorTemperature)
  }
}
