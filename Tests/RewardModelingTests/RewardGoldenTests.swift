import Datasets
import LanguageModel
import Optimizers
import RewardModeling
import TensorKernels
import TestSupport
import Testing
import Training

@Suite struct RewardGoldenTests {
  @Test func tenUpdatesAreThoseOfPyTorch() throws {
    let golden = try TrainerFixture.load()
    var generator = Seed(0).generator(for: "overwritten")
    var reference = Transformer<Float>(
      configuration: ModelConfiguration(
        layers: 2, hiddenSize: 16, intermediateSize: 24, heads: 4, keyValueHeads: 2,
        vocabularySize: 11, maximumLength: 16), using: &generator)
    TrainerFixture.fill(&reference.parameters)
    var configuration = RewardConfiguration()
    (configuration.learningRate, configuration.warmupSteps) = (3e-3, 3)
    (configuration.epochs, configuration.batchSize) = (10, 12)
    var rows: [[String: Double]] = []
    let (_, outcome) = trainRewardModel(
      from: reference,
      on: TrainerFixture.pairs.map {
        PreferencePair(prompt: $0.prompt, chosen: $0.chosen, rejected: $0.rejected)
      },
      centredOn: [], configuration: configuration, seed: Seed(1)
    ) { step, _, metrics in
      if step > 0 { rows.append(metrics.logged) }
    }
    #expect(outcome == .completed && rows.count == golden.reward.count)
    // Float against float64 over ten updates.
    for (name, difference) in largestDifferences(rows, from: golden.reward) {
      #expect(difference < 1e-4, "\(name)")
    }
  }
}
