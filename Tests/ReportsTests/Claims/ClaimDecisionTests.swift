import Evaluation
import Foundation
import Reports
import Testing
import Workbench

/// What a claim's own numbers make of it.
@Suite struct ClaimDecisionTests {
  private func empirical(
    _ id: String, effect: Double, half: Double, seeds: Int = 6,
    criterion: Criterion = .above(0), unhealthy: String? = nil
  ) -> Claim {
    Claim(
      id: id, source: "s", statement: "st", metric: "m", criterion: criterion,
      over: Estimate(mean: effect, low: effect - half, high: effect + half, n: seeds),
      unhealthy: unhealthy, command: "c")
  }

  private func checked(
    _ criterion: Criterion, effect: Double?, interval: [Double]? = nil, tier: ClaimTier = .theorem
  ) -> Claim {
    Claim(
      id: "a.b", source: "s", statement: "st", tier: tier, metric: "m", criterion: criterion,
      effect: effect, interval: interval, command: "c")
  }

  @Test func aTheoremHoldsWhereItsErrorIsWithinItsTolerance() {
    #expect(checked(.atMost(1e-9), effect: 1e-9).verdict == .holds)
    #expect(checked(.atMost(1e-9), effect: 1.1e-9).verdict == .broken)
    #expect(checked(.atMost(1e-9), effect: .nan).verdict == .broken)
    #expect(checked(.atMost(1e-9), effect: nil).verdict == .broken)
    #expect(checked(.above(0), effect: 1).verdict == .broken, "a theorem has no t test")
  }

  @Test func aLawHoldsWhereAllItsValuesLieInTheRange() {
    let range = Criterion.within(-2.05 ... -1.95)
    #expect(checked(range, effect: -2, interval: [-2.04, -1.96], tier: .law).verdict == .holds)
    #expect(checked(range, effect: -2, interval: [-2.06, -1.96], tier: .law).verdict == .broken)
    #expect(checked(range, effect: -1, tier: .law).failsBuild)
  }

  @Test func bothSidesOfABoundCanBeClaimed() {
    #expect(empirical("a.b", effect: 1, half: 0.5).verdict == .reproduced)
    #expect(empirical("a.b", effect: -1, half: 0.5).verdict == .contradicted)
    #expect(
      empirical("a.b", effect: -1, half: 0.5, criterion: .below(0)).verdict == .reproduced)
    #expect(empirical("a.b", effect: 1, half: 1.5).verdict == .inconclusive)
    #expect(
      empirical("a.b", effect: 3, half: 0.5, criterion: .above(2)).verdict == .reproduced)
  }

  @Test func manyClaimsTogetherNeedMoreThanOneAlone() {
    // The interval just leaves zero out: p is a little below 0.05.
    let barely = empirical("x.barely", effect: 1, half: 0.99)
    #expect(barely.verdict == .reproduced && (barely.p ?? 1) < 0.05)
    let others = (0..<4).map { empirical("x.\($0)", effect: 0.1, half: 1) }
    let together = ClaimFile([barely] + others).claims
    let found = together.first { $0.id == "x.barely" }
    #expect(found?.verdict == .inconclusive && found?.adjustedP == rounded(5 * (barely.p ?? 0)))
    // Another experiment's claims, and void ones, are no part of the family.
    let apart = ClaimFile([barely, empirical("y.0", effect: 0.1, half: 1)]).claims
    #expect(apart.first { $0.id == "x.barely" }?.verdict == .reproduced)
    let void = empirical("x.0", effect: 0.1, half: 1, unhealthy: "certificate failed")
    #expect(ClaimFile([barely, void]).claims.last?.verdict == .reproduced)
  }

  @Test func whatCannotBeTestedIsVoidWithItsReason() {
    #expect(empirical("a.b", effect: 5, half: 0.1, seeds: 2).verdict == .void)
    #expect(
      empirical("a.b", effect: 5, half: 0.1, seeds: 2).reason == "2 paired seeds; 5 are needed")
    #expect(empirical("a.b", effect: .nan, half: 1).reason == "nothing was measured")
    let unhealthy = empirical("a.b", effect: 5, half: 0.1, unhealthy: "PPO diverged")
    #expect(unhealthy.verdict == .void && unhealthy.p == nil)
  }

  @Test func practicalEqualityIsClaimedByTwoOneSidedTests() {
    let near = Criterion.near(0, margin: 0.2)
    // A difference that is real, and within the margin: the claim of equality stands.
    #expect(empirical("a.b", effect: 0.05, half: 0.02, criterion: near).verdict == .reproduced)
    #expect(empirical("a.b", effect: 0.4, half: 0.1, criterion: near).verdict == .contradicted)
    #expect(empirical("a.b", effect: -0.4, half: 0.1, criterion: near).verdict == .contradicted)
    // Beyond the margin, but not beyond doubt; and within it, but too wide.
    #expect(empirical("a.b", effect: 0.25, half: 0.2, criterion: near).verdict == .inconclusive)
    #expect(empirical("a.b", effect: 0.01, half: 0.4, criterion: near).verdict == .inconclusive)
  }

  @Test func equivalenceNeedsAMargin() {
    let close = empirical("a.b", effect: 0.01, half: 0.05)
    #expect(close.verdict == .inconclusive && close.equivalenceP == nil)
    let within = empirical("a.b", effect: 0.01, half: 0.05, criterion: .above(0, margin: 0.2))
    #expect(within.verdict == .equivalent && (within.adjustedEquivalenceP ?? 1) < 0.05)
  }

  @Test func theSeedsThatWouldSeeTheMarginGrowWithTheTests() throws {
    // Differences of deviation 1: the half-width of six is 2.5706/√6, and G*Power wants 34 pairs for ½.
    let half = 2.570_58 / 6.0.squareRoot()
    let claim = empirical("a.b", effect: 0, half: half, criterion: .above(0, margin: 0.5))
    #expect(claim.seedsNeeded(among: 1) == 34)
    #expect(try #require(claim.seedsNeeded(among: 10)) > 34)
    #expect(empirical("a.b", effect: 0, half: half).seedsNeeded(among: 1) == nil)
  }

  @Test func decidingAgainChangesNothing() throws {
    let file = ClaimFile(
      (0..<4).map { empirical("x.\($0)", effect: Double($0), half: 1.2) }
        + [empirical("x.void", effect: 1, half: 0.1, unhealthy: "no")])
    #expect(ClaimFile(file.claims) == file)
    let copy = try decodeRecord(ClaimFile.self, from: encodeRecord(file))
    #expect(copy == file && ClaimFile(copy.claims) == file)
  }
}
