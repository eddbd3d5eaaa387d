import RealModule

// Distributions over the enumerated completions of one prompt, given as log-probabilities. A
// completion of probability zero has the log-probability −∞ and adds nothing to any sum.

/// log Σ exp(xᵢ), without overflow; −∞ for no terms.
package func logSumOfExponentials(_ values: [Double]) -> Double {
  guard let largest = values.max(), largest > -.infinity else { return -.infinity }
  return largest + .log(values.reduce(0) { $0 + .exp($1 - largest) })
}

/// The log-probabilities shifted so that the probabilities sum to one.
package func normalized(_ logProbabilities: [Double]) -> [Double] {
  let total = logSumOfExponentials(logProbabilities)
  return logProbabilities.map { $0 - total }
}

/// The expectation Σ q(y)·f(y).
package func expectation(of values: [Double], under logProbabilities: [Double]) -> Double {
  precondition(
    values.count == logProbabilities.count,
    "\(values.count) values of \(logProbabilities.count) completions")
  return zip(values, logProbabilities).reduce(0) { sum, pair in
    pair.1 == -.infinity ? sum : sum + .exp(pair.1) * pair.0
  }
}

/// The divergence KL(q‖p) = Σ q·(log q − log p), in nats; infinite where p misses a part of q.
package func klDivergence(of logPolicy: [Double], from logReference: [Double]) -> Double {
  precondition(
    logPolicy.count == logReference.count,
    "\(logPolicy.count) completions against \(logReference.count)")
  return zip(logPolicy, logReference).reduce(0) { sum, pair in
    pair.0 == -.infinity ? sum : sum + .exp(pair.0) * (pair.0 - pair.1)
  }
}

/// The entropy −Σ q·log q, in nats.
package func entropy(of logProbabilities: [Double]) -> Double {
  -logProbabilities.reduce(0) { $1 == -.infinity ? $0 : $0 + .exp($1) * $1 }
}

/// The probability that a draw of the first beats a draw of the second; a tie counts half.
///
///     Σ q(y)·q′(y′)·(1[r(y) > r(y′)] + ½·1[r(y) = r(y′)])
package func exactWinRate(
  of logPolicy: [Double], over logOther: [Double], rewards: [Double]
) -> Double {
  let ascending = rewards.indices.sorted { rewards[$0] < rewards[$1] }
  var (winRate, massBelow) = (0.0, 0.0)
  for group in ascending.chunked(whereEqual: { rewards[$0] }) {
    let own = group.reduce(0) { $0 + .exp(logPolicy[$1]) }
    let other = group.reduce(0) { $0 + .exp(logOther[$1]) }
    winRate += own * (massBelow + other / 2)
    massBelow += other
  }
  return winRate
}

/// The distribution of the best of n draws from the reference, ties drawn at random.
///
///     q(y) = p(y)/p(r = r(y)) · (F(r(y))ⁿ − F₋(r(y))ⁿ)
///
/// F and F₋ are the reference's probabilities of a reward of at most, and of less than, r(y).
package func bestOfNLogProbabilities(
  _ n: Int, logReference: [Double], rewards: [Double]
) -> [Double] {
  precondition(n > 0, "the best of \(n) draws")
  let ascending = rewards.indices.sorted { rewards[$0] < rewards[$1] }
  var result = logReference
  var massBelow = 0.0
  for group in ascending.chunked(whereEqual: { rewards[$0] }) {
    let mass = group.reduce(0) { $0 + .exp(logReference[$1]) }
    guard mass > 0 else { continue }
    let atMost = massBelow + mass
    // Fⁿ − F₋ⁿ = Fⁿ·(1 − (1 − mass/F)ⁿ), which keeps its digits where the mass is small.
    let beaten = mass < atMost ? Double(n) * .log(onePlus: -mass / atMost) : -.infinity
    let logGain = Double(n) * .log(atMost) + .log(-.expMinusOne(beaten)) - .log(mass)
    for y in group { result[y] += logGain }
    massBelow = atMost
  }
  return result
}

/// The bound log n − (n − 1)/n on KL of the best of n draws from the reference.
///
/// Gao (2022), section 2.1, gives it as the value, which it is where no two rewards are equal and
/// no completion has a probability of its own; otherwise KL is less, Beirami (2024), theorem 3.1.
package func bestOfNDivergenceBound(_ n: Int) -> Double {
  .log(Double(n)) - Double(n - 1) / Double(n)
}

extension Array {
  /// Neighbouring elements with an equal key, together.
  fileprivate func chunked(
    whereEqual key: (Element) -> some Equatable
  ) -> [ArraySlice<Element>] {
    var chunks: [ArraySlice<Element>] = []
    var start = startIndex
    for i in indices where i + 1 == endIndex || key(self[i]) != key(self[i + 1]) {
      chunks.append(self[start...i])
      start = i + 1
    }
    return chunks
  }
}

/// The log-probability of a ranking under rewards, Plackett (1975) and Luce (1959).
///
///     log p(τ) = Σₖ (r(τₖ) − log Σ_{j≥k} exp r(τⱼ))        Rafailov (2023), equation 18
///
/// With β·log π/π₀ for r it is the likelihood that DPO maximises on rankings (equation 20); of two
/// completions it is the Bradley–Terry model.
///
/// - Parameter rewards: The rewards of the ranked completions, the best completion's first.
/// - Returns: log p(τ); zero for one completion.
package func rankingLogProbability(ofRanked rewards: [Double]) -> Double {
  rewards.indices.reduce(0) { sum, k in
    sum + rewards[k] - logSumOfExponentials(Array(rewards[k...]))
  }
}
