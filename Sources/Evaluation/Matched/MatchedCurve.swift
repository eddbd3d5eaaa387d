import TensorKernels

/// One run's score as a function of what it cost: KL from the reference, or FLOPs.
package struct MatchedCurve: Codable, Hashable, Sendable {
  /// The costs at which the curve is known, increasing.
  package let costs: [Double]
  /// The fitted scores at those costs.
  package let scores: [Double]

  /// Orders a run's points by cost, averages those of equal cost, and fits them.
  ///
  /// Points that are not finite are left out; those of a diverged run end where it diverged.
  package init(costs: [Double], scores: [Double], fit: MonotoneFit) {
    precondition(costs.count == scores.count, "\(costs.count) costs, \(scores.count) scores")
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

/// Two arms at one cost.
package struct MatchedDifference: Codable, Hashable, Sendable {
  /// The KL or the FLOPs at which they are compared.
  package var cost: Double
  /// The mean score of the first arm over the seeds compared.
  package var first: Double
  /// The mean score of the second arm over the seeds compared.
  package var second: Double
  /// Student's interval of the paired difference, first minus second.
  package var difference: Interval
  /// How many seeds reached this cost in both arms.
  package var seeds: Int
  /// How many seeds did not, and are left out.
  package var absent: Int
}

/// The difference of two arms at a matched cost, paired by seed; nil where no seed reaches it.
///
/// The curves of a seed stand at the same place in both lists. A seed counts only if the cost lies
/// within both of its curves: nothing is extrapolated. The seeds left out are counted, since those
/// that stay at a small KL may differ from those that do not.
package func matchedDifference(
  _ first: [MatchedCurve], minus second: [MatchedCurve], at cost: Double,
  confidence: Double = 0.95
) -> MatchedDifference? {
  precondition(first.count == second.count, "\(first.count) runs against \(second.count)")
  let pairs = zip(first, second).compactMap { pair -> (Double, Double)? in
    guard let x = pair.0.score(at: cost), let y = pair.1.score(at: cost) else { return nil }
    return (x, y)
  }
  guard !pairs.isEmpty else { return nil }
  let (firstScores, secondScores) = (pairs.map(\.0), pairs.map(\.1))
  return MatchedDifference(
    cost: cost, first: mean(of: firstScores), second: mean(of: secondScores),
    difference: pairedDifferenceInterval(firstScores, minus: secondScores, confidence: confidence),
    seeds: pairs.count, absent: first.count - pairs.count)
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
