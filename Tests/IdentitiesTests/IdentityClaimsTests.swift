import Identities
import Reports
import TestSupport
import Testing

@Suite struct IdentityClaimsTests {
  private func verified(error: Double) throws -> VerifiedIdentity {
    try Identity(id: "a.b", name: "n", equation: "|e|", source: "s") { _ in error }.verify()
  }

  @Test func brokenIdentitiesAreBrokenTheorems() throws {
    let claims = identityClaims([try verified(error: 1e-12), try verified(error: 1e-3)])
    #expect(claims.map(\.verdict) == [.holds, .broken])
    #expect(claims.map(\.failsBuild) == [false, true])
    #expect(claims.allSatisfy { $0.tier == .theorem && $0.id == "identities.a.b" })
  }

  @Test func theTableSaysWhatItIs() throws {
    let folder = try TemporaryFolder()
    try writeIdentities([try verified(error: 1e-12)], to: folder.url)
    let page = try String(decoding: folder.data("README.md"), as: UTF8.self)
    #expect(page.contains("| `a.b` | n | \\|e\\| | s | 1.0e-12 | 1e-09 | holds |"))
    #expect(try ClaimFile(in: folder.url).claims.count == 1)
  }
}
