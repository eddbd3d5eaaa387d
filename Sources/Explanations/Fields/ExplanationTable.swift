import Evaluation
import Foundation

/// The quantities of a small example: a document for programs, sections of rows for people.
package protocol Explanation: Encodable {
  /// The quantities in sections, each with a title.
  var sections: [(title: String, rows: [ExplanationRow])] { get }
}

/// A quantity with its value and where it comes from.
package struct ExplanationRow: Equatable, Sendable {
  /// The symbol.
  package var name: String
  /// The value, to 15 significant digits.
  package var value: String
  /// The equation.
  package var equation: String

  init(_ name: String, _ value: String, _ equation: String) {
    (self.name, self.value, self.equation) = (name, value, equation)
  }

  init(_ name: String, _ value: Double, _ equation: String) {
    self.init(name, digits(value), equation)
  }

  init(_ name: String, _ values: [Double], _ equation: String) {
    let shown = values.prefix(8).map(digits)
    let rest = values.count > shown.count ? ["… \(values.count) values, all with --json"] : []
    self.init(name, "(" + (shown + rest).joined(separator: ", ") + ")", equation)
  }
}

/// Fifteen significant digits, as the C library prints them.
private func digits(_ value: Double) -> String { significant(value, digits: 15) }

/// A key of an explanation's document, where TRL's names are no names of Swift.
struct DocumentKey: CodingKey {
  var stringValue: String
  var intValue: Int? { nil }
  init(_ name: String) { stringValue = name }
  init?(stringValue: String) { self.init(stringValue) }
  init?(intValue: Int) { nil }
}

/// A number, written as null where there is none.
package struct NumberOrNull: Codable, Equatable, Sendable {
  /// The number, if there is one.
  package var number: Double?

  /// A number, or null for one that is not finite.
  package init(_ number: Double?) {
    self.number = number.flatMap { $0.isFinite ? $0 : nil }
  }

  /// Reads a number or null.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    number = container.decodeNil() ? nil : try container.decode(Double.self)
  }

  /// Writes the number or null.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let number { try container.encode(number) } else { try container.encodeNil() }
  }
}
