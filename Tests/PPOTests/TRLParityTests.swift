import Autograd
import Foundation
import PPO
import TensorKernels
import Testing

/// Every intermediate of TRL's PPO on its own inputs, in five settings, to 10⁻⁵.
@Suite struct TRLParityTests {
  static let settings = [
    "default_k1", "k3", "whiten_rewards", "missing_eos_1", "gamma.99_lam.9",
  ]

  let fixture: TRLFixture
  let layout: CompletionLayout

  init() throws {
    fixture = try TRLFixture.load()
    layout = CompletionLayout(padded: fixture.postprocessed, padToken: fixture.pad)
  }

  func configuration(_ setting: String) -> PPOConfiguration {
    var configuration = PPOConfiguration()
    switch setting {
    case "k3": configuration.klEstimator = .k3
    case "whiten_rewards": configuration.whitensRewards = true
    case "missing_eos_1": configuration.missingEndPenalty = 1
    case "gamma.99_lam.9": (configuration.discount, configuration.lambda) = (0.99, 0.9)
    default: break
    }
    return configuration
  }

  func learning(_ setting: String) -> AdvantagesAndReturns<Double> {
    AdvantagesAndReturns(
      layout: layout,
      logProbabilities: unpadded(fixture.logProbabilities, layout.tokenCounts),
      reference: unpadded(fixture.referenceLogProbabilities, layout.tokenCounts),
      values: unpadded(fixture.values, layout.slotCounts), scores: fixture.scores,
      hasEnded: fixture.postprocessed.map { $0.contains(fixture.eos) }, klPenalty: 0.05,
      configuration: configuration(setting))
  }

  /// log softmax(logits / T) of the responses, and the entropies, as the model's head has them.
  func readTokens(
    _ logits: [[[Double]]], on tape: Tape<Double> = Tape()
  ) -> TokenLogProbabilities<Double> {
    let rows = logits.flatMap { $0 }
    let width = rows[0].count
    let identity = (0..<width * width).map { $0 / width == $0 % width ? 1.0 : 0 }
    let hidden = tape.parameter(
      rows.flatMap { $0 }, shape: Shape(rows: rows.count, columns: width))
    return hidden.tokenLogProbabilities(
      head: tape.constant(identity, shape: Shape(rows: width, columns: width)),
      targets: fixture.responses.flatMap { $0 }, temperature: fixture.temperature)
  }

  /// Splits a padded column into rows and drops the padding.
  func tokens(_ padded: [Double]) -> [Double] {
    let width = layout.width
    let rows = padded.indices.map { padded[$0] }.chunked(width)
    return unpadded(rows, layout.tokenCounts).flatMap { $0 }
  }

  @Test func layoutIsThatOfTheMasks() throws {
    let expected = try #require(fixture.cases["default_k1"])
    #expect(layout.tokenCounts == fixture.lengths.map { $0 + 1 })
    #expect(layout.paddingMask == expected.paddingMask)
    #expect(layout.paddingMaskPlusOne == expected.paddingMaskPlusOne)
    #expect(layout.scoreSlots == expected.actualEnd)
  }

  @Test func logProbabilitiesShareTheTemperature() {
    let old = readTokens(fixture.policyLogits).logProbabilities.values
    let reference = readTokens(fixture.referenceLogits).logProbabilities.values
    #expect(largestDifference(old, fixture.logProbabilities.flatMap { $0 }) < 1e-5)
    #expect(largestDifference(reference, fixture.referenceLogProbabilities.flatMap { $0 }) < 1e-5)
  }

  @Test(arguments: settings) func targetsAreTheFixtures(setting: String) throws {
    let expected = try #require(fixture.cases[setting])
    let learning = learning(setting)
    func atTokens(_ rows: [[Double]]) -> [[Double]] { unpadded(rows, layout.tokenCounts) }
    func atSlots(_ rows: [[Double]]) -> [[Double]] { unpadded(rows, layout.slotCounts) }
    #expect(largestDifference(learning.klEstimates, atTokens(expected.kl)) < 1e-5)
    #expect(largestDifference(learning.scores, expected.scores) < 1e-5)
    #expect(largestDifference(learning.rewards, atSlots(expected.rewards)) < 1e-5)
    #expect(
      largestDifference(learning.whitenedAdvantages, atTokens(expected.advantages)) < 1e-5)
    #expect(largestDifference(learning.returns, atSlots(expected.returns)) < 1e-5)
  }

  /// Our own log-probabilities of the tokens that the masks let through.
  func logProbabilities(_ logits: [[[Double]]]) -> [[Double]] {
    unpadded(
      readTokens(logits).logProbabilities.values.chunked(layout.width), layout.tokenCounts)
  }

  @Test(arguments: settings) func objectivesAreTheFixtures(setting: String) throws {
    let expected = try #require(fixture.cases[setting])
    let hasEnded = fixture.postprocessed.map { $0.contains(fixture.eos) }
    let objective = ObjectiveMetrics(
      learning(setting), logProbabilities: logProbabilities(fixture.policyLogits),
      reference: logProbabilities(fixture.referenceLogits), hasEnded: hasEnded,
      endTokens: hasEnded.count { $0 }, klCoefficient: 0.05)
    #expect(abs(objective.kl - expected.objectiveKL) < 1e-5)
    #expect(abs(objective.nonScoreReward - expected.nonScoreReward) < 1e-5)
    #expect(abs(objective.rlhfReward - expected.rlhfReward) < 1e-5)
    #expect(abs(objective.entropy - expected.entropy) < 1e-5)
    let used = setting == "k3" ? objective.klK3 : objective.klK1
    #expect(abs(used - expected.objectiveKL) < 1e-5 && objective.klK1 != objective.klK3)
    #expect(
      objective.length == Double(fixture.lengths.reduce(0) { $0 + $1 + 1 }) / Double(hasEnded.count)
    )
  }

  @Test(arguments: settings) func lossesAreTheFixtures(setting: String) throws {
    let expected = try #require(fixture.cases[setting])
    let learning = learning(setting)
    let tape = Tape<Double>()
    let read = readTokens(fixture.newLogits, on: tape)
    let places = layout.paddingMask.flatMap { $0 }.enumerated().filter { !$1 }.map(\.offset)
    let policy = clippedPolicyLoss(
      logRatios: read.logProbabilities.rows(places)
        - tape.column(tokens(fixture.logProbabilities.flatMap { $0 })),
      advantages: learning.whitenedAdvantages.flatMap { $0 },
      weights: places.map { _ in 1 / Double(places.count) }, clipRange: 0.2, on: tape)
    let newValues = unpadded(fixture.newValues, layout.slotCounts).flatMap { $0 }
    let value = clippedValueLoss(
      tape.column(newValues), old: unpadded(fixture.values, layout.slotCounts).flatMap { $0 },
      returns: learning.returns.flatMap { $0 }, clipRange: 0.2, count: newValues.count, on: tape)
    for loss in [policy.loss.item, policy.reading.mean] {
      #expect(abs(loss - expected.policyLoss) < 1e-5)
    }
    for loss in [value.loss.item, value.reading.loss] {
      #expect(abs(loss - expected.valueLoss) < 1e-5)
    }
    #expect(abs(policy.reading.clippedFraction - expected.policyClippedFraction) < 1e-5)
    #expect(abs(value.reading.clippedFraction - expected.valueClippedFraction) < 1e-5)
    #expect(abs(policy.loss.item + 0.1 * value.loss.item - expected.loss) < 1e-5)
    let ratios = policy.reading.ratios
    #expect(abs(layout.paddedMean(ofTokens: ratios, padValue: 1) - expected.meanRatio) < 1e-5)
    let share = Double(ratios.count) / Double(layout.tokenCounts.count * layout.width)
    #expect(abs(policy.reading.approximateKL * share - expected.approximateKL) < 1e-5)
    #expect(abs(Moments(read.entropies).mean - expected.meanEntropy) < 1e-5)
  }
}

extension Array {
  func chunked(_ width: Int) -> [[Element]] {
    stride(from: 0, to: count, by: width).map { Array(self[$0..<$0 + width]) }
  }
}
