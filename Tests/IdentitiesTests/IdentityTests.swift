import Datasets
import ExactTheory
import Foundation
import Identities
import Testing

/// A broken theorem fails the build here.
@Suite struct IdentityTests {
  @Test(arguments: Identity.all.map(\.id)) func holds(id: String) throws {
    let identity = try #require(Identity.all.first { $0.id == id })
    let verified = try identity.verify()
    #expect(verified.holds, "\(verified.name): error \(verified.error) in \(verified.equation)")
  }

  @Test(arguments: [2, 77] as [UInt64]) func otherInstancesHoldToo(seed: UInt64) throws {
    let broken = try Identity.verifyAll(seed: Seed(seed)).filter { !$0.holds }
    #expect(broken.isEmpty, "\(broken.map { ($0.id, $0.error) })")
  }

  @Test func theSameSeedGivesTheSameErrors() throws {
    for identity in Identity.all.prefix(12) {
      #expect(try identity.verify(seed: Seed(3)) == identity.verify(seed: Seed(3)))
    }
  }

  @Test func namesAreUniqueAndNothingIsLeftUnsaid() {
    #expect(Set(Identity.all.map(\.id)).count == Identity.all.count)
    for identity in Identity.all {
      #expect(identity.id.contains("."))
      for text in [identity.name, identity.equation, identity.source] { #expect(!text.isEmpty) }
      #expect((1e-10...1e-4).contains(identity.tolerance))
    }
  }

  @Test func theArticleNamesEveryIdentityAndNoOther() throws {
    let tests = URL(filePath: #filePath).deletingLastPathComponent()
    let file = tests.appending(
      path: "../../Sources/Identities/Identities.docc/VarianceArgument.md")
    let text = try String(contentsOf: file.standardized, encoding: .utf8)
    let themes = Set(Identity.all.compactMap { $0.id.split(separator: ".").first })
    let quoted = text.split(separator: "`").filter { word in
      themes.contains { word.hasPrefix($0 + ".") } && !word.contains(" ")
    }
    #expect(Set(quoted.map(String.init)) == Set(Identity.all.map(\.id)))
  }

  @Test func doublesHoldToNineDigitsAndTransformersToFour() {
    for identity in Identity.all {
      #expect(identity.tolerance <= (identity.id.hasPrefix("transformer.") ? 1e-4 : 1e-9))
    }
  }

  @Test func theCheckHasNoRoomForCoincidences() throws {
    // Errors of Double arithmetic that are exactly zero would mean that nothing was compared; those
    // that compare integers with integers may be, hence most and not all.
    let errors = try Identity.verifyAll().map(\.error)
    #expect(errors.count { $0 > 0 } > errors.count * 3 / 4)
  }
}

/// Identities with formulas that are wrong on purpose; what each library formula does to the real
/// ones when it is broken in its source is listed by `Scripts/mutants.py`.
@Suite struct BrokenIdentityTests {
  private let objective = ExactObjective(
    logReference: [0.5, 1.0 / 3, 1.0 / 6].map { log($0) }, rewards: [0, 1, 3], beta: 0.7)

  /// The verdict on r = β·log(π_r/p) + `sign`·β·log Z over the golden fixture's distribution.
  private func reward(sign: Double) throws -> VerifiedIdentity {
    let objective = objective
    return try Identity(
      id: "wrong.reward", name: "equation 5", equation: "r = β·log(π_r/p) + β·log Z", source: "test"
    ) { _ in
      zip(zip(objective.optimalLogProbabilities, objective.logReference), objective.rewards)
        .map { abs(0.7 * ($0.0 - $0.1) + sign * objective.softValue - $1) }.max() ?? 0
    }.verify()
  }

  @Test func theRightSignHoldsAndTheWrongOneDoesNot() throws {
    #expect(try reward(sign: 1).holds)
    #expect(try !reward(sign: -1).holds)
    #expect(try !reward(sign: 0).holds)
  }

  @Test(arguments: [.nan, .infinity, 2e-9]) func whatIsNotWithinTheToleranceIsBroken(error: Double)
    throws
  {
    let identity = Identity(id: "a.b", name: "n", equation: "e", source: "s") { _ in error }
    #expect(try !identity.verify().holds)
  }

  @Test func theToleranceItselfHolds() throws {
    let identity = Identity(id: "a.b", name: "n", equation: "e", source: "s") { _ in 1e-9 }
    #expect(try identity.verify().holds)
  }

  @Test func aCheckDrawsFromAStreamOfItsOwn() throws {
    func draws(_ id: String) throws -> Double {
      try Identity(id: id, name: "n", equation: "e", source: "s") { $0.uniform() }.verify().error
    }
    #expect(try draws("a.b") == draws("a.b"))
    #expect(try draws("a.b") != draws("a.c"))
  }
}
