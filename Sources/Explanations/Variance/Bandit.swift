package import Datasets
package import Foundation
import Workbench

/// One prompt with a few completions: what `tandem explain` explains.
///
/// Read from `{"reference": […], "reward": […], "beta": 1, "policy": […]}`. Probabilities must be
/// positive and sum to one within 10⁻⁶, and are then divided by their sum.
package struct Bandit: Codable, Equatable, Sendable {
  /// The most completions: their scores and inner products then take 270 MB.
  package static let largestCount = 4096
  /// How far probabilities may sum from one.
  package static let sumTolerance = 1e-6

  /// The reference's probability p of each completion.
  package let reference: [Double]
  /// The reward r of each completion.
  package let reward: [Double]
  /// The strength β of the divergence against the reward.
  package let beta: Double
  /// The policy's probability q of each completion; the reference's unless given.
  package let policy: [Double]

  /// Reads a file.
  package init(contentsOf url: URL) throws(DataError) {
    let data: Data
    do { data = try Data(contentsOf: url) } catch {
      throw .unreadable(path: url.relativePath, reason: plainReason(error))
    }
    try self.init(json: data, name: url.relativePath)
  }

  /// Reads the contents of a file; the name appears in messages.
  package init(json: Data, name: String) throws(DataError) {
    let reading = BanditReading(json, file: name)
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

/// A bandit while it is read, with everything that is wrong with it.
private struct BanditReading {
  private var fields: FieldReading
  var problems: [DataProblem] { fields.problems }
  let reference: [Double]
  let reward: [Double]
  let beta: Double
  let policy: [Double]?

  init(_ json: Data, file: String) {
    fields = FieldReading(
      json, file: file,
      example:
        #"{"reference": [0.5, 0.5], "reward": [0, 1], "beta": 1, "policy": [0.4, 0.6]}"#)
    let isObject = fields.problems.isEmpty
    reference = fields.numbers("reference") ?? []
    reward = fields.numbers("reward") ?? []
    policy = fields.numbers("policy")
    beta = fields.number("beta") ?? 1
    fields.refuseUnknown(known: ["reference", "reward", "beta", "policy"])
    if isObject { fields.require("reference", "reward", "beta") }
    if problems.isEmpty { checkValues() }
  }

  private mutating func complain(_ what: String, _ remedy: String) {
    fields.complain(what, remedy)
  }
}

extension BanditReading {
  private mutating func checkValues() {
    guard (2...Bandit.largestCount).contains(reference.count) else {
      return complain(
        "'reference' has \(reference.count) probabilities",
        "give 2 to \(Bandit.largestCount) completions: with one there is nothing to learn")
    }
    for (name, count) in [("reward", reward.count), ("policy", policy?.count)] {
      if let count, count != reference.count {
        complain(
          "'\(name)' has \(count) values but 'reference' has \(reference.count)",
          "give one value for each completion")
      }
    }
    if !(beta > 0) {
      complain("'beta' is \(beta)", "β must be positive")
    }
    checkDistribution("reference", reference)
    if let policy { checkDistribution("policy", policy) }
    if problems.isEmpty { checkRange() }
  }

  private mutating func checkDistribution(_ name: String, _ probabilities: [Double]) {
    for (i, value) in probabilities.enumerated() where !(value > 0) {
      let reason =
        name == "policy"
        ? "a softmax policy reaches 0 at a logit of −∞ only, where it has no gradient"
        : "what the reference never says has no finite log-ratio"
      complain("\(name)[\(i)] is \(value)", "every probability must be above 0: \(reason)")
    }
    let sum = probabilities.reduce(0, +)
    if !(abs(sum - 1) <= Bandit.sumTolerance) {
      complain(
        "'\(name)' sums to \(sum), not to 1",
        "probabilities must sum to 1 within \(Bandit.sumTolerance)")
    }
  }

  /// Refuses what would overflow: squared rewards, or rewards divided by β.
  private mutating func checkRange() {
    let size = reward.reduce(beta) { max($0, abs($1)) }
    if size > 1e100 || size / beta > 1e100 {
      complain(
        "rewards of size \(size) at a beta of \(beta) overflow",
        "divide rewards and β by a common number: |r|, β and |r|/β may be up to 1e100")
    }
  }
}
