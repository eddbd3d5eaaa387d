import Datasets
import ExactTheory
import PPO
import RealModule

extension Identity {
  /// A claim about token trees.
  private init(
    _ id: String, _ name: String, _ equation: String, source: String = "derived",
    eachTree check:
      @escaping @Sendable (RandomTree, inout CounterGenerator, inout Deviation) -> Void
  ) {
    self.init(id: id, name: name, equation: equation, source: source) { generator in
      var deviation = Deviation()
      for _ in 0..<8 { check(RandomTree(using: &generator), &generator, &deviation) }
      return deviation.largest
    }
  }

  /// Token by token: soft values, temporal differences, advantages.
  static let tokens: [Identity] = [
    Identity(
      "tokens.scores", "the scores of a token tree are the derivatives of its log-probabilities",
      "s(y) = Σₜ ∇log q(yₜ|y₍<ₜ₎)", eachTree: checkTreeScores),
    Identity(
      "tokens.values", "soft value and policy value of every prefix",
      "V*(s) = β·log E_p[exp(r/β) | s], V^q(s) = E_q[Σ rewards to come | s]",
      source: "derived; Rafailov (2024, From r to Q*)", eachTree: checkTreeValues),
    Identity(
      "tokens.temporal-difference", "with soft values the TD residual is a log-ratio (V12)",
      "δₜ = rewₜ + V*(sₜ₊₁) − V*(sₜ) = β·log(π*(yₜ|sₜ)/q(yₜ|sₜ))",
      source: "derived; Rafailov (2024, From r to Q*)", eachTree: checkTemporalDifference),
    Identity(
      "tokens.generalized-advantages", "the recursion is the discounted sum of the residuals",
      "Aₜ = Σₗ (γλ)ˡ·δₜ₊ₗ; λ = γ = 1: A₀ = R − V(s₀)", source: "Schulman (2016), equation 16",
      eachTree: checkGeneralizedAdvantages),
    Identity(
      "tokens.vanishing-advantages", "at the optimum every advantage is zero (V12)",
      "q = π*, V = V*: Aₜ = 0 for every λ", eachTree: checkVanishingAdvantages),
    Identity(
      "tokens.unbiased", "which values leave the gradient unbiased (V12)",
      "E[Σ Aₜ·∇log q(yₜ|sₜ)] = ∇J for V^q at every λ, for V* at λ = 1", eachTree: checkUnbiased),
  ]
}

private func checkTreeScores(
  _ world: RandomTree, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  var tree = world.tree(of: world.bandit.logPolicy)
  deviation.compare(
    tree.logProbabilities.map { .exp($0) }, to: world.bandit.q, scale: 1)
  for i in tree.logits.indices { tree.logits[i] += 0.3 * generator.normal() }
  // The parameters, in the order in which the completions first use them.
  var edges: [[Int]] = []
  for completion in world.completions {
    for t in completion.indices where !edges.contains(Array(completion[...t])) {
      edges.append(Array(completion[...t]))
    }
  }
  let policy = ScoredPolicy(tree: tree)
  for (y, completion) in world.completions.enumerated() {
    let slope = numericalGradient(at: tree.logits) { logits in
      completion.indices.reduce(0) { sum, t in
        let siblings = edges.indices.filter {
          edges[$0].count == t + 1 && edges[$0].starts(with: completion[..<t])
        }
        let taken = siblings.filter { edges[$0].last == completion[t] }
        let all = siblings.reduce(0) { $0 + .exp(logits[$1]) }
        return sum + taken.reduce(0) { $0 + logits[$1] } - .log(all)
      }
    }
    deviation.compare(
      Array(policy.scores[y * edges.count..<(y + 1) * edges.count]), to: slope, scale: 1)
  }
}

private func checkTreeValues(
  _ world: RandomTree, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let (bandit, tree) = (world.bandit, world.tree(of: world.bandit.logPolicy))
  let exact = TokenLevelGradient(policy: tree, objective: bandit.objective)
  for (i, prefix) in tree.prefixes.enumerated() {
    deviation.compare(
      exact.softValues[i], to: world.plainSoftValue(after: prefix), scale: bandit.scale)
    deviation.compare(
      exact.policyValues[i], to: world.plainPolicyValue(of: bandit.q, after: prefix),
      scale: bandit.scale)
  }
  deviation.compare(exact.softValues[0], to: bandit.objective.softValue, scale: bandit.scale)
}

private func checkTemporalDifference(
  _ world: RandomTree, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let (bandit, q) = (world.bandit, world.bandit.q)
  let exact = TokenLevelGradient(
    policy: world.tree(of: bandit.logPolicy), objective: bandit.objective)
  let residuals = exact.temporalDifferences(values: exact.softValues)
  for (leaf, completion) in world.completions.enumerated() {
    let best = world.tokenLogProbabilities(bandit.plainOptimum, of: completion)
    let own = world.tokenLogProbabilities(q, of: completion)
    let expected = zip(best, own).map { bandit.beta * ($0 - $1) }
    let values = completion.indices.map { world.plainSoftValue(after: completion[..<$0]) }
    deviation.compare(
      world.tokenAdvantages(of: leaf, policy: q, values: values, lambda: 0), to: expected,
      scale: bandit.scale)
    deviation.compare(residuals[leaf], to: expected, scale: bandit.scale)
  }
}

private func checkGeneralizedAdvantages(
  _ world: RandomTree, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let (bandit, q) = (world.bandit, world.bandit.q)
  let (lambda, discount) = (generator.uniform(), generator.uniform())
  for leaf in world.completions.indices.prefix(4) {
    let values = (0..<world.length).map { _ in generator.normal() }
    let rewards = (0..<world.length).map { _ in generator.normal() }
    let residuals = values.indices.map { t in
      rewards[t] + (t + 1 < values.count ? discount * values[t + 1] : 0) - values[t]
    }
    let sums = values.indices.map { t in
      residuals[t...].enumerated().reduce(0) { sum, entry in
        sum + (0..<entry.offset).reduce(entry.element) { term, _ in term * discount * lambda }
      }
    }
    let estimates = generalizedAdvantages(
      rewards: rewards, values: values, discount: discount, lambda: lambda)
    deviation.compare(estimates, to: sums, scale: 1)
    let total = bandit.rewards[leaf] - bandit.beta * .log(q[leaf] / bandit.p[leaf])
    deviation.compare(
      world.tokenAdvantages(of: leaf, policy: q, values: values, lambda: 1)[0],
      to: total - values[0], scale: bandit.scale)
  }
}

private func checkVanishingAdvantages(
  _ world: RandomTree, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let (bandit, lambda) = (world.bandit, generator.uniform())
  let optimum = bandit.objective.optimalLogProbabilities
  let exact = TokenLevelGradient(policy: world.tree(of: optimum), objective: bandit.objective)
  let tables = exact.advantages(values: exact.softValues, lambda: lambda)
  for (leaf, completion) in world.completions.enumerated() {
    let values = completion.indices.map { world.plainSoftValue(after: completion[..<$0]) }
    let advantages = world.tokenAdvantages(
      of: leaf, policy: optimum.map { .exp($0) }, values: values, lambda: lambda)
    for advantage in advantages + tables[leaf] {
      deviation.vanish(advantage, scale: bandit.scale)
    }
  }
}

private func checkUnbiased(
  _ world: RandomTree, _ generator: inout CounterGenerator, _ deviation: inout Deviation
) {
  let (bandit, tree) = (world.bandit, world.tree(of: world.bandit.logPolicy))
  let exact = TokenLevelGradient(policy: tree, objective: bandit.objective)
  // ∇J from whole completions: Σ q·R·s.
  let (p, q, policy) = (bandit.p, bandit.q, ScoredPolicy(tree: tree))
  let gradient = policy.combination(
    q.indices.map { q[$0] * (bandit.rewards[$0] - bandit.beta * .log(q[$0] / p[$0])) })
  for lambda in [0, generator.uniform(), 1] {
    let moments = exact.moments(values: exact.policyValues, lambda: lambda)
    deviation.compare(moments.mean, to: gradient, scale: bandit.scale)
  }
  let soft = exact.moments(values: exact.softValues, lambda: 1)
  deviation.compare(soft.mean, to: gradient, scale: bandit.scale)
}
