/// The prompts of an enumerable language with their objectives and how often each is drawn.
public struct EnumeratedObjectives: Sendable {
  /// The different prompts.
  public let prompts: [[Int]]
  /// The share of each prompt; they sum to one.
  public let frequencies: [Double]
  /// The objective of each prompt.
  public let objectives: [ExactObjective]
  /// All completions, in the order of the objectives' tables.
  public let completions: CompletionTree

  /// Prompts with as many frequencies and objectives.
  public init(
    prompts: [[Int]], frequencies: [Double], objectives: [ExactObjective],
    completions: CompletionTree
  ) {
    precondition(
      prompts.count == frequencies.count && prompts.count == objectives.count,
      "\(prompts.count) prompts, \(frequencies.count) frequencies, \(objectives.count) objectives")
    (self.prompts, self.frequencies) = (prompts, frequencies)
    (self.objectives, self.completions) = (objectives, completions)
  }

  /// J of the reference, and of the optimum: E_x β·log Z.
  private var ends: (reference: Double, optimum: Double) {
    (
      weightedSum(objectives.map { $0.value(of: $0.logReference) }, frequencies),
      weightedSum(objectives.map(\.softValue), frequencies)
    )
  }

  /// E_x KL(π‖π*), in nats.
  public func suboptimality(of policy: ExactPolicy) -> Double {
    weightedSum(
      zip(objectives, policy.logProbabilities).map { $0.suboptimality(of: $1) }, frequencies)
  }

  /// (J − J_ref)/(J* − J_ref): zero of the reference and one of the optimum.
  public func normalizedValue(of policy: ExactPolicy) -> Double {
    let values = zip(objectives, policy.logProbabilities).map { $0.value(of: $1) }
    let (reference, optimum) = ends
    return (weightedSum(values, frequencies) - reference) / (optimum - reference)
  }
}

/// The sum of values with their weights.
func weightedSum(_ values: [Double], _ weights: [Double]) -> Double {
  zip(values, weights).reduce(0) { $0 + $1.0 * $1.1 }
}
