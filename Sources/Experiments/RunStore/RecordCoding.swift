public import Foundation

/// The JSON of a value with sorted keys and a final line break: equal values give equal bytes.
///
/// Numbers that JSON cannot write become the strings `NaN`, `Infinity` and `-Infinity`.
public func encodeRecord(_ value: some Encodable) throws -> Data {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  encoder.nonConformingFloatEncodingStrategy = .convertToString(
    positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
  return try encoder.encode(value) + Data("\n".utf8)
}

/// Reads what ``encodeRecord(_:)`` wrote.
public func decodeRecord<T: Decodable>(_ type: T.Type, from data: Data) throws -> T {
  let decoder = JSONDecoder()
  decoder.nonConformingFloatDecodingStrategy = .convertFromString(
    positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
  return try decoder.decode(type, from: data)
}

extension MetricsRow {
  /// The row as one flat JSON object, `{"loss": …, "step": …}`: a line of `metrics.jsonl`.
  public var line: Data {
    get throws { try encodeRecord(values.merging(["step": Double(step)]) { _, step in step }) }
  }
}
