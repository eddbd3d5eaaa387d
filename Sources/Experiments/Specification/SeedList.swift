/// The seeds of an experiment, written as a count or as a list.
public struct SeedList: Codable, Equatable, Sendable {
  /// The seeds, in order.
  public var values: [Int]

  /// A list of seeds.
  public init(_ values: [Int]) { self.values = values }

  /// Reads `6` as the seeds 1…6, and a list as it is.
  public init(from decoder: any Decoder) throws {
    if let count = try? decoder.singleValueContainer().decode(Int.self) {
      values = Array(1...max(1, count))
      if count < 1 { values = [] }
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
