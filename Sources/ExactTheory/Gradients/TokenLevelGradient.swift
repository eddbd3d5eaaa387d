import RealModule

/// The values, TD residuals and actor-critic gradients of a token tree, exactly.
///
///     rewₜ = −β·(log q(yₜ|sₜ) − log p(yₜ|sₜ)) + r(y)·1[t is last]
///     δₜ = rewₜ + V(sₜ₊₁) − V(sₜ)        V = 0 after the last token
///     Aₜ = Σ λˡ·δₜ₊ₗ                      ĝ = Σ Aₜ·∇ log q(yₜ|sₜ)
///
/// Schulman (2016), equations 10 and 16, at discount 1. With the soft values V*(s) the residual is
/// δₜ = β·log(π*(yₜ|sₜ)/q(yₜ|sₜ)), Rafailov (2024, "From r to Q*"), section 4.2, and so every
/// advantage vanishes at the optimum.
package struct TokenLevelGradient: Sendable {
  /// The mean and the covariance trace of one completion's gradient.
  package struct Moments: Sendable {
    /// E ĝ for every parameter; biased where the values are not the policy's and λ < 1.
    package var mean: [Double]
    /// The trace of the covariance of ĝ.
    package var covarianceTrace: Double
  }

  /// The soft value V*(s) = β·log E_p[exp(r/β) | s] of each prefix, in the order of the tree's.
  package let softValues: [Double]
  /// The policy's value V^q(s) of each prefix: the expected sum of the rewards to come.
  package let policyValues: [Double]
  /// The reward of each edge, the completion's own on its last one.
  let rewards: [Double]
  private let tree: TabularTree

  /// The policy of a tree under the objective of the tree's completions.
  package init(policy tree: TabularTree, objective: ExactObjective) {
    let reference = TabularTree(tree.completions, logProbabilities: objective.logReference)
    let (logPolicy, logReference) = (tree.edgeLogProbabilities, reference.logits)
    var completed = [Double](repeating: 0, count: tree.parameterCount)
    for (path, reward) in zip(tree.paths, objective.rewards) {
      if let last = path.last { completed[last] = reward }
    }
    let rewards = completed.indices.map {
      completed[$0] - objective.beta * (logPolicy[$0] - logReference[$0])
    }
    self.tree = tree
    self.rewards = rewards
    policyValues = tree.backup { edges, next in
      edges.reduce(0) { $0 + .exp(logPolicy[$1]) * (rewards[$1] + next($1)) }
    }
    softValues = tree.backup { edges, next in
      objective.beta
        * logSumOfExponentials(
          edges.map { logReference[$0] + (completed[$0] + next($0)) / objective.beta })
    }
  }

  /// The residual δ of each completion's tokens under the values of all prefixes.
  package func temporalDifferences(values: [Double]) -> [[Double]] {
    precondition(
      values.count == tree.prefixes.count,
      "\(values.count) values of \(tree.prefixes.count) prefixes")
    let residuals = tree.edges.indices.map { edge in
      rewards[edge] + (tree.edges[edge].next.map { values[$0] } ?? 0)
        - values[tree.edges[edge].prefix]
    }
    return tree.paths.map { path in path.map { residuals[$0] } }
  }

  /// The advantage Aₜ of each completion's tokens.
  package func advantages(values: [Double], lambda: Double) -> [[Double]] {
    temporalDifferences(values: values).map { residuals in
      var sum = 0.0
      return Array(
        residuals.reversed().map { residual in
          sum = residual + lambda * sum
          return sum
        }.reversed())
    }
  }

  /// The mean and covariance trace of ĝ under the values of all prefixes.
  package func moments(values: [Double], lambda: Double) -> Moments {
    let advantages = advantages(values: values, lambda: lambda)
    let probabilities = tree.logProbabilities.map { Double.exp($0) }
    let scores = tree.edgeScores
    let norms = scores.map { $0.reduce(0) { $0 + $1.value * $1.value } }
    var mean = [Double](repeating: 0, count: tree.parameterCount)
    var second = 0.0
    for y in probabilities.indices {
      for (edge, advantage) in zip(tree.paths[y], advantages[y]) {
        // Prefixes have parameters of their own, so that the squares of the terms add up.
        second += probabilities[y] * advantage * advantage * norms[edge]
        for (parameter, value) in scores[edge] {
          mean[parameter] += probabilities[y] * advantage * value
        }
      }
    }
    let squaredNorm = mean.reduce(0) { $0 + $1 * $1 }
    return Moments(mean: mean, covarianceTrace: second - squaredNorm)
  }
}

extension TabularTree {
  /// The values of all prefixes, each from its edges and the values after them.
  fileprivate func backup(_ value: ([Int], (Int) -> Double) -> Double) -> [Double] {
    var values = [Double](repeating: 0, count: prefixes.count)
    for prefix in prefixes.indices.reversed() {
      values[prefix] = value(choices[prefix]) { edge in edges[edge].next.map { values[$0] } ?? 0 }
    }
    return values
  }
}
