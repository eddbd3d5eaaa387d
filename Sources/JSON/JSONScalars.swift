extension JSONReader {
  var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  mutating func skip(_ byte: UInt8) -> Bool {
    guard peek == byte else { return false }
    position += 1
    return true
  }

  mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  mutating func require(
    _ byte: UInt8, _ expected: String, inside place: String
  ) throws(JSONError) {
    guard !skip(byte) else { return }
    if peek == nil { throw brokenOff("\(place), before \(expected)") }
    throw unexpected(expected, remedy: "mend the JSON; quotes inside a string are written \\\"")
  }

  /// True, false, null or a number.
  mutating func literal() throws(JSONError) -> JSONValue {
    let start = position
    if let number = number(), !isAtLiteral { return number }
    position = start
    while isAtLiteral { position += 1 }
    let word = bytes[start..<position]
    if word.elementsEqual("true".utf8) { return .boolean(true) }
    if word.elementsEqual("false".utf8) { return .boolean(false) }
    if word.elementsEqual("null".utf8) { return .null }
    if position == bytes.count { throw brokenOff("a value") }
    position = start
    let isNumber = ["NaN", "Infinity", "-Infinity"].contains { word.elementsEqual($0.utf8) }
    throw unexpected(
      "a value", remedy: isNumber ? "JSON has no NaN and no Infinity" : "put text in double quotes")
  }

  /// The number that begins here: `-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?`.
  private mutating func number() -> JSONValue? {
    let start = position
    let isNegative = skip(UInt8(ascii: "-"))
    let digits = position
    guard skip(UInt8(ascii: "0")) || skipDigits() else { return nil }
    let end = position
    if skip(UInt8(ascii: ".")), !skipDigits() { return nil }
    if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
      if !skip(UInt8(ascii: "+")) { _ = skip(UInt8(ascii: "-")) }
      guard skipDigits() else { return nil }
    }
    if position == end, let whole = wholeNumber(bytes[digits..<end], isNegative) {
      return .integer(whole)
    }
    return Double(String(decoding: bytes[start..<position], as: UTF8.self)).map(JSONValue.number)
  }

  /// Whether a byte of a number or a bare word comes next.
  private var isAtLiteral: Bool {
    guard let peek else { return false }
    return switch peek {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "+"), UInt8(ascii: "-"),
      UInt8(ascii: "."):
      true
    default: false
    }
  }

  private mutating func skipDigits() -> Bool {
    let start = position
    while let byte = peek, UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte { position += 1 }
    return position > start
  }

  /// The text between quotation marks.
  mutating func string(
    _ expected: String, inside place: String = "a value"
  ) throws(JSONError) -> String {
    try require(UInt8(ascii: "\""), expected, inside: place)
    let start = position
    while let byte = peek {
      switch byte {
      case UInt8(ascii: "\""):
        defer { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
      case UInt8(ascii: "\\"): return try escapedString(from: start)
      case 0..<0x20: throw error(.controlCharacter, at: position)
      default: position += 1
      }
    }
    throw brokenOff("a string")
  }

  /// The rest of a string in which an escape has come.
  private mutating func escapedString(from start: Int) throws(JSONError) -> String {
    var text = Array(bytes[start..<position])
    while let byte = peek {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"): try escape(into: &text)
      case 0..<0x20: throw error(.controlCharacter, at: position)
      default:
        text.append(byte)
        position += 1
      }
    }
    throw brokenOff("a string")
  }

  private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
    position += 1
    guard let byte = peek else { throw brokenOff("a string") }
    position += 1
    switch byte {
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "u"): text += String(Character(try scalar())).utf8
    default:
      position -= 1
      throw unexpected("an escape", remedy: "write a backslash itself as \\\\")
    }
  }

  /// The character of a `\u` escape, or of the two that spell one beyond U+FFFF.
  private mutating func scalar() throws(JSONError) -> Unicode.Scalar {
    let start = position - 2
    let first = try codeUnit()
    var value = first
    if 0xD800..<0xDC00 ~= first, bytes[position...].starts(with: [0x5C, 0x75]) {
      position += 2
      let second = try codeUnit()
      if 0xDC00..<0xE000 ~= second { value = 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00) }
    }
    guard let scalar = Unicode.Scalar(value) else { throw error(.halfSurrogate, at: start) }
    return scalar
  }

  private mutating func codeUnit() throws(JSONError) -> UInt32 {
    guard position + 4 <= bytes.count else { throw brokenOff("a string") }
    var unit: UInt32 = 0
    for byte in bytes[position..<position + 4] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw unexpected("four hexadecimal digits", remedy: "write the escape as \\u00e9")
      }
      unit = unit << 4 | UInt32(digit)
    }
    position += 4
    return unit
  }
}

extension JSONReader {
  func error(_ cause: JSONError.Cause, at offset: Int) -> JSONError {
    let before = bytes[..<offset]
    let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    let line = before.reduce(1) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
    let column = String(decoding: before[start...], as: UTF8.self).count + 1
    return JSONError(
      cause, at: .init(source: source, offset: offset, line: line, column: column))
  }

  func unexpected(_ expected: String, remedy: String) -> JSONError {
    let rest = String(decoding: bytes[position...].prefix(64), as: UTF8.self)
    let found = rest.first.map { "'\($0)'" } ?? "the end of the \(source.rawValue)"
    return error(.unexpected(expected: expected, found: found, remedy: remedy), at: position)
  }

  private func brokenOff(_ place: String) -> JSONError {
    error(.brokenOff(place), at: bytes.count)
  }
}

/// Digits as a whole number of 64 bits; nil beyond that, and of `-0`, which is a fraction's zero.
private func wholeNumber(_ digits: ArraySlice<UInt8>, _ isNegative: Bool) -> Int128? {
  guard digits.count <= 20 else { return nil }
  let size = digits.reduce(Int128(0)) { $0 * 10 + Int128($1 - UInt8(ascii: "0")) }
  let value = isNegative ? -size : size
  guard !(isNegative && size == 0), value >= Int64.min, value <= UInt64.max else { return nil }
  return value
}
