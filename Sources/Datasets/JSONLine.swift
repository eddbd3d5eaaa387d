/// A JSON value on a line of preference data, no finer than reading them needs.
enum JSONLineValue: Equatable {
  case text(String)
  case flag(Bool)
  case number(Double)
  case null, list, object

  /// The kind of value, as a sentence names it.
  var kind: String {
    switch self {
    case .text: "a string"
    case .flag: "true or false"
    case .number: "a number"
    case .null: "null"
    case .list: "a list"
    case .object: "an object"
    }
  }
}

/// What is wrong with a line that is not one JSON object.
struct JSONLineError: Error, Equatable {
  var what: String
  var remedy: String
}

/// A strict reader (RFC 8259) of one JSON object on one line.
///
/// Foundation's reader accepts a trailing comma and a repeated key and does not say where a line
/// breaks off; this one refuses the first two and names column and place for the third.
struct JSONLineReader {
  private let bytes: [UInt8]
  private var position = 0
  /// Deeper nesting is refused rather than followed.
  private static let deepestNesting = 64

  /// The keys and values of the object; the bytes must be valid UTF-8.
  static func object(in bytes: [UInt8]) throws(JSONLineError) -> [String: JSONLineValue] {
    var reader = JSONLineReader(bytes: bytes)
    reader.skipSpace()
    guard reader.peek == UInt8(ascii: "{") else {
      throw reader.unexpected("an object '{…}'", remedy: "write one JSON object on each line")
    }
    let members = try reader.members(depth: 1)
    reader.skipSpace()
    guard reader.peek == nil else {
      throw reader.unexpected("the end of the line", remedy: "write one JSON object on each line")
    }
    return members
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func members(depth: Int) throws(JSONLineError) -> [String: JSONLineValue] {
    var members: [String: JSONLineValue] = [:]
    try elements(until: UInt8(ascii: "}")) { (reader) throws(JSONLineError) in
      let key = try reader.string("a key in double quotes")
      try reader.take(UInt8(ascii: ":"), "':'")
      guard members[key] == nil else {
        throw JSONLineError(what: "the key '\(key)' appears twice", remedy: "keep one of the two")
      }
      members[key] = try reader.value(depth: depth)
    }
    return members
  }

  /// Reads what stands between brackets: elements with commas between them.
  private mutating func elements(
    until close: UInt8, _ element: (inout Self) throws(JSONLineError) -> Void
  ) throws(JSONLineError) {
    position += 1
    skipSpace()
    if peek == close {
      position += 1
      return
    }
    while true {
      skipSpace()
      try element(&self)
      skipSpace()
      guard peek == UInt8(ascii: ",") else { break }
      position += 1
    }
    try take(close, "',' or '\(Character(Unicode.Scalar(close)))'")
  }

  private mutating func value(depth: Int) throws(JSONLineError) -> JSONLineValue {
    skipSpace()
    guard depth <= Self.deepestNesting else {
      throw JSONLineError(
        what: "values are nested more than \(Self.deepestNesting) deep",
        remedy: "write prompt, chosen and rejected as plain strings")
    }
    switch peek {
    case UInt8(ascii: "\""): return .text(try string("a string"))
    case UInt8(ascii: "{"):
      _ = try members(depth: depth + 1)
      return .object
    case UInt8(ascii: "["):
      try elements(until: UInt8(ascii: "]")) { (reader) throws(JSONLineError) in
        _ = try reader.value(depth: depth + 1)
      }
      return .list
    default: return try literal()
    }
  }

  private mutating func literal() throws(JSONLineError) -> JSONLineValue {
    let start = position
    while let byte = peek, isLiteralByte(byte) { position += 1 }
    let word = String(decoding: bytes[start..<position], as: UTF8.self)
    switch word {
    case "true": return .flag(true)
    case "false": return .flag(false)
    case "null": return .null
    default:
      if isNumber(bytes[start..<position]), let number = Double(word) { return .number(number) }
      if position == bytes.count { throw brokenOff("a value") }
      position = start
      throw unexpected("a value", remedy: "put text in double quotes")
    }
  }

  private mutating func string(_ expected: String) throws(JSONLineError) -> String {
    try take(UInt8(ascii: "\""), expected)
    var text: [UInt8] = []
    while let byte = peek {
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"): try escape(into: &text)
      case 0..<0x20:
        throw JSONLineError(
          what: "a control character stands bare in a string at byte \(position)",
          remedy: "write it as an escape, such as \\n or \\t")
      default: text.append(byte)
      }
    }
    throw brokenOff("a string")
  }

  private mutating func escape(into text: inout [UInt8]) throws(JSONLineError) {
    guard let byte = peek else { throw brokenOff("a string") }
    position += 1
    switch byte {
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "u"): text += Array(String(try scalar()).utf8)
    default:
      position -= 1
      throw unexpected("an escape", remedy: "write a backslash itself as \\\\")
    }
  }

  /// The character of a `\u` escape, or of the two that spell one beyond U+FFFF.
  private mutating func scalar() throws(JSONLineError) -> Character {
    let first = try codeUnit()
    var value = first
    if 0xD800..<0xDC00 ~= first, bytes[position...].starts(with: [0x5C, 0x75]) {
      position += 2
      let second = try codeUnit()
      if 0xDC00..<0xE000 ~= second { value = 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00) }
    }
    guard let scalar = Unicode.Scalar(value) else {
      throw JSONLineError(
        what: "half a surrogate pair is escaped before byte \(position + 1)",
        remedy: "write the character itself in UTF-8")
    }
    return Character(scalar)
  }

  private mutating func codeUnit() throws(JSONLineError) -> UInt32 {
    guard position + 4 <= bytes.count else { throw brokenOff("a string") }
    let digits = String(decoding: bytes[position..<(position + 4)], as: UTF8.self)
    guard digits.allSatisfy(\.isHexDigit), let value = UInt32(digits, radix: 16) else {
      throw unexpected("four hexadecimal digits", remedy: "write the escape as \\u00e9")
    }
    position += 4
    return value
  }

  private mutating func take(_ byte: UInt8, _ expected: String) throws(JSONLineError) {
    skipSpace()
    guard let found = peek else { throw brokenOff("an object, before \(expected)") }
    guard found == byte else {
      throw unexpected(expected, remedy: "mend the JSON; quotes inside a string are written \\\"")
    }
    position += 1
  }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A {
      position += 1
    }
  }

  private func unexpected(_ expected: String, remedy: String) -> JSONLineError {
    let rest = String(decoding: bytes[position...], as: UTF8.self)
    let found = rest.first.map { "'\($0)'" } ?? "the end of the line"
    return JSONLineError(
      what: "malformed JSON at byte \(position + 1): expected \(expected), found \(found)",
      remedy: remedy)
  }

  private func brokenOff(_ place: String) -> JSONLineError {
    JSONLineError(
      what: "malformed JSON: the line breaks off inside \(place)",
      remedy: "complete the line or delete it; an object must not run over several lines")
  }
}

private func isLiteralByte(_ byte: UInt8) -> Bool {
  let character = Character(Unicode.Scalar(byte))
  return character.isASCII
    && (character.isLetter || character.isNumber || "+-.".contains(character))
}

/// Whether the bytes match `-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?`.
private func isNumber(_ word: ArraySlice<UInt8>) -> Bool {
  var rest = word
  func drop(_ options: String) -> Bool {
    guard let first = rest.first, options.utf8.contains(first) else { return false }
    rest.removeFirst()
    return true
  }
  func dropDigits() -> Bool {
    let digits = rest.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    rest.removeFirst(digits.count)
    return !digits.isEmpty
  }
  _ = drop("-")
  guard drop("0") || dropDigits() else { return false }
  if drop(".") { guard dropDigits() else { return false } }
  if drop("eE") {
    _ = drop("+-")
    guard dropDigits() else { return false }
  }
  return rest.isEmpty
}
