import Training

/// The seeds of an experiment, written as a count or as a list.
public struct SeedList: Codable, Equatable, Sendable {
  /// The seeds, in order.
  public var values: [Int]

  /// A list of seeds.
  public init(_ values: [Int]) { self.values = values }

  /// Reads `6` as the seeds 1…6, and a list as it is.
  public init(from decoder: any Decoder) throws {
    if let count = try? decoder.singleValueContainer().decode(Int.self) {
      guard count <= 999_999 else {
        throw ConfigurationError.outOfRange("seeds", "\(count)", allowed: "a count of 1…999999")
      }
      values = count < 1 ? [] : Array(1...count)
    } else {
      values = try decoder.singleValueContainer().decode([Int].self)
    }
  }

  /// Writes the list.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(values)
  }
}
