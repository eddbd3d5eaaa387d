import DPO
import Datasets
import LanguageModel
import Optimizers
import TensorKernels
import TestSupport
import Testing
import Training

@Suite struct DPOGoldenTests {
  private let golden: TrainerFixture
  private let reference: Transformer<Float>
  private let pairs = TrainerFixture.pairs.map {
    PreferencePair(prompt: $0.prompt, chosen: $0.chosen, rejected: $0.rejected)
  }

  init() throws {
    golden = try TrainerFixture.load()
    var generator = Seed(0).generator(for: "overwritten")
    var model = Transformer<Float>(
      configuration: ModelConfiguration(
        layers: 2, hiddenSize: 16, intermediateSize: 24, heads: 4, keyValueHeads: 2,
        vocabularySize: 11, maximumLength: 16), using: &generator)
    TrainerFixture.fill(&model.parameters)
    reference = model
  }

  @Test func summedLogProbabilitiesAreThoseOfTransformers() {
    let chosen = reference.completionLogProbabilities(of: pairs.map(\.chosenSequence))
    let rejected = reference.completionLogProbabilities(of: pairs.map(\.rejectedSequence))
    for (index, value) in chosen.enumerated() {
      #expect(abs(Double(value) - golden.chosenLogProbabilities[index]) < 1e-5)
      #expect(abs(Double(rejected[index]) - golden.rejectedLogProbabilities[index]) < 1e-5)
    }
  }

  @Test(arguments: OptimizerKind.allCases)
  func tenUpdatesAreThoseOfPyTorch(optimizer: OptimizerKind) {
    var configuration = DPOConfiguration()
    configuration.beta = 0.3
    configuration.optimizer = optimizer
    configuration.learningRate = optimizer == .adamW ? 3e-3 : 1e-4
    configuration.warmupSteps = 3
    (configuration.epochs, configuration.batchSize) = (10, 12)
    var policy = reference
    var rows: [[String: Double]] = []
    let outcome = trainDPO(
      &policy, reference: reference, pairs: pairs, configuration: configuration, seed: Seed(1)
    ) { step, _, metrics in
      if step > 0 { rows.append(metrics.logged) }
    }
    var expected = optimizer == .adamW ? golden.dpo : golden.rmsPropDPO
    // The first update has rate zero, so that the second batch is all ties up to rounding.
    expected[1]["rewards/accuracies"] = nil
    #expect(outcome == .completed && rows.count == expected.count)
    // Float against float64 over ten updates.
    for (name, difference) in largestDifferences(rows, from: expected) {
      #expect(difference < 1e-4, "\(name)")
    }
  }
}
