import Datasets
import RealModule

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
