/// Reads comma-separated values with quoted fields, RFC 4180.
///
/// A field in quotes may hold commas, line ends and doubled quotes; lines end with LF or CRLF.
package struct CSVReader {
  /// A line that breaks the format, counted from one.
  package struct Failure: Error, Equatable {
    package var line: Int
    package var what: String

    package init(line: Int, what: String) { (self.line, self.what) = (line, what) }
  }

  private let bytes: [UInt8]
  private var position = 0
  /// The line, counted from one, at which the next record begins.
  package private(set) var line = 1

  private static let quote = UInt8(ascii: "\"")
  private static let comma = UInt8(ascii: ",")
  private static let lineFeed = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The next record, or nil at the end of the file.
  package mutating func next() throws(Failure) -> [String]? {
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
    var text: [UInt8] = []
    while let closing = bytes[(position + 1)...].firstIndex(of: Self.quote) {
      text += bytes[(position + 1)..<closing]
      position = closing + 1
      guard position < bytes.count, bytes[position] == Self.quote else {
        line += text.count { $0 == Self.lineFeed }
        return String(decoding: text, as: UTF8.self)
      }
      text.append(Self.quote)
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
