import RealModule

/// The largest expected reward at each divergence from the reference, over several prompts.
///
///     max E_x E_q[r]  subject to  E_x KL(q‖p) = k
///
/// It is attained by π*_β of one β for all prompts (Lagrange), so no policy lies above it.
package struct ExactFrontier: Sendable {
  private let prompts: [(logReference: [Double], rewards: [Double], weight: Double)]

  /// A point of the frontier.
  package struct Point: Codable, Hashable, Sendable {
    /// The mean divergence from the reference, in nats.
    package var divergence: Double
    /// The mean expected reward.
    package var reward: Double
  }

  /// The frontier of prompts with their reference log-probabilities, rewards and frequencies.
  ///
  /// The frequencies sum to one; without them all prompts weigh alike.
  package init(logReferences: [[Double]], rewards: [[Double]], frequencies: [Double]? = nil) {
    let count = rewards.count
    let weights = frequencies ?? [Double](repeating: 1 / Double(count), count: count)
    precondition(
      logReferences.count == count && weights.count == count && count > 0,
      "\(logReferences.count) prompts, \(count) tables of rewards, \(weights.count) frequencies")
    prompts = zip(zip(logReferences, rewards), weights).map { ($0.0, $0.1, $1) }
  }

  /// The optimal policies' point at an inverse strength 1/β; zero is the reference itself.
  package func point(atInverseBeta inverseBeta: Double) -> Point {
    var point = Point(divergence: 0, reward: 0)
    for (logReference, rewards, weight) in prompts {
      let policy = normalized(zip(logReference, rewards).map { $0 + inverseBeta * $1 })
      point.divergence += weight * klDivergence(of: policy, from: logReference)
      point.reward += weight * expectation(of: rewards, under: policy)
    }
    return point
  }

  /// The best policies of all, which take the reference's share among the highest rewards.
  package var end: Point {
    var point = Point(divergence: 0, reward: 0)
    for (logReference, rewards, weight) in prompts {
      guard let best = rewards.max() else { continue }
      let mass = zip(logReference, rewards).filter { $1 == best }.map(\.0)
      point.divergence -= weight * logSumOfExponentials(mass)
      point.reward += weight * best
    }
    return point
  }

  /// The largest expected reward at a divergence, by bisection on 1/β.
  ///
  /// Beyond the divergence of the best policies it is their reward.
  package func reward(atDivergence divergence: Double) -> Double {
    guard divergence < end.divergence else { return end.reward }
    guard divergence > 0 else { return point(atInverseBeta: 0).reward }
    var (lower, upper) = (0.0, 1.0)
    while point(atInverseBeta: upper).divergence < divergence, upper < 1e9 { upper *= 2 }
    for _ in 0..<60 {
      let middle = (lower + upper) / 2
      let isBelow = point(atInverseBeta: middle).divergence < divergence
      (lower, upper) = isBelow ? (middle, upper) : (lower, middle)
    }
    return point(atInverseBeta: upper).reward
  }
}
