import Datasets
import Foundation
import Testing

@Suite struct CounterGeneratorTests {
  private let seed = Seed(11)

  /// Pearson's χ² of counts against equal expectations.
  private func chiSquare(_ counts: [Int]) -> Double {
    let expected = Double(counts.reduce(0, +)) / Double(counts.count)
    let terms = counts.map { count -> Double in
      let difference = Double(count) - expected
      return difference * difference / expected
    }
    return terms.reduce(0, +)
  }

  @Test func uniformNumbersFillTheUnitInterval() {
    var generator = seed.generator(for: "uniform")
    let draws = (0..<100_000).map { _ in generator.uniform() }
    #expect(draws.allSatisfy { $0 >= 0 && $0 < 1 })
    var counts = [Int](repeating: 0, count: 100)
    for draw in draws { counts[Int(draw * 100)] += 1 }
    // With 99 degrees of freedom χ² lies in 61.1...148.2 but for one seed in 500.
    #expect((61.1...148.2).contains(chiSquare(counts)))
  }

  @Test func theFirstDrawsOfManyGeneratorsAreEvenlySpreadToo() {
    let stream = UniformStream(seed: seed, purpose: "rollouts")
    var counts = [Int](repeating: 0, count: 100)
    for index in 0..<100_000 { counts[Int(stream(index, 0) * 100)] += 1 }
    #expect((61.1...148.2).contains(chiSquare(counts)))
  }

  @Test func neighbouringDrawsAreIndependent() {
    var generator = seed.generator(for: "serial")
    var counts = [Int](repeating: 0, count: 100)
    var last = generator.uniform()
    for _ in 0..<100_000 {
      let next = generator.uniform()
      counts[Int(last * 10) * 10 + Int(next * 10)] += 1
      last = next
    }
    #expect((61.1...148.2).contains(chiSquare(counts)))
  }

  @Test func normalNumbersHaveTheMomentsOfTheNormalDistribution() {
    var generator = seed.generator(for: "normal")
    let count = 100_000.0
    let draws = (0..<Int(count)).map { _ in generator.normal() }
    func mean(_ term: (Double) -> Double) -> Double { draws.map(term).reduce(0, +) / count }
    // E z = 0, E z² = 1, E z³ = 0, E z⁴ = 3 with variances 1, 2, 15, 96 over the count.
    for (power, expected, variance) in [(1.0, 0.0, 1.0), (2, 1, 2), (3, 0, 15), (4, 3, 96)] {
      let moment = mean { pow($0, power) }
      let standardError = (variance / count).squareRoot()
      #expect(abs(moment - expected) < 4 * standardError)
    }
    let tail = mean { abs($0) > 1.959964 ? 1 : 0 }
    let standardError = (0.05 * 0.95 / count).squareRoot()
    #expect(abs(tail - 0.05) < 4 * standardError)
  }

  @Test(arguments: [1, 2, 6, 7, 1000])
  func wholeNumbersAreEquallyLikely(bound: Int) {
    var generator = seed.generator(for: "integers", step: bound)
    var counts = [Int](repeating: 0, count: bound)
    for _ in 0..<(200 * bound) { counts[generator.integer(below: bound)] += 1 }
    // χ² has mean k and variance 2k for k degrees of freedom.
    let freedom = Double(bound - 1)
    #expect(abs(chiSquare(counts) - freedom) <= 4 * (2 * freedom).squareRoot())
  }

  @Test func aBoundThatDoesNotDivideTheRangeIsNotBiased() {
    // The bound is 2⁶⁵/5, so that without rejection odd and even results in the lower half would
    // stem from 3 and 2 of the 2⁶⁴ words in turn: shares of 0.6 and 0.4.
    let bound = 7_378_697_629_483_820_646
    var generator = seed.generator(for: "large")
    let results = (0..<20_000).map { _ in generator.integer(below: bound) }
    let lower = results.filter { $0 < bound / 2 }
    #expect(abs(lower.count - 10_000) < 4 * 71)
    #expect(abs(2 * lower.count { $0 % 2 == 0 } - lower.count) < 4 * 100)
  }

  @Test func everyOrderOfAShuffleIsEquallyLikely() {
    var generator = seed.generator(for: "shuffle")
    var counts: [[Int]: Int] = [:]
    for _ in 0..<24_000 { counts[generator.shuffled([0, 1, 2, 3]), default: 0] += 1 }
    #expect(counts.count == 24)
    // With 23 degrees of freedom χ² exceeds 49.7 for one seed in 1000.
    #expect(chiSquare(Array(counts.values)) < 49.7)
  }

  @Test func aShuffleKeepsEveryElement() {
    var generator = seed.generator(for: "shuffle")
    let elements = (0..<500).map { $0 % 50 }
    let shuffled = generator.shuffled(elements)
    #expect(shuffled.sorted() == elements.sorted())
    #expect(shuffled != elements)
    #expect(generator.shuffled([Int]()).isEmpty)
  }

  @Test func chosenElementsAreDifferentAndEquallyLikely() {
    var generator = seed.generator(for: "choose")
    var counts = [Int](repeating: 0, count: 10)
    for _ in 0..<10_000 {
      let chosen = generator.choose(3, of: Array(0..<10))
      #expect(Set(chosen).count == 3)
      for element in chosen { counts[element] += 1 }
    }
    // Each count is binomial with 10,000 trials and probability 0.3.
    let deviation = (10_000 * 0.3 * 0.7).squareRoot()
    for count in counts { #expect(abs(Double(count) - 3_000) < 4 * deviation) }
    #expect(["a", "b"].contains(generator.choose(["a", "b"])))
  }

  @Test(arguments: [0, 0.04, 0.8, 1])
  func eventsHappenWithTheirProbability(probability: Double) {
    var generator = seed.generator(for: "events")
    let count = 20_000
    let happened = (0..<count).count { _ in generator.happens(withProbability: probability) }
    let deviation = (Double(count) * probability * (1 - probability)).squareRoot()
    #expect(abs(Double(happened) - Double(count) * probability) <= 4 * deviation)
  }
}
