import Autograd
import DPO
import Datasets
import ExactTheory
import RealModule
import TensorKernels

/// A random prompt whose completions are all words of one length, token by token.
struct RandomTree {
  /// The completions as one bandit.
  let bandit: RandomBandit
  /// The tokens of each completion.
  let completions: [[Int]]
  /// The number of tokens of each completion.
  var length: Int { completions[0].count }

  /// Two tokens and three places, or the other way round.
  init(using generator: inout CounterGenerator) {
    let words = 2 + generator.integer(below: 2)
    completions = tuples(5 - words, below: words)
    bandit = RandomBandit(
      actions: completions.count...completions.count, using: &generator)
  }

  /// The library's tree with the policy's distribution.
  func tree(of logPolicy: [Double]) -> TabularTree {
    TabularTree(completions, logProbabilities: logPolicy)
  }

  /// The completions that begin with a prefix.
  func leaves(under prefix: some Collection<Int>) -> [Int] {
    completions.indices.filter { completions[$0].starts(with: prefix) }
  }

  /// Σ of a table over the completions that begin with a prefix.
  func mass(of table: [Double], under prefix: some Collection<Int>) -> Double {
    leaves(under: prefix).reduce(0) { $0 + table[$1] }
  }

  /// log q(yₜ | y₍<ₜ₎) of each token of a completion, from the masses of its prefixes.
  func tokenLogProbabilities(_ table: [Double], of completion: [Int]) -> [Double] {
    completion.indices.map { t in
      .log(mass(of: table, under: completion[...t]) / mass(of: table, under: completion[..<t]))
    }
  }

  /// The soft value β·log E_p[exp(r/β) | prefix].
  func plainSoftValue(after prefix: some Collection<Int>) -> Double {
    let (p, rewards, beta) = (bandit.p, bandit.rewards, bandit.beta)
    let leaves = leaves(under: prefix)
    let top = leaves.reduce(-.infinity) { max($0, rewards[$1]) }
    let sum = leaves.reduce(0) { $0 + p[$1] * .exp((rewards[$1] - top) / beta) }
    return top + beta * .log(sum / mass(of: p, under: prefix))
  }

  /// The policy's value of a prefix: E_q[r − β·log(q/p of the tokens to come) | prefix].
  func plainPolicyValue(of q: [Double], after prefix: some Collection<Int>) -> Double {
    let (p, own) = (bandit.p, mass(of: q, under: prefix))
    let other = mass(of: p, under: prefix)
    return leaves(under: prefix).reduce(0) { sum, leaf in
      let logRatio = Double.log(q[leaf] / own) - .log(p[leaf] / other)
      return sum + q[leaf] / own * (bandit.rewards[leaf] - bandit.beta * logRatio)
    }
  }

  /// PPO's token rewards of a completion under a policy: −β·k1, and the reward on the last token.
  func tokenAdvantages(
    of leaf: Int, policy q: [Double], values: [Double], lambda: Double
  ) -> [Double] {
    advantages(
      policy: tokenLogProbabilities(q, of: completions[leaf]),
      reference: tokenLogProbabilities(bandit.p, of: completions[leaf]),
      score: bandit.rewards[leaf], beta: bandit.beta, values: values, lambda: lambda)
  }
}

/// A softmax policy over a few completions on a tape, so that the library's losses see it.
///
///     log q = log softmax(base + Φ·θ)
struct TapedPolicy {
  /// The tape of one recording.
  let tape = Tape<Double>()
  /// The parameters θ, a row.
  let weights: Tensor<Double>
  private let logits: Tensor<Double>

  /// A policy that is linear in the features; a table of logits where none are given.
  init(base: [Double], features: [[Double]]? = nil, weights: [Double]? = nil) {
    let count = base.count
    let rows = features ?? unitVectors(count)
    let width = rows.first?.count ?? 0
    self.weights = tape.parameter(
      weights ?? [Double](repeating: 0, count: width), shape: Shape(rows: 1, columns: width))
    let matrix = tape.constant(rows.flatMap(\.self), shape: Shape(rows: count, columns: width))
    logits = tape.column(base) + matrix.linear(self.weights)
  }

  /// log q of each of these completions, a column.
  func logProbabilities(of completions: [Int]) -> Tensor<Double> {
    tape.column([Double](repeating: 1, count: completions.count))
      .tokenLogProbabilities(head: logits, targets: completions, temperature: 1).logProbabilities
  }

  /// What preference losses see of some pairs.
  func pairs(_ pairs: [CompletionPair], logReference: [Double]) -> PairLogProbabilities<Double> {
    PairLogProbabilities(
      policyChosen: logProbabilities(of: pairs.map(\.chosen)),
      policyRejected: logProbabilities(of: pairs.map(\.rejected)),
      referenceChosen: tape.column(pairs.map { logReference[$0.chosen] }),
      referenceRejected: tape.column(pairs.map { logReference[$0.rejected] }))
  }

  /// The gradient of a loss in θ; once a tape.
  func gradient(of loss: Tensor<Double>) -> [Double] {
    tape.backward(from: loss)
    return tape.gradient(of: weights)
  }
}

/// Two completions of one prompt, by number.
struct CompletionPair {
  var chosen, rejected: Int

  /// Every ordered pair, ties included.
  static func all(of count: Int) -> [CompletionPair] {
    tuples(2, below: count).map { CompletionPair(chosen: $0[0], rejected: $0[1]) }
  }
}

/// The rows of an identity matrix.
func unitVectors(_ count: Int) -> [[Double]] {
  (0..<count).map { row in (0..<count).map { $0 == row ? 1 : 0 } }
}
