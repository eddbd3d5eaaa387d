/// Reads comma-separated values with quoted fields, RFC 4180.
///
/// A field in quotes may hold commas, line ends and doubled quotes; lines end with LF or CRLF.
struct CSVReader {
  /// A line that breaks the format, counted from one.
  struct Failure: Error, Equatable {
    var line: Int
    var what: String
  }

  private let bytes: [UInt8]
  private var position = 0
  /// The line, counted from one, at which the next record begins.
  private(set) var line = 1

  private static let quote = UInt8(ascii: "\"")
  private static let comma = UInt8(ascii: ",")
  private static let lineFeed = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The next record, or nil at the end of the file.
  mutating func next() throws(Failure) -> [String]? {
    guard position < bytes.count else { return nil }
    var fields: [String] = []
    while true {
      fields.append(try field())
      guard position < bytes.count else { return fields }
      let separator = bytes[position]
      position += 1
      if separator == Self.comma { continue }
      if separator == Self.carriageReturn { position += 1 }
      line += 1
      return fields
    }
  }

  /// Reads one field and stops at the comma or line end behind it, or at the end of the file.
  private mutating func field() throws(Failure) -> String {
    guard position < bytes.count, bytes[position] == Self.quote else {
      let start = position
      while position < bytes.count, !isSeparator(at: position) { position += 1 }
      return String(decoding: bytes[start..<position], as: UTF8.self)
    }
    let text = try quotedField()
    guard position == bytes.count || isSeparator(at: position) else {
      throw Failure(line: line, what: "text follows a closing quote")
    }
    return text
  }

  private mutating func quotedField() throws(Failure) -> String {
    let firstLine = line
    position += 1
    var text: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if byte == Self.quote {
        guard position < bytes.count, bytes[position] == Self.quote else {
          return String(decoding: text, as: UTF8.self)
        }
        position += 1
      }
      if byte == Self.lineFeed { line += 1 }
      text.append(byte)
    }
    throw Failure(line: firstLine, what: "a quote opens here and never closes")
  }

  private func isSeparator(at index: Int) -> Bool {
    switch bytes[index] {
    case Self.comma, Self.lineFeed: true
    case Self.carriageReturn: index + 1 < bytes.count && bytes[index + 1] == Self.lineFeed
    default: false
    }
  }
}
