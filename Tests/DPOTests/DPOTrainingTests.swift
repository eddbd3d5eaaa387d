import Autograd
import DPO
import Datasets
import Foundation
import LanguageModel
import TensorKernels
import Testing
import Training

@Suite struct DPOTrainingTests {
  private let pairs = TinyPreferences.pairs(count: 96)
  private let start: Transformer<Float> = TinyPreferences.policy(width: 16)
  private var configuration: DPOConfiguration {
    var configuration = DPOConfiguration()
    configuration.learningRate = 5e-3
    configuration.epochs = 4
    configuration.batchSize = 16
    return configuration
  }

  private struct Run {
    var policy: Transformer<Float>
    var outcome: TrainingOutcome
    var rows: [DPOMetrics] = []
    var steps: [Int] = []
  }

  private func run(
    _ configuration: DPOConfiguration, from start: Transformer<Float>? = nil,
    reference: Transformer<Float>? = nil
  ) -> Run {
    var run = Run(policy: start ?? self.start, outcome: .completed)
    var (rows, steps): ([DPOMetrics], [Int]) = ([], [])
    run.outcome = trainDPO(
      &run.policy, reference: reference ?? self.start, pairs: pairs, configuration: configuration,
      seed: Seed(7)
    ) { step, _, metrics in
      steps.append(step)
      rows.append(metrics)
    }
    (run.rows, run.steps) = (rows, steps)
    return run
  }

  @Test func theFirstRowIsTheCertificate() throws {
    var configuration = configuration
    configuration.epochs = 1
    let first = try #require(run(configuration).rows.first)
    // Float's log 2, rounded once.
    #expect(abs(first.loss - log(2)) < 5e-8)
    #expect(first.rewardMargin == 0)
    #expect(first.chosenReward == 0 && first.rejectedReward == 0)
    #expect(first.rewardAccuracy == 0)
    #expect(first.approximateKL == 0)
    #expect(first.cost == Cost())
  }

  @Test func trainingLowersTheLossAndOrdersHeldOutPairs() {
    let trained = run(configuration)
    let heldOut = TinyPreferences.pairs(count: 200, seed: 99)
    let loss = configuration.loss
    let before = evaluateDPO(start, reference: start, pairs: heldOut, loss: loss)
    let after = evaluateDPO(trained.policy, reference: start, pairs: heldOut, loss: loss)
    #expect(trained.outcome == .completed)
    #expect(before.accuracy == 0 && abs(before.loss - log(2)) < 1e-12 && before.margin == 0)
    #expect(after.accuracy > 0.9)
    #expect(after.loss < 0.65)
    #expect(after.chosenReward > after.rejectedReward)
  }

  @Test func everyUpdateIsObservedOnce() {
    let trained = run(configuration)
    #expect(trained.steps == Array(0...24))  // 4 epochs of 96 / 16
    #expect(trained.rows.allSatisfy { $0.gradientNorm > 0 })
    // A tenth of 24 updates of warm-up, rounded to 2, and then a straight line to zero.
    let rates = [0, 0.5] + (0..<22).map { 1 - Double($0) / 22 }
    #expect(trained.rows.map(\.learningRate) == [0] + rates.map { 5e-3 * $0 })
    #expect(trained.rows.last.map { $0.approximateKL.isFinite } == true)
    #expect(trained.rows.dropFirst(2).allSatisfy { $0.approximateKL > 0 })
  }

  @Test func aPairIsOneLabelAndOneReferencePassHoweverOftenItIsSeen() throws {
    let last = try #require(run(configuration).rows.last)
    let tokens = pairs.reduce(0) { $0 + 2 * $1.prompt.count + $1.chosen.count + $1.rejected.count }
    #expect(last.cost.labels == 96)
    #expect(last.cost.tokensBackward == 4 * tokens)
    #expect(last.cost.tokensForward == 5 * tokens)
    let products = start.configuration.multipliedParameterCount * 13 * tokens
    #expect(last.cost.flops > 2 * Double(products))
  }

  @Test func theSameCommandTwiceGivesTheSameBits() {
    let (first, second) = (run(configuration), run(configuration))
    #expect(first.policy.parameters.values == second.policy.parameters.values)
    #expect(first.rows.map(\.logged) == second.rows.map(\.logged))
  }

  @Test func ipoTrainsThroughTheSameLoop() {
    var configuration = configuration
    configuration.lossKind = .ipoSum
    configuration.beta = 0.5
    let rows = run(configuration).rows
    // (0 − 1/(2·0.5))² = 1 at the reference.
    #expect(rows.first.map { abs($0.loss - 1) < 1e-6 } == true)
    #expect(rows.last.map { $0.loss < 0.7 } == true)
  }

  @Test func aNonFiniteReferenceEndsAsDivergenceWithThePolicyKept() {
    var broken = start
    broken.parameters.values[0][20] = .nan
    let result = run(configuration, reference: broken)
    #expect(result.outcome == .diverged(step: 1))
    #expect(result.policy.parameters.values == start.parameters.values)
    #expect(result.rows.isEmpty)
  }

  @Test func anOverflowInTheMiddleOfTrainingEndsAsDivergence() {
    var configuration = configuration
    configuration.learningRate = 1e38
    configuration.warmupSteps = 0
    guard case .diverged(let step) = run(configuration).outcome else {
      Issue.record("a learning rate of 1e38 did not diverge")
      return
    }
    #expect(step > 1)
  }

  @Test func anObserverThatThrowsStopsTraining() {
    struct Stop: Error {}
    var policy = start
    var seen = 0
    #expect(throws: Stop.self) {
      try trainDPO(
        &policy, reference: start, pairs: pairs, configuration: configuration, seed: Seed(7)
      ) { step, _, _ in
        seen = step
        if step == 2 { throw Stop() }
      }
    }
    #expect(seen == 2)
  }
}
