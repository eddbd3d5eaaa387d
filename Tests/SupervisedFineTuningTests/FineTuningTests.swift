import Autograd
import Datasets
import Foundation
import LanguageModel
import Optimizers
import SupervisedFineTuning
import TensorKernels
import Testing
import Tokenization
import Training

@Suite struct FineTuningTests {
  /// A language in which every word is followed by the next one, 7 by 3.
  private let demonstrations = (0..<60).map { index in
    let start = 3 + index % 5
    let length = 1 + index % 4
    return TokenSequence(
      prompt: [1, start], completion: (1...length).map { 3 + (start - 3 + $0) % 5 } + [2])
  }
  private let start: Transformer<Float>
  private var configuration: SFTConfiguration {
    var configuration = SFTConfiguration()
    configuration.learningRate = 1e-2
    configuration.maximumSteps = 60
    configuration.batchSize = 20
    return configuration
  }

  init() {
    var generator = Seed(1).generator(for: "tests.model")
    start = Transformer(
      configuration: ModelConfiguration(
        layers: 1, hiddenSize: 16, intermediateSize: 16, heads: 2, vocabularySize: 8,
        maximumLength: 16), using: &generator)
  }

  private struct Run {
    var model: Transformer<Float>
    var outcome: TrainingOutcome
    var rows: [SFTMetrics]
    var steps: [Int]
  }

  private func run(
    _ configuration: SFTConfiguration, from start: Transformer<Float>? = nil
  ) -> Run {
    var model = start ?? self.start
    var (rows, steps): ([SFTMetrics], [Int]) = ([], [])
    let outcome = fineTune(
      &model, on: demonstrations, configuration: configuration, seed: Seed(2)
    ) { step, _, metrics in
      steps.append(step)
      rows.append(metrics)
    }
    return Run(model: model, outcome: outcome, rows: rows, steps: steps)
  }

  @Test func trainingLearnsTheLanguage() {
    let trained = run(configuration)
    let before = heldOutLikelihood(of: start, on: demonstrations)
    let after = heldOutLikelihood(of: trained.model, on: demonstrations)
    // Tiny weights choose almost uniformly among eight tokens.
    #expect(abs(before.loss - log(8)) < 0.1)
    // What is left is when to stop: at most log 2 a token.
    #expect(after.loss < 0.7 && after.perplexity < 2)
    #expect(trained.outcome == .completed && trained.steps == Array(0...60))
  }

  @Test func theFirstRowIsTheUntrainedModel() throws {
    let first = try #require(run(configuration).rows.first)
    #expect(abs(first.entropy - log(8)) < 0.1)
    #expect(first.learningRate == 0 && first.cost == Cost())
  }

  @Test func theDivisorIsAConstantAndNotTheTokensOfTheBatch() throws {
    // A trained model, to which tokens of short and of long demonstrations are not equally hard.
    let model = run(configuration).model
    // A batch of all demonstrations holds exactly the expected tokens: loss = mean cross-entropy.
    var whole = configuration
    (whole.batchSize, whole.maximumSteps) = (demonstrations.count, 1)
    let wholeLoss = try #require(run(whole, from: model).rows.first).loss
    let expected = heldOutLikelihood(of: model, on: demonstrations).loss
    #expect(abs(wholeLoss - expected) < 1e-5)
    // Batches of one weigh their tokens alike, so that their mean over an epoch is the same number;
    // a divisor per batch would give the mean over demonstrations instead.
    var single = configuration
    (single.batchSize, single.maximumSteps) = (1, demonstrations.count)
    single.learningRate = 1e-12
    let losses = run(single, from: model).rows.dropFirst().map(\.loss)
    #expect(abs(losses.reduce(0, +) / Double(losses.count) - expected) < 1e-5)
    let perDemonstration = demonstrations.map { heldOutLikelihood(of: model, on: [$0]).loss }
    let biased = perDemonstration.reduce(0, +) / Double(perDemonstration.count)
    #expect(abs(biased - expected) > 1e-3)
  }

  @Test func costCountsEveryTokenForwardAndBackward() throws {
    var epoch = configuration
    epoch.maximumSteps = 3  // three batches of twenty are all sixty demonstrations
    let last = try #require(run(epoch).rows.last)
    let tokens = demonstrations.reduce(0) { $0 + $1.prompt.count + $1.completion.count }
    #expect(last.cost.tokensForward == tokens && last.cost.tokensBackward == tokens)
    #expect(last.cost.labels == 0 && last.cost.rollouts == 0)
    #expect(last.logged["num_tokens"] == Double(tokens))
  }

  @Test func theSameCommandTwiceGivesTheSameBits() {
    let (first, second) = (run(configuration), run(configuration))
    #expect(first.model.parameters.values == second.model.parameters.values)
    #expect(first.rows.map(\.logged) == second.rows.map(\.logged))
  }

  @Test func aNonFiniteModelEndsAsDivergence() {
    var broken = start
    broken.parameters.values[0][20] = .nan
    let result = run(configuration, from: broken)
    #expect(result.outcome == .diverged(step: 1) && result.rows.isEmpty)
  }

  @Test func rmsPropTrainsThroughTheSameLoop() {
    var configuration = configuration
    configuration.optimizer = .rmsProp
    configuration.learningRate = 3e-3
    let rows = run(configuration).rows
    #expect(rows.last.map { $0.loss < 1.5 } == true)
  }

  @Test func perplexityIsTheExponentialOfTheMeanCrossEntropy() {
    // Equal logits for all eight tokens: the hidden states of zero weights are zero.
    var uniform = start
    for index in uniform.parameters.values.indices {
      uniform.parameters.values[index] = uniform.parameters.values[index].map { _ in 0 }
    }
    let result = heldOutLikelihood(of: uniform, on: demonstrations)
    #expect(abs(result.loss - log(8)) < 1e-6 && abs(result.perplexity - 8) < 1e-5)
    #expect(result.tokens == demonstrations.reduce(0) { $0 + $1.completion.count })
  }
}
