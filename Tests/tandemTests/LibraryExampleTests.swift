import Foundation
import Subprocess
import SystemPackage
import Testing

/// The README's library example is a program that is built and run.
@Suite struct LibraryExampleTests {
  @Test func itLearnsThreePairs() async throws {
    let program = TandemProcess.executable.removingLastComponent().appending("three-pairs")
    let result = try await Subprocess.run(
      .path(program), output: .string(limit: 1 << 16), error: .string(limit: 1 << 16))
    let lines = result.standardOutput.split(separator: "\n")
    #expect(lines.first?.contains("loss 0.693") == true)
    let losses = lines.compactMap { line in
      line.firstMatch(of: /loss ([0-9.e-]+)/).flatMap { Double($0.1) }
    }
    #expect(losses.count == lines.count && losses.count > 5)
    let first = try #require(losses.first)
    let last = try #require(losses.last)
    #expect(last < 0.9 * first)
  }

  @Test func theReadmeShowsIt() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    func text(_ path: String) throws -> String {
      try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }
    let program = try text("Examples/ThreePairs/main.swift")
    #expect(try text("README.md").contains("```swift\n" + program + "```"))
  }
}
