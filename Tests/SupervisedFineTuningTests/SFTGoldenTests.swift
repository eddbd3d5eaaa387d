import Datasets
import LanguageModel
import Optimizers
import SupervisedFineTuning
import TensorKernels
import TestSupport
import Testing
import Tokenization
import Training

@Suite struct SFTGoldenTests {
  @Test func tenUpdatesAreThoseOfPyTorch() throws {
    let golden = try TrainerFixture.load()
    var generator = Seed(0).generator(for: "overwritten")
    var model = Transformer<Float>(
      configuration: ModelConfiguration(
        layers: 2, hiddenSize: 16, intermediateSize: 24, heads: 4, keyValueHeads: 2,
        vocabularySize: 11, maximumLength: 16), using: &generator)
    TrainerFixture.fill(&model.parameters)
    var configuration = SFTConfiguration()
    (configuration.learningRate, configuration.warmupSteps) = (3e-3, 3)
    (configuration.maximumSteps, configuration.batchSize) = (10, 12)
    var rows: [[String: Double]] = []
    let outcome = fineTune(
      &model,
      on: TrainerFixture.pairs.map { TokenSequence(prompt: $0.prompt, completion: $0.chosen) },
      configuration: configuration, seed: Seed(1)
    ) { step, _, metrics in
      if step > 0 { rows.append(metrics.logged) }
    }
    #expect(outcome == .completed && rows.count == golden.sft.count)
    // Float against float64 over ten updates.
    for (name, difference) in largestDifferences(rows, from: golden.sft) {
      #expect(difference < 1e-4, "\(name)")
    }
  }
}
