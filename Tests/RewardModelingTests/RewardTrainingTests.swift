import Autograd
import Datasets
import Foundation
import LanguageModel
import RewardModeling
import TensorKernels
import Testing
import Tokenization
import Training

@Suite struct RewardTrainingTests {
  private let pairs = TinyPreferences.pairs(count: 128)
  private let reference: Transformer<Float> = TinyPreferences.policy(width: 16)
  private var completions: [TokenSequence] {
    TinyPreferences.pairs(count: 40, seed: 50).map(\.rejectedSequence)
  }
  private var configuration: RewardConfiguration {
    var configuration = RewardConfiguration()
    configuration.learningRate = 1e-2
    configuration.epochs = 4
    configuration.batchSize = 16
    return configuration
  }

  private struct Run {
    var model: RewardModel
    var outcome: TrainingOutcome
    var rows: [RewardMetrics]
    var steps: [Int]
  }

  private func run(
    _ configuration: RewardConfiguration, from reference: Transformer<Float>? = nil,
    on pairs: [PreferencePair]? = nil
  ) -> Run {
    var (rows, steps): ([RewardMetrics], [Int]) = ([], [])
    let (model, outcome) = trainRewardModel(
      from: reference ?? self.reference, on: pairs ?? self.pairs, centredOn: completions,
      configuration: configuration, seed: Seed(3)
    ) { step, _, metrics in
      steps.append(step)
      rows.append(metrics)
    }
    return Run(model: model, outcome: outcome, rows: rows, steps: steps)
  }

  @Test func theFirstRowIsTheCertificateOfTheZeroHead() throws {
    let first = try #require(run(configuration).rows.first)
    #expect(abs(first.loss - log(2)) < 5e-8)  // Float's log 2, rounded once
    #expect(first.margin == 0 && first.accuracy == 0)
    #expect(first.minimumReward == 0 && first.maximumReward == 0)
    #expect(first.gradientNorm > 0)
    #expect(first.cost == Cost())
  }

  @Test func trainingOrdersHeldOutPairsAndFollowsTheGold() throws {
    let trained = run(configuration)
    let heldOut = TinyPreferences.pairs(count: 200, seed: 99)
    let gold = heldOut.map {
      GoldPair(
        chosen: Double(TinyPreferences.score($0.chosen)),
        rejected: Double(TinyPreferences.score($0.rejected)))
    }
    let result = try evaluateReward(trained.model, on: heldOut, gold: gold, bayesAccuracy: 1)
    #expect(trained.outcome == .completed)
    #expect(trained.steps == Array(0...32))  // 4 epochs of 128 / 16
    #expect(result.accuracy > 0.9 && result.bayesAccuracy == 1)
    #expect(result.logLoss < 0.4)
    #expect(try #require(result.pearson) > 0.75 && #require(result.spearman) > 0.75)
    #expect(try #require(result.withinPrompt) > 0.75)
  }

  @Test func referenceCompletionsScoreZeroOnAverageAndOrdersStay() {
    let model = run(configuration).model
    let rewards = model.rewards(of: completions)
    #expect(abs(rewards.reduce(0, +) / Double(rewards.count)) < 1e-9)
    #expect(model.offset != 0)
    let raw = RewardModel(model: model.model).rewards(of: completions)
    for (reward, score) in zip(rewards, raw) { #expect(abs(reward - score + model.offset) < 1e-12) }
  }

  @Test func theScoreIsReadAtTheLastToken() {
    let model = run(configuration).model
    let sequence = TokenSequence(prompt: [1, 4], completion: [5, 3, 2])
    let changed = TokenSequence(prompt: [1, 4], completion: [5, 3, 6])
    let rewards = model.rewards(of: [sequence, changed])
    #expect(rewards[0] != rewards[1])
  }

  @Test func theWholeBackboneIsTrained() {
    let model = run(configuration).model.model
    let shared = reference.parameters.names.filter { model.parameters.contains($0) }
    #expect(shared.count > 5)
    for name in shared { #expect(model.parameters[name] != reference.parameters[name]) }
  }

  @Test func aPairIsOneLabelHoweverOftenItIsSeen() throws {
    let last = try #require(run(configuration).rows.last)
    let tokens = pairs.reduce(0) { $0 + 2 * $1.prompt.count + $1.chosen.count + $1.rejected.count }
    #expect(last.cost.labels == 128)
    #expect(last.cost.tokensBackward == 4 * tokens && last.cost.tokensForward == 4 * tokens)
  }

  @Test func theSameCommandTwiceGivesTheSameBits() {
    let (first, second) = (run(configuration), run(configuration))
    #expect(first.model.model.parameters.values == second.model.model.parameters.values)
    #expect(first.model.offset == second.model.offset)
    #expect(first.rows.map(\.logged) == second.rows.map(\.logged))
  }

  /// At a zero head the loss of a pair is −log σ(−m).
  @Test func theFirstLossIsThatOfTheMarginsOfItsPairs() throws {
    var configuration = configuration
    (configuration.batchSize, configuration.margin) = (128, 0.25)
    let margins = pairs.indices.map { $0 % 3 == 0 ? nil : Double($0 % 7) / 2 - 1 }
    let first = try #require(run(configuration, on: pairs.withMargins(margins)).rows.first)
    let losses = margins.map { log1p(exp($0 ?? 0.25)) }
    #expect(abs(first.loss - losses.reduce(0, +) / 128) < 1e-6)
  }

  @Test func equalMarginsOfThePairsAreTheConstantOne() {
    var constant = configuration
    constant.margin = 0.5
    let own = pairs.withMargins(pairs.map { _ in 0.5 })
    let (first, second) = (run(constant), run(configuration, on: own))
    #expect(first.model.model.parameters.values == second.model.model.parameters.values)
    let none = run(constant, on: pairs.withMargins(pairs.map { _ in 0 }))
    #expect(none.model.model.parameters.values == run(configuration).model.model.parameters.values)
  }

  /// Touvron (2023), section 3.2.2: a margin asks for scores further apart.
  @Test func pairsWithALargerMarginEndFurtherApart() {
    let half = pairs.indices.map { $0 % 2 == 0 ? 3.0 : nil }
    let plain = run(configuration).model
    let wide = run(configuration, on: pairs.withMargins(half)).model
    func distance(_ reward: RewardModel) -> Double {
      let (chosen, rejected) = (
        reward.rewards(of: pairs.map(\.chosenSequence)),
        reward.rewards(of: pairs.map(\.rejectedSequence))
      )
      return zip(chosen, rejected).reduce(0) { $0 + $1.0 - $1.1 } / Double(pairs.count)
    }
    #expect(distance(wide) > distance(plain) + 0.2)
  }

  @Test func theCentringTermPullsScoresTowardsZero() throws {
    var centred = configuration
    centred.centeringCoefficient = 1
    let (plain, pulled) = (run(configuration).rows.last, run(centred).rows.last)
    let spread = { (row: RewardMetrics) in row.maximumReward - row.minimumReward }
    #expect(try spread(#require(pulled)) < spread(#require(plain)))
  }

  @Test func aNonFiniteBackboneEndsAsDivergence() {
    var broken = reference
    broken.parameters.values[0][20] = .nan
    let result = run(configuration, from: broken)
    #expect(result.outcome == .diverged(step: 1))
    #expect(result.rows.isEmpty)
  }
}
