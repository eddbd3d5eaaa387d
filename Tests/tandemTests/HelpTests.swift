import ArgumentParser
import Testing
import tandem

/// Help is read in terminals of 80 columns, and its examples are copied from there.
@Suite struct HelpTests {
  private static let commands: [any ParsableCommand.Type] =
    [TandemCommand.self]
    + TandemCommand.configuration.subcommands.flatMap { [$0] + $0.configuration.subcommands }

  /// The lines of the examples as they are printed, without their indentation.
  private func examples(of command: any ParsableCommand.Type) -> [String] {
    TandemCommand.helpMessage(for: command, columns: 80)
      .split(separator: "\n", omittingEmptySubsequences: false)
      .drop { $0 != "EXAMPLES" }.dropFirst().prefix { !$0.isEmpty }.map(String.init)
  }

  @Test(arguments: commands.indices) func everyCommandHasAnExampleThatRunsWhenCopied(_ index: Int)
    throws
  {
    let lines = examples(of: Self.commands[index])
    #expect(!lines.isEmpty)
    // A line that the help wrapped begins at the margin.
    #expect(lines.allSatisfy { $0.hasPrefix("  ") })
    let text = lines.map { $0.prefix { $0 != "#" } }.joined(separator: "\n")
      .replacing("\\\n", with: " ")
    for example in text.split(separator: "\n") {
      let words = arguments(String(example))
      guard words.first == "tandem" else { continue }
      #expect(throws: Never.self, "\(example)") {
        try TandemCommand.parseAsRoot(Array(words.dropFirst()))
      }
    }
  }

  @Test(arguments: commands.indices) func noLineIsWrappedASecondTime(_ index: Int) {
    let lines = Self.commands[index].configuration.discussion.split(separator: "\n")
    #expect(lines.filter { $0.count > 79 } == [])
  }

  /// Words as a shell splits them; double quotes keep spaces.
  private func arguments(_ line: String) -> [String] {
    line.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
      .flatMap { part, text in
        part % 2 == 1 ? [String(text)] : text.split(separator: " ").map(String.init)
      }
  }
}
