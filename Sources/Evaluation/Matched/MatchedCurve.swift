import TensorKernels

/// One run's score as a function of what it cost: KL from the reference, or FLOPs.
package struct MatchedCurve: Codable, Hashable, Sendable {
  /// The costs at which the curve is known, increasing.
  package let costs: [Double]
  /// The fitted scores at those costs.
  package let scores: [Double]
  /// The costs of the points that a training was measured at, increasing; anchors are not among them.
  package let measured: [Double]

  /// Orders a run's points by cost, averages those of equal cost, and fits them.
  ///
  /// Points that are not finite are left out; those of a diverged run end where it diverged.
  ///
  /// - Parameters:
  ///   - costs: What each point had cost.
  ///   - scores: The score of each point.
  ///   - anchors: How many points, from the first, are the reference's own: they hold the curve, but
  ///     say nothing about what a training does near them.
  ///   - fit: How the scores are made to rise.
  package init(costs: [Double], scores: [Double], anchors: Int = 0, fit: MonotoneFit) {
    precondition(costs.count == scores.count, "\(costs.count) costs, \(scores.count) scores")
    measured = zip(costs, scores).dropFirst(anchors).filter { $0.isFinite && $1.isFinite }
      .map(\.0).sorted()
    let points = zip(costs, scores).filter { $0.isFinite && $1.isFinite }
    let groups = Dictionary(grouping: points, by: \.0).sorted { $0.key < $1.key }
    self.costs = groups.map(\.key)
    self.scores = fit(
      groups.map { mean(of: $0.value.map(\.1)) }, weights: groups.map { Double($0.value.count) })
  }

  /// The score at a cost, linear between the points; nil outside of them, never extrapolated.
  package func score(at cost: Double) -> Double? {
    guard let above = costs.firstIndex(where: { $0 >= cost }) else { return nil }
    guard costs[above] > cost else { return scores[above] }
    guard above > 0 else { return nil }
    let share = (cost - costs[above - 1]) / (costs[above] - costs[above - 1])
    return scores[above - 1] + share * (scores[above] - scores[above - 1])
  }
}

/// The costs that all curves reach, from the largest first cost to the smallest last one.
package func commonRange(of curves: [MatchedCurve]) -> ClosedRange<Double>? {
  guard let lower = curves.map({ $0.costs.first ?? .infinity }).max(),
    let upper = curves.map({ $0.costs.last ?? -.infinity }).min(), lower <= upper
  else { return nil }
  return lower...upper
}

/// How a run's scores are made to rise with what they are matched on.
package enum MonotoneFit: String, Codable, CaseIterable, Sendable {
  /// The rising curve nearest to the scores in squares: isotonic regression.
  ///
  /// Noise averages out. Scores that fall beyond a peak are pooled with those before it.
  case isotonic
  /// The best score reached so far: what early stopping by gold reward would have kept.
  ///
  /// It takes the luckiest of noisy scores, so it leans upwards.
  case runningMaximum = "running-maximum"
  /// The scores as they are: for matching on FLOPs, where the score at a cost is the last policy's.
  case none

  /// Fits values that are in the order of what they are matched on, each with a weight.
  package func callAsFunction(_ values: [Double], weights: [Double]) -> [Double] {
    precondition(values.count == weights.count, "\(values.count) values, \(weights.count) weights")
    switch self {
    case .isotonic: return isotonicRegression(values, weights: weights)
    case .runningMaximum:
      var best = -Double.infinity
      return values.map { value in
        best = max(best, value)
        return best
      }
    case .none: return values
    }
  }
}

/// The non-decreasing sequence nearest to the values in weighted squares.
///
/// By pooling adjacent violators, Ayer (1955): a value below the block before it is merged into it,
/// and the block takes the weighted mean.
package func isotonicRegression(_ values: [Double], weights: [Double]) -> [Double] {
  var blocks: [(mean: Double, weight: Double, count: Int)] = []
  for (value, weight) in zip(values, weights) {
    blocks.append((value, weight, 1))
    while let last = blocks.last, let before = blocks.dropLast().last, before.mean >= last.mean {
      let weight = before.weight + last.weight
      let mean = (before.mean * before.weight + last.mean * last.weight) / weight
      blocks.removeLast(2)
      blocks.append((mean, weight, before.count + last.count))
    }
  }
  return blocks.flatMap { [Double](repeating: $0.mean, count: $0.count) }
}
