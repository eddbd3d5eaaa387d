import Datasets
import Foundation
import LanguageModel
import Optimizers
import RewardModeling
import TensorKernels
import Testing
import Tokenization
import Training

@Suite struct RewardEnsembleTests {
  private let reference: Transformer<Float> = TinyPreferences.policy(width: 16)
  private let pairs = TinyPreferences.pairs(count: 96)
  private var completions: [TokenSequence] {
    pairs.flatMap { [$0.chosenSequence, $0.rejectedSequence] }
  }

  private func model(
    seed: UInt64 = 3, _ change: (inout RewardConfiguration) -> Void = { _ in }
  ) -> (reward: RewardModel, rows: [RewardMetrics]) {
    var configuration = RewardConfiguration()
    (configuration.learningRate, configuration.epochs, configuration.batchSize) = (1e-2, 3, 16)
    change(&configuration)
    var rows: [RewardMetrics] = []
    let (reward, outcome) = trainRewardModel(
      from: reference, on: pairs, centredOn: completions, configuration: configuration,
      seed: Seed(seed)
    ) { _, _, metrics in rows.append(metrics) }
    #expect(outcome == .completed)
    return (reward, rows)
  }

  private func moments(_ values: [Double]) -> (mean: Double, deviation: Double) {
    let mean = values.reduce(0, +) / Double(values.count)
    let squares = values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +)
    return (mean, (squares / Double(values.count)).squareRoot())
  }

  @Test func aggregatesAreMeanLeastAndMeanLessVariance() {
    let members = [RewardModel(model: ScalarModel(backbone: reference))]
    func ensemble(_ kind: EnsembleAggregation) -> RewardEnsemble {
      RewardEnsemble(members, aggregation: kind, uncertaintyWeight: 0.5)
    }
    #expect(ensemble(.mean).aggregate([1, 2, 6]) == 3)
    #expect(ensemble(.worstCase).aggregate([1, 2, 6]) == 1)
    // The variance of 1, 2 and 6 is (4 + 1 + 9)/3.
    #expect(abs(ensemble(.uncertaintyWeighted).aggregate([1, 2, 6]) - (3 - 7.0 / 3)) < 1e-12)
    #expect(ensemble(.uncertaintyWeighted).aggregate([2, 2]) == 2)
  }

  @Test func membersDifferAndTheWorstCaseIsBelowTheMean() {
    let members = [model(seed: 3).reward, model(seed: 4).reward]
    #expect(members[0].rewards(of: completions) != members[1].rewards(of: completions))
    let mean = RewardEnsemble(members, aggregation: .mean).rewards(of: completions)
    let worst = RewardEnsemble(members, aggregation: .worstCase).rewards(of: completions)
    #expect(zip(mean, worst).allSatisfy { $0 > $1 - 1e-12 } && mean != worst)
    let one = RewardConfiguration().reward(of: [members[0]])
    #expect((one as? RewardModel)?.offset == members[0].offset)
    #expect(RewardConfiguration().reward(of: members) is RewardEnsemble)
  }

  @Test func normalizationsLeaveTheOrderAndSetTheMoments() {
    let raw = model { $0.normalization = RewardNormalization.none }.reward
    let centred = model().reward
    let scaled = model { $0.normalization = .gainAndBias }.reward
    #expect(raw.offset == 0 && raw.gain == 1 && centred.gain == 1)
    #expect(abs(moments(centred.rewards(of: completions)).mean) < 1e-6)
    let (mean, deviation) = moments(scaled.rewards(of: completions))
    #expect(abs(mean) < 1e-6 && abs(deviation - 1) < 1e-6)
    let ranked = raw.rewards(of: completions).indices.sorted {
      raw.rewards(of: completions)[$0] < raw.rewards(of: completions)[$1]
    }
    let scores = scaled.rewards(of: completions)
    #expect(zip(ranked, ranked.dropFirst()).allSatisfy { scores[$0] <= scores[$1] })
  }

  @Test func aConstantRewardKeepsItsGain() {
    var constant = RewardModel(model: ScalarModel(backbone: reference))
    constant.normalize(on: completions, .gainAndBias)
    #expect(constant.gain == 1 && constant.offset == 0)
    constant.offset = 3
    constant.normalize(on: [], .bias)
    #expect(constant.offset == 3)
  }

  @Test func aMarginStartsAboveLogTwoAndWidensTheScores() throws {
    let plain = model()
    let wide = model { $0.margin = 2 }
    // −log σ(−2) at equal scores.
    #expect(abs(try #require(wide.rows.first).loss - log1p(exp(2))) < 1e-6)
    let margins = [plain.rows.last, wide.rows.last].map { $0?.margin ?? 0 }
    #expect(margins[1] > margins[0])
  }
}

@Suite struct RankingRewardTests {
  private let reference: Transformer<Float> = TinyPreferences.policy(width: 16)
  private let rankings = (0..<32).map { index in
    PreferenceRanking(
      prompt: [TinyPreferences.begin, 3 + index % 4],
      completions: (0..<3).map { place in
        [Int](repeating: 5, count: 3 - place) + [3 + index % 2, TinyPreferences.end]
      })
  }

  private func rows(_ loss: RankingLoss?, places: Int, pairs: [PreferencePair]) -> [RewardMetrics] {
    var configuration = RewardConfiguration()
    configuration.rankingLoss = loss
    (configuration.learningRate, configuration.epochs) = (1e-2, 4)
    configuration.batchSize = 32
    var rows: [RewardMetrics] = []
    _ = trainRewardModel(
      from: reference, on: pairs, places: places, centredOn: [], configuration: configuration,
      seed: Seed(2)
    ) { _, _, metrics in rows.append(metrics) }
    return rows
  }

  @Test(arguments: RankingLoss.allCases)
  func completionsOfAPromptAreLearntTogether(loss: RankingLoss) throws {
    let rows = rows(loss, places: 3, pairs: rankings.flatMap(\.pairs))
    let (first, last) = (try #require(rows.first), try #require(rows.last))
    #expect(abs(first.loss - (loss == .pairs ? log(2) : log(6))) < 1e-6)
    #expect(last.loss < first.loss && last.accuracy > 0.9)
    #expect(last.cost.labels == 32 * (loss == .pairs ? 3 : 2))
    // Each of the 96 completions is read once an epoch, not once a pair.
    let tokens = rankings.flatMap(\.sequences).reduce(0) { $0 + $1.tokens.count }
    #expect(last.cost.tokensForward == 4 * tokens)
  }

  @Test func rankingsOfTwoAreThePairs() {
    let pairs = TinyPreferences.pairs(count: 64)
    let (paired, ranked) = (
      rows(nil, places: 2, pairs: pairs), rows(.plackettLuce, places: 2, pairs: pairs)
    )
    #expect(paired.count == 9 && ranked.count == 9)
    for (a, b) in zip(paired, ranked) {
      #expect(abs(a.loss - b.loss) < 1e-5 && abs(a.margin - b.margin) < 1e-4)
      #expect(abs(a.meanReward - b.meanReward) < 1e-4 && a.cost.labels == b.cost.labels)
    }
  }
}
