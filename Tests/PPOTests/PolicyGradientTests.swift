import Autograd
import Datasets
import LanguageModel
import PPO
import TensorKernels
import Testing
import Tokenization

/// The first update of PPO against the advantage actor-critic gradient, on a real model in Double.
@Suite struct PolicyGradientTests {
  let model: Transformer<Double>
  let sequences = [
    TokenSequence(prompt: [1, 4], completion: [3, 5, 2]),
    TokenSequence(prompt: [1], completion: [4, 4, 3, 2]),
    TokenSequence(prompt: [1, 5, 3], completion: [2]),
  ]
  let advantages = [0.7, -1.1, 0.4, 1.9, -0.2, 0.3, -0.8, 1.5]

  init() {
    var generator = Seed(3).generator(for: "model")
    model = Transformer(
      configuration: ModelConfiguration(
        layers: 2, hiddenSize: 8, intermediateSize: 12, heads: 2, vocabularySize: 6,
        maximumLength: 8),
      using: &generator)
  }

  func gradient(
    temperature: Double,
    of loss: (TokenLogProbabilities<Double>, Tape<Double>) -> Tensor<Double>
  ) -> [Double] {
    let tape = Tape<Double>()
    let recorded = tape.record(model.parameters)
    let read = model.tokenLogProbabilities(
      SequenceBatch(sequences), recorded, on: tape, temperature: temperature)
    tape.backward(from: loss(read, tape))
    return recorded.gradient().values.flatMap { $0 }
  }

  @Test(arguments: [1, 0.7]) func firstUpdateIsTheActorCriticGradient(temperature: Double) {
    // ∇L = −(1/n) Σ A·∇log π, Schulman (2017), equation 1, at ratio one.
    let old = model.logProbabilities(of: sequences, temperature: temperature).flatMap { $0 }
    let surrogate = gradient(temperature: temperature) { read, tape in
      clippedPolicyLoss(
        logRatios: read.logProbabilities - tape.column(old), advantages: advantages,
        weights: old.map { _ in 1.0 / 8 }, clipRange: 0.2, on: tape
      ).loss
    }
    let actorCritic = gradient(temperature: temperature) { read, _ in
      read.logProbabilities.weightedSum(advantages.map { -$0 / 8 })
    }
    #expect(largestDifference(surrogate, actorCritic) < 1e-12)
    #expect(surrogate.contains { abs($0) > 1e-3 })
  }

  @Test func firstUpdateIsReinforceByFiniteDifferences() {
    // The derivative along a fixed direction of −(1/n) Σ A·log π, from forward passes alone.
    var generator = Seed(4).generator(for: "direction")
    let direction = model.parameters.values.map { $0.map { _ in generator.normal() } }
    func loss(at step: Double) -> Double {
      var moved = model
      for (i, row) in direction.enumerated() {
        moved.parameters.values[i] = zip(model.parameters.values[i], row).map { $0 + step * $1 }
      }
      let logProbabilities = moved.logProbabilities(of: sequences).flatMap { $0 }
      return -zip(logProbabilities, advantages).map { $0 * $1 }.reduce(0, +) / 8
    }
    let old = model.logProbabilities(of: sequences).flatMap { $0 }
    let surrogate = gradient(temperature: 1) { read, tape in
      clippedPolicyLoss(
        logRatios: read.logProbabilities - tape.column(old), advantages: advantages,
        weights: old.map { _ in 1.0 / 8 }, clipRange: 0.2, on: tape
      ).loss
    }
    let slope = zip(surrogate, direction.flatMap { $0 }).map { $0 * $1 }.reduce(0, +)
    #expect(abs(slope - (loss(at: 1e-5) - loss(at: -1e-5)) / 2e-5) < 1e-7)
  }
}
