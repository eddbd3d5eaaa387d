import Autograd
import DPO
import Datasets
import ExactTheory
import RealModule
import RewardModeling
import TensorKernels

/// A finite data set of labelled pairs, and a feature vector for each completion.
///
/// Every pair is labelled both ways at least once, so that no reward separates the data and the
/// maximum-likelihood reward is finite.
private struct LabelledPairs {
  let bandit: RandomBandit
  let features: [[Double]]
  let pairs: [CompletionPair]
  let counts: [Double]

  init(using generator: inout CounterGenerator) {
    bandit = RandomBandit(actions: 5...7, using: &generator)
    features = (0..<bandit.count).map { _ in (0..<3).map { _ in generator.normal() } }
    pairs = CompletionPair.all(of: bandit.count).filter { $0.chosen != $0.rejected }
    counts = pairs.map { _ in Double(1 + generator.integer(below: 5)) }
  }

  /// Φ·w.
  func rewards(_ weights: [Double]) -> [Double] {
    features.map { zip($0, weights).reduce(0) { $0 + $1.0 * $1.1 } }
  }

  /// The parameters where a loss has gradient zero, by Newton's steps from zero.
  ///
  /// The curvature is that of the logistic regression on feature differences, whose margins are
  /// `strength`·(φ⁺ − φ⁻)·θ; it sets the steps and leaves the root to the gradient.
  func minimizer(strength: Double, gradient: ([Double]) -> [Double]) -> [Double] {
    var weights = [Double](repeating: 0, count: 3)
    for _ in 0..<40 {
      let step = solution(of: curvature(at: weights, strength: strength), gradient(weights))
      for i in weights.indices { weights[i] -= step[i] }
    }
    return weights
  }

  private func curvature(at weights: [Double], strength: Double) -> [[Double]] {
    let rewards = rewards(weights)
    var matrix = [[Double]](repeating: [0, 0, 0], count: 3)
    for (pair, count) in zip(pairs, counts) {
      let probability = plainSigmoid(strength * (rewards[pair.chosen] - rewards[pair.rejected]))
      let difference = zip(features[pair.chosen], features[pair.rejected]).map { $0 - $1 }
      let weight = count * strength * strength * probability * (1 - probability)
      for i in 0..<3 {
        for j in 0..<3 { matrix[i][j] += weight * difference[i] * difference[j] }
      }
    }
    return matrix
  }

  /// The gradient of the reward model's loss in the weights of r = Φ·w.
  func rewardGradient(_ weights: [Double]) -> [Double] {
    let tape = Tape<Double>()
    let row = tape.parameter(weights, shape: Shape(rows: 1, columns: 3))
    let scores = tape.constant(
      features.flatMap(\.self), shape: Shape(rows: features.count, columns: 3)
    ).linear(row)
    let losses = BradleyTerryLoss().pairLosses(
      chosen: scores.rows(pairs.map(\.chosen)), rejected: scores.rows(pairs.map(\.rejected)))
    tape.backward(from: losses.weightedSum(counts))
    return tape.gradient(of: row)
  }

  /// The gradient of the DPO loss in the weights of log q = log softmax(log p + Φ·θ).
  func policyGradient(_ weights: [Double]) -> [Double] {
    let reference = bandit.objective.logReference
    let policy = TapedPolicy(base: reference, features: features, weights: weights)
    let losses = DPOLoss(beta: bandit.beta)
      .pairLosses(policy.pairs(pairs, logReference: reference))
    return policy.gradient(of: losses.weightedSum(counts))
  }
}

/// KL between RLHF's policy, solved exactly, and DPO's, both fitted to convergence.
func isomorphicDivergence(_ generator: inout CounterGenerator) -> Double {
  (0..<4).reduce(0) { largest, _ in
    let data = LabelledPairs(using: &generator)
    let reward = data.rewards(data.minimizer(strength: 1, gradient: data.rewardGradient))
    let weights = data.minimizer(strength: data.bandit.beta, gradient: data.policyGradient)
    let tilted = data.bandit.rewarded(reward).optimalLogProbabilities
    let policy = plainSoftmax(
      zip(data.bandit.objective.logReference, data.rewards(weights)).map { $0 + $1 })
    let divergence = plainDivergence(policy, tilted.map { .exp($0) })
    // Both fits must have moved: the reference is no answer to these labels.
    let distance = plainDivergence(policy, data.bandit.p)
    return divergence.isNaN || distance < 1e-6 ? .infinity : max(largest, abs(divergence))
  }
}
