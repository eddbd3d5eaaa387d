import RealModule

/// The objective of one prompt whose completions can be enumerated, and its optimum.
///
///     J(q) = E_q[r] − β·KL(q‖p)        Z = Σ p·exp(r/β)        π* = p·exp(r/β)/Z
///
/// Rafailov (2023), equations 3 and 4. For every policy J(q) = β·log Z − β·KL(q‖π*), equations 11
/// to 15.
package struct ExactObjective: Sendable {
  /// The reference's log-probabilities, log p, of all completions.
  package let logReference: [Double]
  /// The reward of each completion.
  package let rewards: [Double]
  /// The strength β of the divergence against the reward.
  package let beta: Double

  /// An objective over completions whose reference probabilities sum to one.
  package init(logReference: [Double], rewards: [Double], beta: Double) {
    precondition(
      logReference.count == rewards.count,
      "\(rewards.count) rewards of \(logReference.count) completions")
    precondition(beta > 0, "beta is \(beta), not positive")
    self.logReference = logReference
    self.rewards = rewards
    self.beta = beta
  }

  private var tilted: [Double] { zip(logReference, rewards).map { $0 + $1 / beta } }

  /// The logarithm of the partition function, log Z.
  package var logPartition: Double { logSumOfExponentials(tilted) }

  /// The soft value V* = β·log Z: the objective's largest value.
  package var softValue: Double { beta * logPartition }

  /// The log-probabilities of the optimal policy π*.
  package var optimalLogProbabilities: [Double] { normalized(tilted) }

  /// The reference's probability p(y) of a completion.
  package func referenceProbability(_ completion: Int) -> Double { .exp(logReference[completion]) }

  /// The expected reward E_q[r].
  package func reward(of logPolicy: [Double]) -> Double {
    expectation(of: rewards, under: logPolicy)
  }

  /// The objective J(q).
  package func value(of logPolicy: [Double]) -> Double {
    reward(of: logPolicy) - beta * klDivergence(of: logPolicy, from: logReference)
  }

  /// How far a policy is from the optimum, KL(q‖π*) in nats; zero only for π*.
  package func suboptimality(of logPolicy: [Double]) -> Double {
    klDivergence(of: logPolicy, from: optimalLogProbabilities)
  }
}

/// The prompts of an enumerable language with their objectives and how often each is drawn.
package struct EnumeratedObjectives: Sendable {
  /// The different prompts.
  package let prompts: [[Int]]
  /// The share of each prompt; they sum to one.
  package let frequencies: [Double]
  /// The objective of each prompt.
  package let objectives: [ExactObjective]
  /// All completions, in the order of the objectives' tables.
  package let completions: CompletionTree

  /// Prompts with as many frequencies and objectives.
  package init(
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
  package func suboptimality(of policy: ExactPolicy) -> Double {
    weightedSum(
      zip(objectives, policy.logProbabilities).map { $0.suboptimality(of: $1) }, frequencies)
  }

  /// (J − J_ref)/(J* − J_ref): zero of the reference and one of the optimum.
  package func normalizedValue(of policy: ExactPolicy) -> Double {
    let values = zip(objectives, policy.logProbabilities).map { $0.value(of: $1) }
    let (reference, optimum) = ends
    return (weightedSum(values, frequencies) - reference) / (optimum - reference)
  }
}

/// The sum of values with their weights.
package func weightedSum(_ values: [Double], _ weights: [Double]) -> Double {
  zip(values, weights).reduce(0) { $0 + $1.0 * $1.1 }
}
