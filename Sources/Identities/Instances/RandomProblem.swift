import Datasets
import ExactTheory
import RealModule

/// A random prompt with a policy that has parameters and score vectors.
struct RandomProblem {
  let bandit: RandomBandit
  /// The features of a log-linear policy; unit vectors for a table.
  let features: [[Double]]
  /// The policy's parameters.
  let weights: [Double]
  private let base: [Double]
  /// The policy's log-probabilities and score vectors by the library.
  let policy: ScoredPolicy
  /// The exact gradient by the library.
  let exact: ExactPolicyGradient

  /// A table of logits in every other instance, a log-linear policy else.
  init(_ bandit: RandomBandit, using generator: inout CounterGenerator) {
    if generator.happens(withProbability: 0.5) {
      self.init(bandit, tabular: bandit.logPolicy)
    } else {
      let width = 1 + generator.integer(below: 4)
      let features = bandit.rewards.map { _ in (0..<width).map { _ in generator.normal() } }
      let weights = (0..<width).map { _ in generator.normal() / 2 }
      let base = bandit.logPolicy
      self.init(
        bandit, base: base, features: features, weights: weights,
        policy: ScoredPolicy(base: base, features: features, weights: weights))
    }
  }

  /// A table of logits.
  init(_ bandit: RandomBandit, tabular logits: [Double]) {
    self.init(
      bandit, base: logits.map { _ in 0 }, features: unitVectors(logits.count), weights: logits,
      policy: ScoredPolicy(tabular: logits))
  }

  /// A log-linear policy at the optimum, which is its base.
  init(optimumOf bandit: RandomBandit, using generator: inout CounterGenerator) {
    let base = bandit.objective.optimalLogProbabilities
    let features = base.map { _ in (0..<3).map { _ in generator.normal() } }
    self.init(
      bandit, base: base, features: features, weights: [0, 0, 0],
      policy: ScoredPolicy(base: base, features: features, weights: [0, 0, 0]))
  }

  private init(
    _ bandit: RandomBandit, base: [Double], features: [[Double]], weights: [Double],
    policy: ScoredPolicy
  ) {
    (self.bandit, self.base, self.features) = (bandit, base, features)
    (self.weights, self.policy) = (weights, policy)
    exact = ExactPolicyGradient(policy: policy, objective: bandit.objective)
  }

  /// q as a function of the parameters.
  func plainPolicy(at weights: [Double]) -> [Double] {
    plainSoftmax(
      zip(base, features).map { base, row in
        zip(row, weights).reduce(base) { $0 + $1.0 * $1.1 }
      })
  }

  /// q at the problem's own parameters.
  var q: [Double] { plainPolicy(at: weights) }

  /// s(y) = φ(y) − E_q[φ], one vector a completion.
  var plainScores: [[Double]] {
    let mean = plainCombination(q, of: features)
    return features.map { zip($0, mean).map { $0 - $1 } }
  }

  /// R = r − β·log(q/p).
  var plainReturns: [Double] {
    let (p, q) = (bandit.p, q)
    return q.indices.map { bandit.rewards[$0] - bandit.beta * .log(q[$0] / p[$0]) }
  }

  /// F = Σ q·|s|².
  var plainFisherTrace: Double {
    let scores = plainScores
    return plainSum(q) { scores[$0].reduce(0) { $0 + $1 * $1 } }
  }

  /// The covariance trace of (R − b)·s by its definition.
  func plainCovariance(baseline: Double) -> Double {
    plainCovarianceTrace(
      q,
      zip(plainReturns, plainScores).map { value, score in score.map { (value - baseline) * $0 } })
  }

  /// What covariance traces are measured against: the largest return's square times F.
  var varianceScale: Double {
    let largest = plainReturns.reduce(bandit.beta) { max($0, abs($1)) }
    return largest * largest * plainFisherTrace
  }
}

extension Identity {
  /// A claim about problems with score vectors.
  init(
    _ id: String, _ name: String, _ equation: String, source: String = "derived",
    instances: Int = 16, actions: ClosedRange<Int> = 2...6,
    eachProblem check:
      @escaping @Sendable (RandomProblem, inout CounterGenerator, inout Deviation) -> Void
  ) {
    self.init(id, name, equation, source: source, instances: instances, actions: actions) {
      bandit, generator, deviation in
      check(RandomProblem(bandit, using: &generator), &generator, &deviation)
    }
  }
}

/// A random prompt: a reference, rewards with an offset, a strength β, and a policy.
struct RandomBandit {
  /// The objective of p, r and β.
  let objective: ExactObjective
  /// log q of a policy that is neither the reference nor the optimum.
  let logPolicy: [Double]

  /// Draws everything; β lies between 0.1 and 5, rewards have deviation 1 around an offset.
  init(actions: ClosedRange<Int>, using generator: inout CounterGenerator) {
    let count = actions.lowerBound + generator.integer(below: actions.count)
    let beta = Double.exp(.log(0.1) + generator.uniform() * .log(50))
    let offset = 2 * generator.normal()
    self.init(
      logReference: randomLogProbabilities(count, using: &generator),
      rewards: (0..<count).map { _ in offset + generator.normal() }, beta: beta,
      logPolicy: randomLogProbabilities(count, using: &generator))
  }

  init(logReference: [Double], rewards: [Double], beta: Double, logPolicy: [Double]) {
    objective = ExactObjective(logReference: logReference, rewards: rewards, beta: beta)
    self.logPolicy = logPolicy
  }

  /// The number of completions.
  var count: Int { logPolicy.count }
  /// The strength β.
  var beta: Double { objective.beta }
  /// The rewards r.
  var rewards: [Double] { objective.rewards }
  /// The reference's probabilities p.
  var p: [Double] { objective.logReference.map { .exp($0) } }
  /// The policy's probabilities q.
  var q: [Double] { logPolicy.map { .exp($0) } }
  /// What rewards and values are measured against.
  var scale: Double { rewards.reduce(beta) { max($0, abs($1)) } }

  /// The implicit rewards β·log q/p.
  var implicitRewards: [Double] {
    zip(logPolicy, objective.logReference).map { beta * ($0 - $1) }
  }

  /// The same prompt with other rewards.
  func rewarded(_ rewards: [Double]) -> ExactObjective {
    ExactObjective(logReference: objective.logReference, rewards: rewards, beta: beta)
  }

  /// J as its definition says: Σ q·(r − β·log(q/p)).
  func plainValue(of q: [Double]) -> Double {
    let p = p
    return plainSum(q) { rewards[$0] - beta * .log(q[$0] / p[$0]) }
  }

  /// π* as a product: p·exp(r/β) over its sum.
  var plainOptimum: [Double] {
    plainSoftmax(zip(objective.logReference, rewards).map { $0 + $1 / beta })
  }
}

/// Log-probabilities from normal logits.
func randomLogProbabilities(_ count: Int, using generator: inout CounterGenerator) -> [Double] {
  plainSoftmax((0..<count).map { _ in generator.normal() }).map { .log($0) }
}
