/// How a run's scores are made to rise with what they are matched on.
public enum MonotoneFit: String, Codable, CaseIterable, Sendable {
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
  public func callAsFunction(_ values: [Double], weights: [Double]) -> [Double] {
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
public func isotonicRegression(_ values: [Double], weights: [Double]) -> [Double] {
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
