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

/// That objective and its optimum by enumeration, over prompts as often as they appear.
struct ExactMeanObjective: Sendable {
  private let objectives: [ExactObjective]
  private let frequencies: [Double]
  private let referenceValue: Double
  private let optimalValue: Double

  init(
    _ target: EvaluatedObjective, reference: ExactPolicy, gold: [[Double]], frequencies: [Double]
  ) {
    objectives = zip(reference.logProbabilities, gold).map { logReference, gold in
      ExactObjective(
        logReference: logReference, rewards: gold.map { $0 / target.annotatorTemperature },
        beta: target.beta)
    }
    self.frequencies = frequencies
    referenceValue = weightedSum(
      zip(objectives, reference.logProbabilities).map { $0.value(of: $1) }, frequencies)
    optimalValue = weightedSum(objectives.map(\.softValue), frequencies)
  }

  /// E_x KL(π‖π*), in nats.
  func suboptimality(of policy: ExactPolicy) -> Double {
    weightedSum(
      zip(objectives, policy.logProbabilities).map { $0.suboptimality(of: $1) }, frequencies)
  }

  /// (J − J_ref)/(J* − J_ref): zero of the reference and one of the optimum.
  func normalizedValue(of policy: ExactPolicy) -> Double {
    let value = weightedSum(
      zip(objectives, policy.logProbabilities).map { $0.value(of: $1) }, frequencies)
    return (value - referenceValue) / (optimalValue - referenceValue)
  }
}

/// The sum of values with their weights.
func weightedSum(_ values: [Double], _ weights: [Double]) -> Double {
  zip(values, weights).reduce(0) { $0 + $1.0 * $1.1 }
}
