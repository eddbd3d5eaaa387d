/// Writes values as JSON: the same bytes for the same value, in the order of its members.
package struct JSONWriter {
  private var bytes: [UInt8] = []

  /// The value on one line, without spaces.
  package static func compact(_ value: JSONValue) -> [UInt8] {
    var writer = JSONWriter()
    writer.write(value)
    return writer.bytes
  }

  /// The value as a file: one member per line, indented by two spaces, with a final line break.
  ///
  /// A list of lists or objects has one of them per line; other lists stay on one line.
  package static func indented(_ value: JSONValue) -> [UInt8] {
    var writer = JSONWriter()
    writer.write(value, indentedBy: 0)
    writer.bytes.append(UInt8(ascii: "\n"))
    return writer.bytes
  }

  private mutating func write(_ value: JSONValue) {
    switch value {
    case .null: bytes += "null".utf8
    case .boolean(let flag): bytes += (flag ? "true" : "false").utf8
    case .integer(let number): bytes += "\(number)".utf8
    case .number(let number): bytes += text(of: number).utf8
    case .string(let text): write(quoted: text)
    case .array(let elements):
      writeList(elements, "[", "]") { $0.write($1) }
    case .object(let members):
      writeList(members, "{", "}") { writer, member in
        writer.write(quoted: member.key)
        writer.bytes.append(UInt8(ascii: ":"))
        writer.write(member.value)
      }
    }
  }

  private mutating func write(_ value: JSONValue, indentedBy spaces: Int) {
    switch value {
    case .object(let members) where !members.isEmpty:
      writeList(members, "{", "}", indentedBy: spaces) { writer, member in
        writer.write(quoted: member.key)
        writer.bytes += ": ".utf8
        writer.write(member.value, indentedBy: spaces + 2)
      }
    case .array(let elements) where elements.contains(where: \.isContainer):
      writeList(elements, "[", "]", indentedBy: spaces) { $0.write($1) }
    default: write(value)
    }
  }

  /// Elements between brackets with commas between them, each on a line of its own if indented.
  private mutating func writeList<Element>(
    _ elements: [Element], _ open: Unicode.Scalar, _ close: Unicode.Scalar,
    indentedBy spaces: Int? = nil, _ write: (inout JSONWriter, Element) -> Void
  ) {
    bytes.append(UInt8(ascii: open))
    for (index, element) in elements.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      if let spaces { breakLine(spaces + 2) }
      write(&self, element)
    }
    if let spaces { breakLine(spaces) }
    bytes.append(UInt8(ascii: close))
  }

  private mutating func breakLine(_ spaces: Int) {
    bytes.append(UInt8(ascii: "\n"))
    bytes += repeatElement(UInt8(ascii: " "), count: spaces)
  }

  /// A string between quotation marks, with what JSON demands escaped.
  private mutating func write(quoted text: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): bytes += "\\\"".utf8
      case UInt8(ascii: "\\"): bytes += "\\\\".utf8
      case UInt8(ascii: "\n"): bytes += "\\n".utf8
      case 0..<0x20:
        bytes += ((byte < 0x10 ? "\\u000" : "\\u00") + String(byte, radix: 16)).utf8
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}

/// The shortest decimal that means the number; beyond the range of `Double`, one that reads so too.
private func text(of number: Double) -> String {
  if number.isNaN { return "null" }
  return number.isFinite ? "\(number)" : number < 0 ? "-1e999" : "1e999"
}

extension JSONValue {
  /// The value on one line, without spaces.
  package var compact: String { String(decoding: JSONWriter.compact(self), as: UTF8.self) }

  fileprivate var isContainer: Bool {
    switch self {
    case .array, .object: true
    default: false
    }
  }
}
