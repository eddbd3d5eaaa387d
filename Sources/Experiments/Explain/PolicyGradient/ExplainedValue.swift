/// One quantity of an explanation, as a program reads it.
///
/// A number that is not finite is written as null, and the explanation names the overflow.
public enum ExplainedValue: Equatable, Sendable {
  /// A number.
  case number(Double)
  /// One number for each completion.
  case numbers([Double])
  /// One number for each place of each completion.
  case rows([[Double]])
  /// One whole number for each completion.
  case whole([Int])
  /// One whole number for each place of each completion.
  case wholeRows([[Int]])
  /// True or false for each place of each completion.
  case flags([[Bool]])
  /// A sentence.
  case text(String)
  /// Sentences.
  case texts([String])
  /// Quantities under their names.
  case members([String: ExplainedValue])
  /// What the input does not say.
  case none

  /// The quantity under a name.
  public subscript(name: String) -> ExplainedValue? {
    if case .members(let members) = self { members[name] } else { nil }
  }

  /// All numbers in it, one after another; none of what is no number.
  public var flattened: [Double] {
    switch self {
    case .number(let value): [value]
    case .numbers(let values): values
    case .rows(let rows): rows.flatMap { $0 }
    case .whole(let values): values.map { Double($0) }
    case .wholeRows(let rows): rows.joined().map { Double($0) }
    case .flags(let rows): rows.joined().map { $0 ? 1 : 0 }
    case .text, .texts, .members, .none: []
    }
  }
}

extension ExplainedValue: Encodable {
  /// Writes the value as plain JSON.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .number(let value): try container.encode(NumberOrNull(value))
    case .numbers(let values): try container.encode(values.map { NumberOrNull($0) })
    case .rows(let rows): try container.encode(rows.map { $0.map { NumberOrNull($0) } })
    case .whole(let values): try container.encode(values)
    case .wholeRows(let rows): try container.encode(rows)
    case .flags(let rows): try container.encode(rows)
    case .text(let text): try container.encode(text)
    case .texts(let texts): try container.encode(texts)
    case .members(let members): try container.encode(members)
    case .none: try container.encodeNil()
    }
  }
}
