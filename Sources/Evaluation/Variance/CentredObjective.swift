import RealModule

/// An objective whose rewards are taken from the largest and whose values from the soft value.
///
/// A constant added to all rewards changes neither, so that differences keep their digits.
struct CentredObjective: Sendable {
  let logReference: [Double]
  let beta: Double
  /// r − max r.
  let rewards: [Double]
  let largestReward: Double
  /// β·log Σ p·exp((r − max r)/β) = V* − max r.
  let softValueBelowLargest: Double

  init(_ objective: ExactObjective) {
    let largest = objective.rewards.max() ?? 0
    (logReference, beta, largestReward) = (objective.logReference, objective.beta, largest)
    rewards = objective.rewards.map { $0 - largest }
    softValueBelowLargest =
      beta
      * logSumOfExponentials(zip(logReference, rewards).map { [beta] in $0 + $1 / beta })
  }

  /// V* = β·log Z.
  var softValue: Double { largestReward + softValueBelowLargest }

  /// E_p[r] − V*, which is −β·KL(p‖π*).
  var referenceMean: Double {
    expectation(of: rewards, under: logReference) - softValueBelowLargest
  }

  /// Var_p[r].
  var referenceVariance: Double {
    let mean = expectation(of: rewards, under: logReference)
    return expectation(of: rewards.map { ($0 - mean) * ($0 - mean) }, under: logReference)
  }

  /// The returns from the soft value, R − V* = β·log(π*/q).
  func advantages(of logPolicy: [Double]) -> [Double] {
    logPolicy.indices.map { y in
      beta * (logReference[y] - logPolicy[y]) + (rewards[y] - softValueBelowLargest)
    }
  }

  /// The mean from V*, and the variance, of β·log((1/k)·Σ exp(r(yᵢ)/β)) with yᵢ ~ p.
  func logMeanExpMoments(samples k: Int) -> (mean: Double, variance: Double) {
    precondition(k > 0, "the mean of \(k) exponentials")
    guard k > 1 else { return (referenceMean, referenceVariance) }
    let law = LogMeanLaw(
      masses: logReference.map { Double.exp($0) }, logValues: rewards.map { $0 / beta }, samples: k)
    let moments = law.moments()
    return (beta * moments.mean, beta * beta * moments.variance)
  }
}
