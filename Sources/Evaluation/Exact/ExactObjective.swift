import RealModule

/// The objective of one prompt whose completions can be enumerated, and its optimum.
///
///     J(q) = E_q[r] − β·KL(q‖p)        Z = Σ p·exp(r/β)        π* = p·exp(r/β)/Z
///
/// Rafailov (2023), equations 3 and 4. For every policy J(q) = β·log Z − β·KL(q‖π*), equations 11
/// to 15.
public struct ExactObjective: Sendable {
  /// The reference's log-probabilities, log p, of all completions.
  public let logReference: [Double]
  /// The reward of each completion.
  public let rewards: [Double]
  /// The strength β of the divergence against the reward.
  public let beta: Double

  /// An objective over completions whose reference probabilities sum to one.
  public init(logReference: [Double], rewards: [Double], beta: Double) {
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
  public var logPartition: Double { logSumOfExponentials(tilted) }

  /// The soft value V* = β·log Z: the objective's largest value.
  public var softValue: Double { beta * logPartition }

  /// The log-probabilities of the optimal policy π*.
  public var optimalLogProbabilities: [Double] { normalized(tilted) }

  /// The reference's probability p(y) of a completion.
  public func referenceProbability(_ completion: Int) -> Double { .exp(logReference[completion]) }

  /// The expected reward E_q[r].
  public func reward(of logPolicy: [Double]) -> Double {
    expectation(of: rewards, under: logPolicy)
  }

  /// The objective J(q).
  public func value(of logPolicy: [Double]) -> Double {
    reward(of: logPolicy) - beta * klDivergence(of: logPolicy, from: logReference)
  }

  /// How far a policy is from the optimum, KL(q‖π*) in nats; zero only for π*.
  public func suboptimality(of logPolicy: [Double]) -> Double {
    klDivergence(of: logPolicy, from: optimalLogProbabilities)
  }
}
