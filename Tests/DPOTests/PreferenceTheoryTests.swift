import Autograd
import DPO
import Foundation
import Testing

/// A choice among three actions, small enough to enumerate every labelled pair.
private struct ThreeActions {
  let reference = [0.5, 0.3, 0.2]
  let reward = [0.2, 1.1, -0.7]
  let beta = 0.5

  /// Every ordered pair of distinct actions.
  let pairs = (0..<3).flatMap { i in (0..<3).filter { $0 != i }.map { (chosen: i, rejected: $0) } }

  /// log π* up to a constant, π* ∝ π₀·exp(r/β); Rafailov (2023), equation 4.
  func optimum(for reward: [Double]) -> [Double] {
    zip(reference, reward).map { log($0) + $1 / beta }
  }

  /// The probability of drawing the pair from π₀ and labelling it so: p·p·σ(r⁺ − r⁻).
  func labelWeights(probability: (Int, Int) -> Double) -> [Double] {
    pairs.map {
      reference[$0.chosen] * reference[$0.rejected] * probability($0.chosen, $0.rejected)
    }
  }

  func bradleyTerry(_ chosen: Int, _ rejected: Int) -> Double {
    1 / (1 + exp(reward[rejected] - reward[chosen]))
  }

  /// The gradient in the logits of Σ weight·loss over all labelled pairs.
  func gradient(_ loss: some PreferenceLoss, logits: [Double], weights: [Double]) -> [Double] {
    let tape = Tape<Double>()
    let head = tape.parameter(logits, shape: Shape(rows: 3, columns: 1))
    func logProbabilities(_ actions: [Int]) -> Tensor<Double> {
      tape.column(actions.map { _ in 1 })
        .tokenLogProbabilities(head: head, targets: actions, temperature: 1).logProbabilities
    }
    let (chosen, rejected) = (pairs.map(\.chosen), pairs.map(\.rejected))
    let columns = PairLogProbabilities(
      policyChosen: logProbabilities(chosen), policyRejected: logProbabilities(rejected),
      referenceChosen: tape.column(chosen.map { log(reference[$0]) }),
      referenceRejected: tape.column(rejected.map { log(reference[$0]) }))
    tape.backward(from: loss.pairLosses(columns).weightedSum(weights))
    return tape.gradient(of: head)
  }
}

@Suite struct PreferenceTheoryTests {
  private let world = ThreeActions()

  @Test func populationGradientVanishesAtTheOptimumOfRLHF() {
    let weights = world.labelWeights(probability: world.bradleyTerry)
    let loss = DPOLoss(beta: world.beta)
    let optimum = world.gradient(
      loss, logits: world.optimum(for: world.reward), weights: weights)
    let start = world.gradient(loss, logits: world.reference.map { log($0) }, weights: weights)
    #expect(optimum.allSatisfy { abs($0) < 1e-14 })
    #expect(start.contains { abs($0) > 1e-2 })
  }

  @Test func populationGradientIsTheWeightedScoreDifference() {
    // ∇L = −β·Σ_{i<j} pᵢ·pⱼ·(σ(rᵢ − rⱼ) − σ(m))·(sᵢ − sⱼ), and sᵢ − sⱼ = eᵢ − eⱼ for a softmax.
    let logits = [0.3, -0.4, 0.9]
    let ratios = zip(logits, world.reference).map { $0 - log($1) }
    var expected = [0.0, 0.0, 0.0]
    for (i, j) in world.pairs where i < j {
      let implicit = 1 / (1 + exp(-world.beta * (ratios[i] - ratios[j])))
      let surprise = world.bradleyTerry(i, j) - implicit
      let pull = world.beta * world.reference[i] * world.reference[j] * surprise
      expected[i] -= pull
      expected[j] += pull
    }
    let gradient = world.gradient(
      DPOLoss(beta: world.beta), logits: logits,
      weights: world.labelWeights(probability: world.bradleyTerry))
    for (value, wanted) in zip(gradient, expected) { #expect(abs(value - wanted) < 1e-14) }
  }

  @Test func labelsDrawnFromThePolicyItselfTeachNothing() {
    let logits = [0.3, -0.4, 0.9]
    let ratios = zip(logits, world.reference).map { $0 - log($1) }
    let weights = world.labelWeights { chosen, rejected in
      1 / (1 + exp(-world.beta * (ratios[chosen] - ratios[rejected])))
    }
    let gradient = world.gradient(DPOLoss(beta: world.beta), logits: logits, weights: weights)
    #expect(gradient.allSatisfy { abs($0) < 1e-14 })
  }

  @Test func onIsomorphicClassesDPOIsTheRewardModelTilted() {
    // A finite data set in which no action always wins. The maximum-likelihood reward by gradient
    // ascent on Σ n·log σ(r⁺ − r⁻), written out here; then π₀·exp(r/β) must be DPO's optimum too.
    let wins = [3.0, 5, 2, 4, 1, 6]
    var reward = [0.0, 0, 0]
    for _ in 0..<4000 {
      var gradient = [0.0, 0, 0]
      for ((chosen, rejected), count) in zip(world.pairs, wins) {
        let pull = count / (1 + exp(reward[chosen] - reward[rejected]))
        gradient[chosen] += pull
        gradient[rejected] -= pull
      }
      for action in 0..<3 { reward[action] += 0.1 * gradient[action] }
    }
    let gradient = world.gradient(
      DPOLoss(beta: world.beta), logits: world.optimum(for: reward), weights: wins)
    #expect(gradient.allSatisfy { abs($0) < 1e-10 })
  }

  @Test(arguments: [0.1, 0.4, 1])
  func ipoStopsAtItsTargetWhereLabelsHaveNoNoise(tau: Double) {
    // Two actions, uniform reference, y₁ always preferred: π(y₁) = σ(1/(2τ)); Azar (2023), section 5.
    func gradient(_ loss: some PreferenceLoss, difference: Double) -> Double {
      let tape = Tape<Double>()
      let head = tape.parameter([difference, 0], shape: Shape(rows: 2, columns: 1))
      let read = tape.column([1, 1])
        .tokenLogProbabilities(head: head, targets: [0, 1], temperature: 1).logProbabilities
      let half = tape.column([log(0.5)])
      let columns = PairLogProbabilities(
        policyChosen: read.rows([0]), policyRejected: read.rows([1]), referenceChosen: half,
        referenceRejected: half)
      tape.backward(from: loss(columns))
      return tape.gradient(of: head)[0]
    }
    #expect(abs(gradient(IPOLoss(beta: tau), difference: 1 / (2 * tau))) < 1e-12)
    #expect(gradient(IPOLoss(beta: tau), difference: 1 / tau) > 0)
    // DPO has no such stop: its gradient still pulls up at any distance.
    #expect(gradient(DPOLoss(beta: tau), difference: 1 / tau) < 0)
  }
}
