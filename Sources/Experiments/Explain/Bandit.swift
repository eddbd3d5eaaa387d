public import Datasets
public import Foundation

/// One prompt with a few completions: what `tandem explain` explains.
///
/// Read from `{"reference": […], "reward": […], "beta": 1, "policy": […]}`. Probabilities must be
/// positive and sum to one within 10⁻⁶, and are then divided by their sum.
public struct Bandit: Codable, Equatable, Sendable {
  /// The most completions: their scores and inner products then take 270 MB.
  public static let largestCount = 4096
  /// How far probabilities may sum from one.
  public static let sumTolerance = 1e-6

  /// The reference's probability p of each completion.
  public let reference: [Double]
  /// The reward r of each completion.
  public let reward: [Double]
  /// The strength β of the divergence against the reward.
  public let beta: Double
  /// The policy's probability q of each completion; the reference's unless given.
  public let policy: [Double]

  /// Reads a file.
  public init(contentsOf url: URL) throws(DataError) {
    let data: Data
    do { data = try Data(contentsOf: url) } catch {
      throw .unreadable(path: url.relativePath, reason: plainReason(error))
    }
    try self.init(json: data, name: url.relativePath)
  }

  /// Reads the contents of a file; the name appears in messages.
  public init(json: Data, name: String) throws(DataError) {
    var reading = BanditReading(file: name)
    reading.read(Array(json))
    guard reading.problems.isEmpty else { throw .invalid(problems: reading.problems, omitted: 0) }
    let policy = reading.policy ?? reading.reference
    reference = dividedBySum(reading.reference)
    self.policy = dividedBySum(policy)
    (reward, beta) = (reading.reward, reading.beta)
  }
}

/// Probabilities that sum to one up to rounding; those that do so already stay as they are.
private func dividedBySum(_ probabilities: [Double]) -> [Double] {
  let sum = probabilities.reduce(0, +)
  guard abs(sum - 1) > 1e-15 * Double(probabilities.count) else { return probabilities }
  return probabilities.map { $0 / sum }
}
