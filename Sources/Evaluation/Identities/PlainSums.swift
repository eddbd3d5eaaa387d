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
