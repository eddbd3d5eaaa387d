import Datasets
import Foundation
import Testing
import Tokenization

@Suite struct BradleyTerryAnnotatorTests {
  /// A gold reward for tests: the completion's first token.
  private func gold(_ sequence: TokenSequence) -> Double { Double(sequence.completion.first ?? 0) }

  private func share(
    _ annotator: BradleyTerryAnnotator, first: [Int], second: [Int], count: Int
  ) -> Double {
    let wins = (0..<count).count { index in
      annotator.label(prompt: [1], first: first, second: second, gold: gold, index: index).chosen
        == first
    }
    return Double(wins) / Double(count)
  }

  struct Knobs: Sendable {
    var temperature = 1.0
    var flipRate = 0.0
    var lengthBias = 0.0
    /// The logit and the flip rate written out again for the pair of the test.
    var logit: Double
  }

  // The first completion has gold 5 and 1 token, the second gold 4 and 3 tokens.
  private static let knobs: [Knobs] = [
    Knobs(logit: 1),
    Knobs(temperature: 2, logit: 0.5),
    Knobs(temperature: 0.25, logit: 4),
    Knobs(flipRate: 0.25, logit: 1),
    Knobs(flipRate: 0.5, logit: 1),
    Knobs(flipRate: 1, logit: 1),
    Knobs(lengthBias: 0.5, logit: 0),
    Knobs(lengthBias: -0.1, logit: 1.2),
    Knobs(temperature: 0.5, flipRate: 0.1, lengthBias: 0.3, logit: 1.4),
  ]

  private func sigmoid(_ logit: Double) -> Double { 1 / (1 + exp(-logit)) }

  @Test(arguments: knobs)
  func labelsFollowTheExactProbability(knobs: Knobs) {
    let annotator = BradleyTerryAnnotator(
      temperature: knobs.temperature, flipRate: knobs.flipRate, lengthBias: knobs.lengthBias,
      seed: Seed(5))
    let count = 20_000
    let flips = knobs.flipRate
    let p = (1 - flips) * sigmoid(knobs.logit) + flips * sigmoid(-knobs.logit)
    let exact = annotator.probabilityFirstPreferred(goldDifference: 1, lengthDifference: -2)
    #expect(abs(exact - p) < 1e-15)
    let measured = share(annotator, first: [5], second: [4, 0, 0], count: count)
    let standardError = (p * (1 - p) / Double(count)).squareRoot()
    #expect(abs(measured - p) < 4 * standardError)
  }

  @Test func theProbabilitiesOfBothOrdersSumToOne() {
    let annotator = BradleyTerryAnnotator(
      temperature: 0.7, flipRate: 0.1, lengthBias: 0.2, seed: Seed(1))
    for difference in [-800, -3, -0.5, 0, 0.1, 2, 800] {
      let forward = annotator.probabilityFirstPreferred(
        goldDifference: difference, lengthDifference: 4)
      let backward = annotator.probabilityFirstPreferred(
        goldDifference: -difference, lengthDifference: -4)
      #expect(abs(forward + backward - 1) < 1e-15)
    }
  }

  @Test func argmaxAlwaysChoosesTheBetter() {
    let annotator = BradleyTerryAnnotator(labelMode: .argmax, seed: Seed(5))
    #expect(share(annotator, first: [5], second: [4], count: 1_000) == 1)
    #expect(share(annotator, first: [4], second: [5], count: 1_000) == 0)
    #expect(annotator.probabilityFirstPreferred(goldDifference: 1e-9) == 1)
  }

  @Test func argmaxDrawsTies() {
    let annotator = BradleyTerryAnnotator(labelMode: .argmax, seed: Seed(5))
    #expect(annotator.probabilityFirstPreferred(goldDifference: 0) == 0.5)
    // Different second tokens, so that the two can be told apart.
    let measured = share(annotator, first: [4, 1], second: [4, 2], count: 10_000)
    #expect(abs(measured - 0.5) < 4 * 0.5 / 100)
  }

  @Test func flipsAlsoTurnArgmaxLabels() {
    let annotator = BradleyTerryAnnotator(flipRate: 0.1, labelMode: .argmax, seed: Seed(5))
    let measured = share(annotator, first: [5], second: [4], count: 10_000)
    #expect(abs(measured - 0.9) < 4 * 0.3 / 100)
  }

  @Test func anotherFlipRateTurnsSomeLabelsAndRedrawsNone() {
    func labels(flipRate: Double) -> [PreferencePair] {
      let annotator = BradleyTerryAnnotator(flipRate: flipRate, seed: Seed(3))
      return (0..<4_000).map {
        annotator.label(prompt: [1], first: [5], second: [4], gold: gold, index: $0)
      }
    }
    let (clean, tenth, quarter) = (
      labels(flipRate: 0), labels(flipRate: 0.1), labels(flipRate: 0.25)
    )
    let turnedByTenth = clean.indices.filter { clean[$0] != tenth[$0] }
    let turnedByQuarter = clean.indices.filter { clean[$0] != quarter[$0] }
    // Binomial counts of 4,000 labels: standard deviations √(4000·0.1·0.9) and √(4000·0.25·0.75).
    #expect(abs(turnedByTenth.count - 400) < 4 * 19)
    #expect(abs(turnedByQuarter.count - 1_000) < 4 * 28)
    #expect(Set(turnedByTenth).isSubset(of: turnedByQuarter))
  }

  @Test func labelsDependOnTheIndexAndTheSeedOnly() {
    let annotator = BradleyTerryAnnotator(seed: Seed(3))
    let other = BradleyTerryAnnotator(seed: Seed(4))
    func label(_ annotator: BradleyTerryAnnotator, _ index: Int) -> PreferencePair {
      annotator.label(prompt: [1], first: [5], second: [4], gold: gold, index: index)
    }
    let forward = (0..<200).map { label(annotator, $0) }
    let backward = (0..<200).reversed().map { label(annotator, $0) }
    #expect(forward == backward.reversed())
    #expect(forward != (0..<200).map { label(other, $0) })
  }

  @Test func theAnnotationDescribesTheLabelThatWasGiven() {
    let annotator = BradleyTerryAnnotator(flipRate: 0.1, seed: Seed(3))
    for index in 0..<200 {
      let labelled = annotator.annotate(
        prompt: [1, 9], first: [5], second: [3, 2], gold: gold, index: index)
      let difference =
        gold(labelled.pair.chosenSequence) - gold(labelled.pair.rejectedSequence)
      #expect(labelled.pair.prompt == [1, 9])
      #expect(labelled.annotation.goldDifference == difference)
      let expected = 0.9 * sigmoid(difference) + 0.1 * sigmoid(-difference)
      #expect(abs(labelled.annotation.probability - expected) < 1e-15)
    }
  }

  @Test func bayesAccuracyIsThatOfTheBestGuess() throws {
    let annotator = BradleyTerryAnnotator(flipRate: 0.05, seed: Seed(8))
    let count = 20_000
    let labelled = (0..<count).map { index in
      annotator.annotate(
        prompt: [1], first: [index % 5], second: [2, 2], gold: gold, index: index)
    }
    let expected = try #require(bayesAccuracy(of: labelled.map(\.annotation)))
    // By hand: gold differences −2, −1, 0, 1 and 2, each a fifth of the pairs.
    let byHand: [Double] = [2, 1, 0, 1, 2].map { 0.95 * sigmoid($0) + 0.05 * sigmoid(-$0) }
    #expect(abs(expected - byHand.reduce(0, +) / 5) < 1e-12)
    // Guessing the better completion is right as often as that; a tie is right half of the time.
    let right = labelled.map { pair -> Double in
      let difference = pair.annotation.goldDifference
      return difference > 0 ? 1 : difference < 0 ? 0 : 0.5
    }
    let measured = right.reduce(0, +) / Double(count)
    #expect(abs(measured - expected) < 4 * 0.5 / Double(count).squareRoot())
    #expect(bayesAccuracy(of: []) == nil)
  }
}
