import RewardModeling
import Testing

@Suite struct CorrelationTests {
  @Test func pearsonOfAHandComputedExample() {
    // Deviations (−1.5, −.5, .5, 1.5) and (−1, −1, 1, 1): 4 / √(5·4).
    let value = pearsonCorrelation([1, 2, 3, 4], [0, 0, 2, 2])
    #expect(abs(value - 4 / 20.0.squareRoot()) < 1e-15)
  }

  @Test func pearsonIgnoresScaleAndOffset() {
    let (a, b) = ([0.3, -1, 2.5, 0.1], [1.0, -2, 0.5, 0.7])
    let moved = pearsonCorrelation(a.map { 3 * $0 - 7 }, b)
    #expect(abs(moved - pearsonCorrelation(a, b)) < 1e-14)
    #expect(abs(pearsonCorrelation(a.map { -$0 }, b) + pearsonCorrelation(a, b)) < 1e-14)
  }

  @Test func spearmanSharesTheRanksOfTies() {
    // Ranks (1, 2.5, 2.5, 4) against (1, 2, 3, 4): 4.5 / √(4.5·5), a textbook example.
    let value = spearmanCorrelation([10, 20, 20, 30], [1, 2, 3, 4])
    #expect(abs(value - 4.5 / 22.5.squareRoot()) < 1e-15)
  }

  @Test func spearmanSeesOnlyTheOrder() {
    #expect(spearmanCorrelation([1, 2, 3, 4], [1, 10, 100, 1000]) == 1)
    #expect(spearmanCorrelation([1, 2, 3, 4], [5, 4, 3, -80]) == -1)
  }

  @Test func aConstantCorrelatesWithNothing() {
    #expect(pearsonCorrelation([2, 2, 2], [1, 2, 3]) == 0)
    #expect(spearmanCorrelation([2, 2, 2], [1, 2, 3]) == 0)
  }
}
