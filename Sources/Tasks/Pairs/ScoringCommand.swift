public import Datasets
import Foundation
public import Tokenization

/// A user's own judge: a command that reads completions and writes a number for each.
///
/// It is run by `/bin/sh -c`, gets one line `{"prompt": "…", "completion": "…"}` a completion on its
/// standard input, and writes one number a line, in the same order, to its standard output.
public struct ScoringCommand: RewardFunction {
  /// The command as a shell reads it.
  public let command: String
  private let tokenizer: any Tokenizer

  /// A command for completions that a tokenizer turns into text.
  public init(_ command: String, tokenizer: any Tokenizer) {
    (self.command, self.tokenizer) = (command, tokenizer)
  }

  /// The command's numbers.
  ///
  /// - Throws: ``ScoringError`` where it fails, or writes anything but one finite number a line.
  public func rewards(of sequences: [TokenSequence]) throws -> [Double] {
    guard !sequences.isEmpty else { return [] }
    return try numbers(in: output(for: sequences.map(line).joined()), expected: sequences.count)
  }

  private func line(_ sequence: TokenSequence) throws -> String {
    let fields = [
      "completion": tokenizer.continuation(of: sequence.prompt, by: sequence.completion),
      "prompt": tokenizer.decode(sequence.prompt),
    ]
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(fields), as: UTF8.self) + "\n"
  }

  /// What the command writes; it reads a file, so that neither side waits for the other's pipe.
  private func output(for input: String) throws -> String {
    let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: file) }
    try Data(input.utf8).write(to: file)
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", command]
    process.standardInput = try FileHandle(forReadingFrom: file)
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw ScoringError.failed(command: command, status: process.terminationStatus)
    }
    return String(decoding: data, as: UTF8.self)
  }

  private func numbers(in output: String, expected: Int) throws -> [Double] {
    let lines = output.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.isEmpty }
    guard lines.count == expected else {
      throw ScoringError.count(command: command, lines: lines.count, completions: expected)
    }
    return try lines.enumerated().map { index, text in
      guard let number = Double(text), number.isFinite else {
        throw ScoringError.notANumber(command: command, line: index + 1, text: text)
      }
      return number
    }
  }
}

/// What a user's scoring command did wrong.
public enum ScoringError: Error, Equatable, CustomStringConvertible {
  /// It ended with another status than zero.
  case failed(command: String, status: Int32)
  /// It wrote another number of lines than it was given.
  case count(command: String, lines: Int, completions: Int)
  /// A line is not a finite number.
  case notANumber(command: String, line: Int, text: String)

  /// One sentence with the command, what happened, and what is expected.
  public var description: String {
    switch self {
    case .failed(let command, let status):
      "the score command '\(command)' ended with status \(status); it has to read JSON lines and "
        + "write one number a line"
    case .count(let command, let lines, let completions):
      "the score command '\(command)' wrote \(lines) lines for \(completions) completions; it has to "
        + "write one number for each"
    case .notANumber(let command, let line, let text):
      "the score command '\(command)', line \(line) of its output: '\(text.prefix(40))' is not a "
        + "number"
    }
  }
}
