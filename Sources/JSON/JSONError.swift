/// What the bytes given to the reader are, for sentences about them.
package enum JSONSource: String, Sendable {
  case document, line, header
}

/// What is wrong with JSON, where, and how to mend it.
package struct JSONError: Error, Equatable, Sendable {
  /// The rule that is broken.
  package enum Cause: Equatable, Sendable {
    case unexpected(expected: String, found: String, remedy: String)
    /// The end comes too early, within something.
    case brokenOff(String)
    case duplicateKey(String)
    case tooDeep
    case controlCharacter
    case halfSurrogate
    case notUTF8
    /// A key that must be there.
    case missing(path: String)
    /// A value of another kind than the key calls for.
    case wrongKind(path: String, expected: String, found: String)
    /// A value that breaks a rule of its own, which the predicate of a sentence says.
    case invalid(path: String, predicate: String)
  }

  /// A place in the bytes.
  package struct Place: Equatable, Sendable {
    package var source: JSONSource
    /// Bytes before the place.
    package var offset: Int
    /// The line, counted from one.
    package var line: Int
    /// The character of the line, counted from one.
    package var column: Int
  }

  package var cause: Cause
  /// Where the reader stopped; nil where the path of keys says what is meant.
  package var place: Place?

  package init(_ cause: Cause, at place: Place? = nil) { (self.cause, self.place) = (cause, place) }

  /// The line that a message about a whole document names; zero where it is not known.
  package var line: Int { place?.line ?? 0 }
}

extension JSONError: CustomStringConvertible {
  /// What is wrong and how to mend it.
  package var description: String { "\(what); \(remedy)" }

  /// What is wrong, with its place.
  package var what: String {
    switch cause {
    case .unexpected: "malformed JSON at \(placeText): \(reason)"
    case .brokenOff: "malformed JSON: \(reason)"
    case .controlCharacter, .halfSurrogate, .notUTF8: "\(reason) at \(placeText)"
    default: reason
    }
  }

  /// What is wrong, without its place.
  package var reason: String {
    switch cause {
    case .unexpected(let expected, let found, _): "expected \(expected), found \(found)"
    case .brokenOff(let within): "the \(sourceText) breaks off inside \(within)"
    case .duplicateKey(let key): "the key '\(key)' appears twice"
    case .tooDeep: "values are nested more than \(JSONReader.deepestNesting) deep"
    case .controlCharacter: "a control character stands bare in a string"
    case .halfSurrogate: "half a surrogate pair is escaped"
    case .notUTF8: "invalid UTF-8"
    case .missing(let path): "the key '\(path)' is missing"
    case .wrongKind(let path, let expected, let found):
      "\(path.isEmpty ? "the document" : "'\(path)'") is \(found), not \(expected)"
    case .invalid(let path, let predicate): "'\(path)' \(predicate)"
    }
  }

  /// How to mend it.
  package var remedy: String {
    switch cause {
    case .unexpected(_, _, let remedy): remedy
    case .brokenOff:
      place?.source == .line
        ? "complete the line or delete it; an object must not run over several lines"
        : "the file was cut off: write it again"
    case .duplicateKey: "keep one of the two"
    case .tooDeep: "write the values as plain text or numbers"
    case .controlCharacter: "write it as an escape, such as \\n or \\t"
    case .halfSurrogate: "write the character itself in UTF-8"
    case .notUTF8: "save the file as UTF-8"
    case .missing: "add it"
    case .wrongKind(_, let expected, _): "write \(expected)"
    case .invalid: "mend the value"
    }
  }

  private var sourceText: String { (place?.source ?? .document).rawValue }

  private var placeText: String {
    guard let place else { return "an unknown place" }
    return switch place.source {
    case .document: "line \(place.line), column \(place.column)"
    case .line: "byte \(place.offset + 1) of the line"
    case .header: "byte \(place.offset)"
    }
  }
}
