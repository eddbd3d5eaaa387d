/// A JSON document that keeps the order of its members and the digits of its numbers.
///
/// Checkpoints need what Foundation's coders do not promise: the same bytes for the same model,
/// `1.0` written as a fraction, and duplicate keys noticed.
package enum JSONValue: Equatable {
  case null
  case boolean(Bool)
  /// A number as it is written.
  case number(String)
  case string(String)
  case array([JSONValue])
  /// Members in their order; keys are distinct.
  case object([Member])

  package struct Member: Equatable {
    package var key: String
    package var value: JSONValue
  }

  static func integer(_ value: Int) -> JSONValue { .number("\(value)") }

  static func fraction(_ value: Double) -> JSONValue { .number("\(value)") }

  static func members(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue {
    .object(members.map { Member(key: $0.key, value: $0.value) })
  }

  /// The member of an object under a key.
  subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }

  var string: String? {
    if case .string(let value) = self { value } else { nil }
  }

  var integer: Int? {
    if case .number(let text) = self { Int(text) } else { nil }
  }

  package var double: Double? {
    if case .number(let text) = self { Double(text) } else { nil }
  }

  var boolean: Bool? {
    if case .boolean(let value) = self { value } else { nil }
  }

  package var array: [JSONValue]? {
    if case .array(let elements) = self { elements } else { nil }
  }
}

extension JSONValue {
  /// The document on one line, without spaces.
  var compact: String {
    switch self {
    case .array(let elements):
      "[" + elements.map(\.compact).joined(separator: ",") + "]"
    case .object(let members):
      "{" + members.map { "\(quoted($0.key)):\($0.value.compact)" }.joined(separator: ",") + "}"
    default: scalarText
    }
  }

  /// The document with one member a line, indented by two spaces.
  func indented(by spaces: String = "") -> String {
    guard case .object(let members) = self, !members.isEmpty else { return compact }
    let inner = spaces + "  "
    let lines = members.map { "\(inner)\(quoted($0.key)): \($0.value.indented(by: inner))" }
    return "{\n" + lines.joined(separator: ",\n") + "\n\(spaces)}"
  }

  private var scalarText: String {
    switch self {
    case .null, .array, .object: "null"
    case .boolean(let value): value ? "true" : "false"
    case .number(let text): text
    case .string(let text): quoted(text)
    }
  }
}

/// A string between quotation marks, with what JSON demands escaped.
private func quoted(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case "\n": result += "\\n"
    case _ where scalar.value < 0x20:
      let digits = String(scalar.value, radix: 16)
      result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}
