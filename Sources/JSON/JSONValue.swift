/// A JSON document that keeps the order of its members, and whole numbers apart from fractions.
///
/// This is what Foundation's coders do not promise: the same bytes for the same value, `1.0` written
/// as a fraction, whole numbers beyond 2⁵³ to the last digit, and duplicate keys noticed. Records
/// that are written through `Codable` (sorted keys, `"NaN"` as a string) stay with `JSONEncoder`,
/// since the bytes of old runs must not change.
package enum JSONValue: Equatable, Sendable {
  case null
  case boolean(Bool)
  /// A number written without fraction and exponent, from the least `Int64` to the largest `UInt64`.
  case integer(Int128)
  /// Any other number; one beyond the range of `Double` is infinite.
  case number(Double)
  case string(String)
  case array([JSONValue])
  /// Members in their order; keys are distinct.
  case object([Member])

  /// A key of an object and what stands under it.
  package struct Member: Equatable, Sendable {
    package var key: String
    package var value: JSONValue

    package init(key: String, value: JSONValue) { (self.key, self.value) = (key, value) }
  }

  /// A whole number.
  package static func whole(_ value: Int) -> JSONValue { .integer(Int128(value)) }

  /// The kind of value, as a sentence names it.
  package var kind: String {
    switch self {
    case .null: "null"
    case .boolean: "true or false"
    case .integer, .number: "a number"
    case .string: "a string"
    case .array: "a list"
    case .object: "an object"
    }
  }
}

extension JSONValue {
  /// The member of an object under a key; nil of anything else.
  package subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }

  package var string: String? {
    if case .string(let value) = self { value } else { nil }
  }

  /// A whole number that the type can hold and that is written as one: 1.0 is not.
  package func integer<Whole: FixedWidthInteger>(as _: Whole.Type = Int.self) -> Whole? {
    if case .integer(let value) = self { Whole(exactly: value) } else { nil }
  }

  /// Any number.
  package var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  package var boolean: Bool? {
    if case .boolean(let value) = self { value } else { nil }
  }

  package var array: [JSONValue]? {
    if case .array(let elements) = self { elements } else { nil }
  }
}

extension JSONValue: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral {
  package init(dictionaryLiteral members: (String, JSONValue)...) {
    self = .object(members.map { Member(key: $0.0, value: $0.1) })
  }

  package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByNilLiteral
{
  package init(stringLiteral value: String) { self = .string(value) }
  package init(booleanLiteral value: Bool) { self = .boolean(value) }
  package init(integerLiteral value: Int) { self = .whole(value) }
  package init(floatLiteral value: Double) { self = .number(value) }
  package init(nilLiteral: ()) { self = .null }
}
