/// A place in a configuration file.
public struct SourceLocation: Equatable, Sendable, CustomStringConvertible {
  /// The file's path as it was given, or `command line`.
  public var file: String
  /// The line, counted from one; nil where the text has none.
  public var line: Int?
  /// The column, counted from one.
  public var column: Int?

  /// What stands for a file where settings are words of the command line, which have no lines.
  public static let commandLine = "command line"

  /// A place in a file.
  public init(file: String, line: Int? = nil, column: Int? = nil) {
    (self.file, self.line, self.column) = (file, line, column)
  }

  /// The place as compilers write it, `file:line:column`.
  public var description: String {
    [file, line.map(String.init), column.map(String.init)].compactMap(\.self)
      .joined(separator: ":")
  }
}

/// One mistake in a configuration, with its place.
public enum SpecificationError: Error, Equatable {
  /// The text is no YAML.
  case syntax(String, at: SourceLocation)
  /// A key that nobody reads.
  case unknownKey(String, known: [String], nearest: String?, at: SourceLocation)
  /// A value of another kind than its key asks for.
  case wrongType(key: String, expected: String, found: String, at: SourceLocation)
  /// A key without which there is no experiment.
  case missingKey(String, at: SourceLocation)
  /// A value outside the range in which it means something.
  case outOfRange(key: String, value: String, allowed: String, at: SourceLocation)
  /// Two settings that cannot both hold.
  case contradiction(String, at: SourceLocation)
}

extension SpecificationError: CustomStringConvertible {
  /// The sentence for people: place, what is wrong, and how to mend it.
  public var description: String {
    switch self {
    case .syntax(let problem, let place):
      "\(place): this is not valid YAML (\(problem)); mend the line or quote the value"
    case .unknownKey(let key, let known, let nearest, let place):
      "\(place): unknown key '\(key)'"
        + (nearest.map { "; did you mean '\($0)'?" } ?? ";")
        + " This object accepts " + known.joined(separator: ", ")
    case .wrongType(let key, let expected, let found, let place):
      "\(place): '\(key)' needs \(expected), but found \(found)"
    case .missingKey(let key, let place):
      "\(place): the key '\(key)' is missing; add it"
    case .outOfRange(let key, let value, let allowed, let place):
      "\(place): '\(key)' is \(value); allowed is \(allowed)"
    case .contradiction(let problem, let place):
      "\(place): \(problem)"
    }
  }
}
