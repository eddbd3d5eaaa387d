import RealModule
import TensorKernels

/// One prompt's completions under a policy: log-probabilities and score vectors, all in Double.
///
///     s(y) = ∇ log q(y)        Σ q(y)·s(y) = 0
///
/// Williams (1992), section 4, calls s the characteristic eligibility. The scores of n completions
/// under P parameters take n·P·8 bytes, of which 2 GiB are allowed: hold one prompt at a time.
public struct ScoredPolicy: Sendable {
  /// The log-probability log q of each completion; the probabilities sum to one.
  public let logProbabilities: [Double]
  let rows: GradientRows

  /// The score vectors, one row of `parameterCount` values for each completion.
  public var scores: [Double] { rows.values }

  /// The number of the policy's parameters.
  public var parameterCount: Int { rows.width }

  /// The squared norm w = |s|² of each completion's score.
  public var squaredNorms: [Double] { rows.squaredNorms }

  /// A policy given by its log-probabilities and scores.
  ///
  /// A probability of zero has no score, since log q is −∞ there.
  public init(logProbabilities: [Double], scores: [Double], parameterCount: Int) {
    GradientRows.requireRoom(count: logProbabilities.count, width: parameterCount)
    precondition(
      logProbabilities.allSatisfy(\.isFinite),
      "log-probabilities must be finite for scores: \(logProbabilities.filter { !$0.isFinite })")
    self.logProbabilities = logProbabilities
    rows = GradientRows(scores, count: logProbabilities.count, width: parameterCount)
  }

  /// A softmax over one logit for each completion.
  ///
  ///     log q(y) = θᵧ − log Σ exp θ        s(y) = eᵧ − q
  public init(tabular logits: [Double]) {
    let n = logits.count
    GradientRows.requireRoom(count: n, width: n)
    let logProbabilities = normalized(logits)
    let probabilities = logProbabilities.map { Double.exp($0) }
    var scores = [Double](repeating: 0, count: n * n)
    for y in 0..<n {
      for i in 0..<n { scores[y * n + i] = -probabilities[i] }
      scores[y * n + y] = massOfOthers(than: y, in: probabilities)
    }
    self.init(logProbabilities: logProbabilities, scores: scores, parameterCount: n)
  }

  /// A softmax that is linear in features.
  ///
  ///     log q(y) = base(y) + φ(y)·θ − log Σ exp(base + Φθ)        s(y) = φ(y) − E_q[φ]
  ///
  /// - Parameters:
  ///   - base: what is added to the logit of each completion, such as log p.
  ///   - features: φ of each completion.
  ///   - weights: θ.
  public init(base: [Double], features: [[Double]], weights: [Double]) {
    precondition(base.count == features.count, "\(base.count) logits, \(features.count) features")
    GradientRows.requireRoom(count: base.count, width: weights.count)
    let logits = zip(base, features).map { logit, row in
      precondition(row.count == weights.count, "\(row.count) features, \(weights.count) weights")
      return zip(row, weights).reduce(logit) { $0 + $1.0 * $1.1 }
    }
    let logProbabilities = normalized(logits)
    var mean = [Double](repeating: 0, count: weights.count)
    for (logProbability, row) in zip(logProbabilities, features) {
      let probability = Double.exp(logProbability)
      for i in row.indices { mean[i] += probability * row[i] }
    }
    self.init(
      logProbabilities: logProbabilities,
      scores: features.flatMap { row in zip(row, mean).map { $0 - $1 } },
      parameterCount: weights.count)
  }

  /// The sum Σ cᵧ·s(y), one value for each parameter.
  public func combination(_ coefficients: [Double]) -> [Double] { rows.combination(coefficients) }

  /// The inner products s(y)·s(y′), n × n, by blocks of one matrix product each.
  public func gram() -> [Double] { rows.gram() }
}

/// The mass 1 − qᵧ of all others, whose digits are lost in the difference where qᵧ is nearly one.
func massOfOthers(than y: Int, in probabilities: [Double]) -> Double {
  guard probabilities[y] > 0.5 else { return 1 - probabilities[y] }
  return probabilities.indices.reduce(0) { $1 == y ? $0 : $0 + probabilities[$1] }
}
