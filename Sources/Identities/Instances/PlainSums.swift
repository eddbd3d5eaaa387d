import PPO
import RealModule

// The other side of the comparisons: definitions written out as plain sums over all completions,
// without the library's formulas.

/// exp(zᵢ)/Σ exp(zⱼ), the probabilities of a softmax policy.
func plainSoftmax(_ logits: [Double]) -> [Double] {
  let top = logits.reduce(-.infinity) { max($0, $1) }
  let weights = logits.map { Double.exp($0 - top) }
  let total = weights.reduce(0, +)
  return weights.map { $0 / total }
}

/// Σ wᵢ·f(i).
func plainSum(_ weights: [Double], _ term: (Int) -> Double) -> Double {
  weights.indices.reduce(0) { weights[$1] == 0 ? $0 : $0 + weights[$1] * term($1) }
}

/// Σ q·(log q − log p).
func plainDivergence(_ q: [Double], _ p: [Double]) -> Double {
  plainSum(q) { .log(q[$0]) - .log(p[$0]) }
}

/// 1/(1 + exp(−x)), the probability of a preference with reward difference x.
func plainSigmoid(_ x: Double) -> Double {
  x > 0 ? 1 / (1 + .exp(-x)) : .exp(x) / (1 + .exp(x))
}

/// −log σ(x), the negative log-likelihood of a preference with reward difference x.
func plainRankingLoss(_ x: Double) -> Double {
  x > 0 ? .log(onePlus: .exp(-x)) : .log(onePlus: .exp(x)) - x
}

/// Σᵢ cᵢ·vᵢ of equally long vectors.
func plainCombination(_ coefficients: [Double], of vectors: [[Double]]) -> [Double] {
  var total = [Double](repeating: 0, count: vectors.first?.count ?? 0)
  for (coefficient, vector) in zip(coefficients, vectors) {
    for i in total.indices { total[i] += coefficient * vector[i] }
  }
  return total
}

/// Σᵢ wᵢ·|vᵢ − v̄|² with v̄ = Σᵢ wᵢ·vᵢ: the trace of the covariance of a random vector.
func plainCovarianceTrace(_ weights: [Double], _ vectors: [[Double]]) -> Double {
  let center = plainCombination(weights, of: vectors)
  return plainSum(weights) { i in
    zip(vectors[i], center).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  }
}

/// Every list of so many numbers below a bound.
func tuples(_ length: Int, below bound: Int) -> [[Int]] {
  (0..<length).reduce([[]]) { lists, _ in
    lists.flatMap { list in (0..<bound).map { list + [$0] } }
  }
}

/// Every order of the numbers below a bound.
func permutations(_ count: Int) -> [[Int]] {
  tuples(count, below: count).filter { Set($0).count == count }
}

// Derivatives and roots from values alone.

/// The gradient by central differences of the eighth order, with an error of about 1e-13.
///
///     f′(x) ≈ (4/5·Δ₁ − 1/5·Δ₂ + 4/105·Δ₃ − 1/280·Δ₄)/h        Δₖ = f(x + k·h) − f(x − k·h)
func numericalGradient(at point: [Double], of function: ([Double]) -> Double) -> [Double] {
  point.indices.map { i in
    numericalDerivative { step in
      var moved = point
      moved[i] += step
      return function(moved)
    }
  }
}

/// The derivative of a function of a step, at zero.
func numericalDerivative(stepSize: Double = 4e-3, of function: (Double) -> Double) -> Double {
  let weights = [4.0 / 5, -1.0 / 5, 4.0 / 105, -1.0 / 280]
  return weights.enumerated().reduce(0) { sum, entry in
    let step = Double(entry.offset + 1) * stepSize
    return sum + entry.element * (function(step) - function(-step)) / stepSize
  }
}

/// The solution of A·x = b by elimination with row exchanges.
func solution(of matrix: [[Double]], _ right: [Double]) -> [Double] {
  var rows = zip(matrix, right).map { $0 + [$1] }
  for column in rows.indices {
    let pivot = rows.indices[column...].max { abs(rows[$0][column]) < abs(rows[$1][column]) }
    rows.swapAt(column, pivot ?? column)
    for row in rows.indices where row != column {
      let factor = rows[row][column] / rows[column][column]
      for j in column...rows.count { rows[row][j] -= factor * rows[column][j] }
    }
  }
  return rows.indices.map { rows[$0][rows.count] / rows[$0][$0] }
}

/// The root of an increasing function, by bisection to the last bit.
func root(ofIncreasing function: (Double) -> Double) -> Double {
  var (lower, upper) = (-1.0, 1.0)
  while function(lower) > 0 { lower *= 2 }
  while function(upper) < 0 { upper *= 2 }
  while true {
    let middle = lower + (upper - lower) / 2
    guard lower < middle, middle < upper else { return middle }
    if function(middle) < 0 { lower = middle } else { upper = middle }
  }
}

/// PPO's advantages from token log-probabilities, as its trainer puts them together.
func advantages(
  policy: [Double], reference: [Double], score: Double, beta: Double, values: [Double],
  lambda: Double
) -> [Double] {
  let rewards = tokenRewards(
    klEstimates: KLEstimator.k1(policy: policy, reference: reference), score: score,
    klPenalty: beta, slots: policy.count)
  return generalizedAdvantages(rewards: rewards, values: values, discount: 1, lambda: lambda)
}
