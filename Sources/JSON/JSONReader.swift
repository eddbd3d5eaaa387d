/// A strict reader (RFC 8259) of one JSON value in bytes.
///
/// Refused are what Foundation's reader lets pass or cannot place: duplicate keys, a trailing comma,
/// text after the end, NaN and Infinity, half a surrogate pair, a byte order mark, bytes that are not
/// UTF-8, and nesting deeper than ``deepestNesting``. Every refusal has its place in the bytes.
package struct JSONReader {
  let bytes: [UInt8]
  let source: JSONSource
  var position = 0
  /// Deeper nesting is refused rather than followed.
  package static let deepestNesting = 64

  /// The value that the bytes hold, with nothing but white space around it.
  package static func value(
    in bytes: [UInt8], of source: JSONSource = .document
  ) throws(JSONError) -> JSONValue {
    var reader = try JSONReader(bytes, source)
    reader.skipSpace()
    let value = try reader.value(depth: 1)
    try reader.requireEnd()
    return value
  }

  /// The members of the object that the bytes hold, with nothing but white space around it.
  package static func members(
    in bytes: [UInt8], of source: JSONSource = .document
  ) throws(JSONError) -> [JSONValue.Member] {
    var reader = try JSONReader(bytes, source)
    reader.skipSpace()
    guard reader.peek == UInt8(ascii: "{") else {
      throw reader.unexpected("an object '{…}'", remedy: reader.objectRemedy)
    }
    let members = try reader.members(depth: 1)
    try reader.requireEnd()
    return members
  }

  private init(_ bytes: [UInt8], _ source: JSONSource) throws(JSONError) {
    (self.bytes, self.source) = (bytes, source)
    do { _ = try UTF8Span(validating: bytes.span) } catch {
      throw self.error(.notUTF8, at: error.byteOffsets.lowerBound)
    }
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
      throw unexpected("a value", remedy: "save the file as UTF-8 without byte order mark")
    }
  }

  private var objectRemedy: String {
    source == .line ? "write one JSON object on each line" : "write one object '{…}'"
  }

  private mutating func requireEnd() throws(JSONError) {
    skipSpace()
    guard peek == nil else {
      throw unexpected("the end of the \(source.rawValue)", remedy: objectRemedy)
    }
  }

  private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
    switch peek {
    case UInt8(ascii: "\""): return .string(try string("a string"))
    case UInt8(ascii: "{"): return .object(try members(depth: depth))
    case UInt8(ascii: "["): return .array(try elements(depth: depth))
    default: return try literal()
    }
  }

  private mutating func members(depth: Int) throws(JSONError) -> [JSONValue.Member] {
    var members: [JSONValue.Member] = []
    var keys = DistinctKeys()
    guard try open(closing: UInt8(ascii: "}"), depth: depth) else { return members }
    repeat {
      skipSpace()
      let start = position
      let key = try string("a key in double quotes", inside: "an object")
      guard keys.insert(key, after: members) else { throw error(.duplicateKey(key), at: start) }
      skipSpace()
      try require(UInt8(ascii: ":"), "':'", inside: "an object")
      skipSpace()
      members.append(.init(key: key, value: try value(depth: depth + 1)))
      skipSpace()
    } while skip(UInt8(ascii: ","))
    try require(UInt8(ascii: "}"), "',' or '}'", inside: "an object")
    return members
  }

  private mutating func elements(depth: Int) throws(JSONError) -> [JSONValue] {
    var elements: [JSONValue] = []
    guard try open(closing: UInt8(ascii: "]"), depth: depth) else { return elements }
    repeat {
      skipSpace()
      elements.append(try value(depth: depth + 1))
      skipSpace()
    } while skip(UInt8(ascii: ","))
    try require(UInt8(ascii: "]"), "',' or ']'", inside: "a list")
    return elements
  }

  /// Takes an opening bracket; false where the closing one follows at once.
  private mutating func open(closing: UInt8, depth: Int) throws(JSONError) -> Bool {
    guard depth <= Self.deepestNesting else { throw error(.tooDeep, at: position) }
    position += 1
    skipSpace()
    return !skip(closing)
  }
}

/// The keys of an object so far; two keys are one if their bytes are the same.
private struct DistinctKeys {
  private var known: Set<String> = []
  /// As long as an object has at most this many keys, they are compared one by one.
  private static let few = 8

  /// Adds a key; false where a member before it has the same one.
  mutating func insert(_ key: String, after members: [JSONValue.Member]) -> Bool {
    guard members.count >= Self.few else { return !isTaken(key, by: members) }
    if known.isEmpty { known = Set(members.lazy.map(\.key)) }
    // Strings that differ in bytes may still be equal, as two spellings of one accented letter.
    return known.insert(key).inserted || !isTaken(key, by: members)
  }

  private func isTaken(_ key: String, by members: [JSONValue.Member]) -> Bool {
    members.contains { $0.key.utf8.elementsEqual(key.utf8) }
  }
}
