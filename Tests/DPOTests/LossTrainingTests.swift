import Autograd
import DPO
import Datasets
import Foundation
import LanguageModel
import TensorKernels
import Testing
import Training

/// Every loss through the training loop.
@Suite struct LossTrainingTests {
  private let pairs = TinyPreferences.pairs(count: 64)
  private let start: Transformer<Float> = TinyPreferences.policy(width: 16)

  private func configuration(_ kind: PreferenceLossKind) -> DPOConfiguration {
    var configuration = DPOConfiguration()
    configuration.lossKind = kind
    configuration.learningRate = 5e-3
    (configuration.epochs, configuration.batchSize) = (5, 64)
    (configuration.gradientShards, configuration.probePairs) = (3, 4)
    return configuration
  }

  private func rows(_ configuration: DPOConfiguration) -> [DPOMetrics] {
    var policy = start
    var rows: [DPOMetrics] = []
    let outcome = trainDPO(
      &policy, reference: start, pairs: pairs, configuration: configuration, seed: Seed(3)
    ) { _, _, metrics in rows.append(metrics) }
    #expect(outcome == .completed)
    return rows
  }

  @Test(arguments: PreferenceLossKind.allCases)
  func everyLossFallsOverAFewUpdates(kind: PreferenceLossKind) throws {
    let rows = rows(configuration(kind))
    #expect(rows.count == 6)
    #expect(rows.allSatisfy { $0.loss.isFinite && $0.gradientNorm > 0 })
    let (first, last) = (try #require(rows.first), try #require(rows.last))
    #expect(last.loss < first.loss)
    let constant = configuration(kind).loss.lossAtReference
    if let constant { #expect(abs(first.loss - constant) < 1e-6 * max(1, constant)) }
  }

  @Test(arguments: FDivergenceKind.allCases)
  func everyDivergenceFallsOverAFewUpdates(divergence: FDivergenceKind) throws {
    var configuration = configuration(.sigmoid)
    configuration.options.divergence = divergence
    let rows = rows(configuration)
    let (first, last) = (try #require(rows.first), try #require(rows.last))
    #expect(last.loss < first.loss && abs(first.loss - log(2)) < 1e-6)
  }

  /// The length of the gradient over the whole batch, on one tape and without shards.
  private func directNorm(_ loss: any PreferenceLoss) -> Double {
    let tape = Tape<Float>()
    let batch = PairBatch(pairs)
    let recorded = tape.record(start.parameters)
    let sums = batch.completionSums(
      start.tokenLogProbabilities(batch.sequences, recorded, on: tape))
    var columns = PairLogProbabilities(
      policyChosen: sums.chosen, policyRejected: sums.rejected,
      referenceChosen: sums.chosen.detached().shifted(by: (0..<64).map { Float($0 % 7) / 10 }),
      referenceRejected: sums.rejected.detached())
    columns.chosenTokens = pairs.map(\.chosen.count)
    columns.rejectedTokens = pairs.map(\.rejected.count)
    tape.backward(from: loss(columns))
    return recorded.gradient().norm
  }

  @Test func gradientsThroughShardsAreThoseOfTheWholeBatch() throws {
    // Losses without a reference need nothing that the loop computes by itself.
    for kind in [PreferenceLossKind.cpo, .simPO, .orpo, .sft] {
      var configuration = configuration(kind)
      configuration.epochs = 1
      let norm = try #require(rows(configuration).last).gradientNorm
      #expect(abs(norm - directNorm(configuration.loss)) < 1e-4 * norm, "\(kind)")
    }
  }

  @Test func optimalTransportCouplesPairsAcrossShards() throws {
    // Quantiles at the reference are all equal, so every pair has DPO's slope −β/2 there; after an
    // update they differ, and one shard or three must still agree.
    var (one, three) = (configuration(.aotUnpaired), configuration(.aotUnpaired))
    (one.gradientShards, three.gradientShards) = (2, 5)
    let (two, five) = (rows(one), rows(three))
    #expect(two.count == 6 && five.count == 6)
    for (first, second) in zip(two, five) {
      #expect(abs(first.loss - second.loss) < 1e-5)
      #expect(abs(first.gradientNorm - second.gradientNorm) < 1e-4)
    }
    let dpo = try #require(rows(configuration(.sigmoid)).first)
    let coupled = try #require(rows(one).first)
    #expect(abs(dpo.gradientNorm - coupled.gradientNorm) < 1e-5)
  }

  @Test func aLossWithoutAReferenceDoesNotPayForIt() throws {
    let tokens = pairs.reduce(0) { $0 + 2 * $1.prompt.count + $1.chosen.count + $1.rejected.count }
    let free = try #require(rows(configuration(.simPO)).last).cost
    #expect(free.tokensForward == 5 * tokens && free.labels == 64)
    let dpo = try #require(rows(configuration(.sigmoid)).last).cost
    #expect(dpo.tokensForward == 6 * tokens)
    // Optimal transport reads the policy twice, KTO reads both models on mismatched pairs too.
    let coupled = try #require(rows(configuration(.aot)).last).cost
    #expect(coupled.tokensForward == 11 * tokens)
    let kto = try #require(rows(configuration(.kto)).last).cost
    #expect(kto.tokensForward == 16 * tokens)
  }

  @Test func aReferenceThatFollowsEveryUpdateKeepsTheMarginAtZero() {
    var configuration = configuration(.sigmoid)
    configuration.synchronizesReference = true
    (configuration.mixupShare, configuration.synchronizationSteps) = (1, 1)
    let rows = rows(configuration)
    #expect(rows.count == 6)
    for row in rows {
      #expect(abs(row.rewardMargin) < 1e-6)
      #expect(abs(row.loss - log(2)) < 1e-6)
      #expect(row.cost.labels <= 64)
    }
  }

  @Test func aReferenceThatFollowsHalfWayLeavesSmallerMargins() throws {
    var moving = configuration(.sigmoid)
    moving.synchronizesReference = true
    (moving.mixupShare, moving.synchronizationSteps) = (0.5, 2)
    let (still, moved) = (rows(configuration(.sigmoid)), rows(moving))
    #expect(still[2].rewardMargin == moved[2].rewardMargin)
    let (free, tied) = (try #require(still.last), try #require(moved.last))
    #expect(tied.rewardMargin < free.rewardMargin && tied.rewardMargin > 0)
  }
}

/// Plackett–Luce DPO through the training loop.
@Suite struct RankingTrainingTests {
  private let start: Transformer<Float> = TinyPreferences.policy(width: 16)
  private var rankings: [PreferenceRanking] {
    // Two to four completions, more fives before fewer.
    (0..<48).map { index in
      PreferenceRanking(
        prompt: [TinyPreferences.begin, 3 + index % 4],
        completions: (0..<(2 + index % 3)).map { place in
          [Int](repeating: 5, count: 3 - place) + [3 + index % 2, TinyPreferences.end]
        })
    }
  }

  private func rows(
    _ train: (inout Transformer<Float>, (DPOMetrics) -> Void) -> TrainingOutcome
  ) -> [DPOMetrics] {
    var policy = start
    var rows: [DPOMetrics] = []
    #expect(train(&policy) { rows.append($0) } == .completed)
    return rows
  }

  private var configuration: DPOConfiguration {
    var configuration = DPOConfiguration()
    configuration.lossKind = .plackettLuce
    configuration.learningRate = 5e-3
    (configuration.epochs, configuration.batchSize) = (6, 48)
    return configuration
  }

  @Test func rankingsOfDifferentLengthsAreLearntTogether() throws {
    let rows = rows { policy, observe in
      trainDPO(
        &policy, reference: start, rankings: rankings, configuration: configuration, seed: Seed(1)
      ) { _, _, metrics in observe(metrics) }
    }
    let (first, last) = (try #require(rows.first), try #require(rows.last))
    // Sixteen rankings each of two, three and four places.
    #expect(abs(first.loss - (log(2) + log(6) + log(24)) / 3) < 1e-6)
    #expect(first.rewardMargin == 0)
    #expect(last.loss < first.loss && last.rewardAccuracy > 0.9)
    #expect(last.cost.labels == 16 * (1 + 2 + 3))
  }

  @Test func rankingsOfTwoAreDPO() {
    let pairs = TinyPreferences.pairs(count: 48)
    var dpo = configuration
    dpo.lossKind = .sigmoid
    let paired = rows { policy, observe in
      trainDPO(&policy, reference: start, pairs: pairs, configuration: dpo, seed: Seed(1)) {
        _, _, metrics in observe(metrics)
      }
    }
    let ranked = rows { policy, observe in
      trainDPO(
        &policy, reference: start,
        rankings: pairs.map {
          PreferenceRanking(prompt: $0.prompt, completions: [$0.chosen, $0.rejected])
        }, configuration: configuration, seed: Seed(1)
      ) { _, _, metrics in observe(metrics) }
    }
    #expect(paired.count == 7 && ranked.count == 7)
    for (a, b) in zip(paired, ranked) {
      #expect(abs(a.loss - b.loss) < 1e-5 && abs(a.gradientNorm - b.gradientNorm) < 1e-4)
      #expect(abs(a.chosenLogits - b.chosenLogits) < 1e-4)
      #expect(abs(a.rejectedLogProbability - b.rejectedLogProbability) < 1e-3)
      #expect(a.meanTokenAccuracy == b.meanTokenAccuracy)
    }
  }
}
