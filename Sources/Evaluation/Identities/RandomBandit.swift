import Datasets
import RealModule

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
