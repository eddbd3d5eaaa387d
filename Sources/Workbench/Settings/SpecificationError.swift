/// A place in a configuration file.
package struct SourceLocation: Equatable, Sendable, CustomStringConvertible {
  /// The file's path as it was given, or `command line`.
  package var file: String
  /// The line, counted from one; nil where the text has none.
  package var line: Int?
  /// The column, counted from one.
  package var column: Int?

  /// What stands for a file where settings are words of the command line, which have no lines.
  package static let commandLine = "command line"

  /// A place in a file.
  package init(file: String, line: Int? = nil, column: Int? = nil) {
    (self.file, self.line, self.column) = (file, line, column)
  }

  /// The place as compilers write it, `file:line:column`.
  package var description: String {
    [file, line.map(String.init), column.map(String.init)].compactMap(\.self)
      .joined(separator: ":")
  }
}

/// One mistake in a configuration, with its place.
package enum SpecificationError: Error, Equatable {
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
  package var description: String {
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

/// A file or folder that is not there.
package struct MissingInput: Error, Equatable, CustomStringConvertible {
  /// The path as it was given.
  package var path: String
  /// What to do about it.
  package var remedy: String

  /// A missing file.
  package init(path: String, remedy: String) {
    (self.path, self.remedy) = (path, remedy)
  }

  /// The sentence for people.
  package var description: String { "\(path) is not there or cannot be read; \(remedy)" }
}

/// The known name with the fewest edits from a mistyped one, if at most a third of it is wrong.
package func nearestName(to name: String, among known: [String]) -> String? {
  let scored = known.map { (name: $0, edits: editDistance(name, $0)) }
  guard let best = scored.min(by: { ($0.edits, $0.name) < ($1.edits, $1.name) }),
    best.edits <= max(2, name.count / 3)
  else { return nil }
  return best.name
}

/// The edit distance of Levenshtein (1966): insertions, deletions and substitutions.
package func editDistance(_ first: String, _ second: String) -> Int {
  let (a, b) = (Array(first), Array(second))
  var previous = Array(0...b.count)
  for (i, letter) in a.enumerated() {
    var current = [i + 1]
    for (j, other) in b.enumerated() {
      let substitution = previous[j] + (letter == other ? 0 : 1)
      current.append(min(substitution, previous[j + 1] + 1, current[j] + 1))
    }
    previous = current
  }
  return previous[b.count]
}

extension SpecificationError: ErrorWithExitStatus {
  /// A wrong configuration.
  package var exitStatus: ExitStatus { .configuration }
}

extension MissingInput: ErrorWithExitStatus {
  /// A missing file.
  package var exitStatus: ExitStatus { .missingInput }
}
