import Autograd
package import Datasets
import Evaluation
package import Foundation
import JSON
import PPO
import Workbench

/// Every step of TRL's RLOO on groups of completions: what `tandem explain rloo` prints.
package struct RLOOExplanation: Encodable, Equatable, Sendable {
  /// The version of this layout.
  package static let schema = "tandem.explain.rloo/1"

  /// The quantities under their names, or under those of the file's cases.
  package let document: ExplainedValue
  /// The names of the cases in their order; empty for a single setting.
  package let names: [String]

  /// Computes every quantity for every case.
  package init(of groups: RLOOGroups) {
    names = groups.cases.compactMap(\.name)
    var members: [String: ExplainedValue] = [:]
    for one in groups.cases {
      let quantities = Self.quantities(groups, one)
      if let name = one.name {
        members[name] = .members(quantities)
      } else {
        members = quantities
      }
    }
    members["schema"] = .text(Self.schema)
    document = .members(members)
  }

  /// Writes the document.
  package func encode(to encoder: any Encoder) throws { try document.encode(to: encoder) }

  private static func quantities(
    _ groups: RLOOGroups, _ one: RLOOCase
  ) -> [String: ExplainedValue] {
    let kl = zip(groups.old, groups.reference).map { zip($0, $1).reduce(0) { $0 + $1.0 - $1.1 } }
    let returns = zip(groups.rewards, kl).map { $0 - one.beta * $1 }
    let baselines = leaveOneOut(returns, groups.generations)
    let plain = zip(returns, baselines).map { $0 - $1 }
    let scale: AdvantageScale = one.isNormalised ? .normalised : .none
    let advantages = scale(plain, returns: returns, groupSize: groups.generations)
    let tape = Tape<Double>()
    let loss = clippedPolicyLoss(
      logRatios: tape.column(groups.logRatios), advantages: advantages,
      weights: returns.map { _ in 1 / Double(returns.count) }, clipRange: one.clipRange, on: tape
    ).reading
    let deviations = stride(from: 0, to: returns.count, by: groups.generations).map {
      Moments(Array(returns[$0..<$0 + groups.generations])).standardDeviation
    }
    var all: [String: ExplainedValue] = [
      "options": .members([
        "beta": .number(one.beta), "epsilon": .number(one.clipRange),
        "normalize_advantages": .text(one.isNormalised ? "true" : "false"),
        "num_generations": .whole([groups.generations]),
      ]),
      "kl": one.beta == 0 ? .none : .numbers(kl), "rewards": .numbers(returns),
      "baselines": .numbers(baselines), "advantages": .numbers(advantages),
      "std_rewards": .numbers(deviations), "log_ratio": .numbers(groups.logRatios),
      "ratio": .numbers(loss.ratios), "loss": .number(loss.mean),
      "clipfrac": .number(loss.clippedFraction),
    ]
    let infinite = all.keys.sorted().filter { key in
      all[key].map { !$0.flattened.allSatisfy(\.isFinite) } ?? false
    }
    all["overflows"] = .texts(
      exponents("ratio", [groups.logRatios])
        + infinite.map { "\($0) is beyond the range of a Double, hence null" })
    if !one.expected.isEmpty { all["differences"] = differences(all, from: one.expected) }
    return all
  }

  /// (Σ R − Rᵢ)/(k − 1) within each group, from the library's baseline.
  private static func leaveOneOut(_ returns: [Double], _ size: Int) -> [Double] {
    stride(from: 0, to: returns.count, by: size).flatMap { start in
      let group = returns[start..<start + size]
      return group.indices.map { own in
        group.indices.reduce(0.0) { $1 == own ? $0 : $0 + group[$1] } / Double(size - 1)
      }
    }
  }
}

/// Groups of completions of one prompt each, as TRL's RLOO has them before its advantages.
///
/// Rows of one prompt stand together, as in TRL 1.16 (`view(-1, k)`); legacy TRL interleaved them.
package struct RLOOGroups: Equatable, Sendable {
  /// The reward of each completion.
  var rewards: [Double]
  /// log π_old and log π₀ of the tokens that the mask lets through.
  var old, reference: [[Double]]
  /// Completions of each prompt, written k.
  var generations: Int
  /// log π/π_old of each completion after the update; zero where none is given.
  var logRatios: [Double]
  /// The settings, under the names of the file's cases; a single one has no name.
  var cases: [RLOOCase]

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
    var reading = RLOOReading(json: json, file: name)
    guard let groups = reading.read() else {
      throw .invalid(problems: reading.problems, omitted: 0)
    }
    self = groups
  }

  init(
    rewards: [Double], old: [[Double]], reference: [[Double]], generations: Int,
    logRatios: [Double], cases: [RLOOCase]
  ) {
    (self.rewards, self.old, self.reference) = (rewards, old, reference)
    (self.generations, self.logRatios, self.cases) = (generations, logRatios, cases)
  }
}

/// One setting of RLOO's options, and what somebody else computed with it.
struct RLOOCase: Equatable, Sendable {
  /// The name in the file; nil for the document's own options.
  var name: String?
  /// TRL's `beta`, the strength of the KL in the reward.
  var beta = 0.05
  /// TRL's `normalize_advantages`, off by default.
  var isNormalised = false
  /// TRL's `epsilon`, the half-width of the clip.
  var clipRange = 0.2
  /// What the file says that came out, by its key.
  var expected: [String: [Double]] = [:]
}

/// Groups of completions while they are read.
struct RLOOReading {
  private var fields: FieldReading
  /// Everything that is wrong with them.
  var problems: [DataProblem] { fields.problems }

  private static let keys = [
    "rewards", "old_per_token_logps", "ref_per_token_logps", "new_per_token_logps", "log_ratio",
    "completion_mask", "num_generations", "beta", "epsilon", "normalize_advantages",
  ]

  init(json: Data, file: String) {
    fields = FieldReading(
      json, file: file, example: #"{"rewards": [1, 0], "num_generations": 2, …}"#)
    // The whole file of fixtures has the entry among others.
    if case .object(let members)? = fields.value("rloo_trl_1.16.0") {
      fields = FieldReading(members: members, file: file)
    }
  }

  /// The groups, or nil with everything that is wrong in ``problems``.
  mutating func read() -> RLOOGroups? {
    guard problems.isEmpty else { return nil }
    let cases = readCases()
    fields.refuseUnknown(
      known: Self.keys + fields.members.map(\.key).filter(isCase) + ["clipped_loss"])
    fields.require("rewards", "num_generations", "old_per_token_logps", "ref_per_token_logps")
    let rewards = fields.numbers("rewards") ?? []
    let generations = fields.whole("num_generations") ?? 0
    let old = fields.rows("old_per_token_logps") ?? []
    let mask = fields.rows("completion_mask") ?? old.map { $0.map { _ in 1 } }
    let reference = fields.rows("ref_per_token_logps") ?? []
    let new = fields.rows("new_per_token_logps")
    checkGroups(rewards, generations)
    for (key, rows) in [
      ("old_per_token_logps", old), ("ref_per_token_logps", reference), ("completion_mask", mask),
      ("new_per_token_logps", new ?? old),
    ] where rows.count != rewards.count || rows.map(\.count) != old.map(\.count) {
      fields.complain(
        "'\(key)' has rows of \(rows.map(\.count)) values",
        "give one row for each of the \(rewards.count) rewards, all of one shape")
    }
    for (i, row) in mask.enumerated() where row.contains(where: { $0 != 0 && $0 != 1 }) {
      fields.complain("completion_mask[\(i)] is \(row)", "a mask is 0 or 1")
    }
    guard problems.isEmpty else { return nil }
    let logRatios =
      fields.numbers("log_ratio") ?? clippedCase("log_ratio")
      ?? new.map { sums(differences($0, old), mask) } ?? rewards.map { _ in 0 }
    if logRatios.count != rewards.count {
      fields.complain("'log_ratio' has \(logRatios.count) values", "one for each reward")
    }
    guard problems.isEmpty else { return nil }
    return RLOOGroups(
      rewards: rewards, old: masked(old, mask), reference: masked(reference, mask),
      generations: generations, logRatios: logRatios, cases: cases)
  }

  private mutating func checkGroups(_ rewards: [Double], _ generations: Int) {
    if generations < 2 {
      fields.complain(
        "'num_generations' is \(generations)", "leave-one-out needs 2 or more completions a prompt")
    } else if rewards.isEmpty || !rewards.count.isMultiple(of: generations) {
      fields.complain(
        "\(rewards.count) rewards do not make groups of \(generations)", "give whole groups")
    }
  }

  private mutating func readCases() -> [RLOOCase] {
    var own = RLOOCase()
    own.beta = fields.number("beta") ?? own.beta
    own.clipRange = fields.number("epsilon") ?? own.clipRange
    own.isNormalised = fields.flag("normalize_advantages") ?? false
    let named = fields.members.filter { isCase($0.key) }.map { member in
      var one = own
      let words = member.key.dropFirst(4).split(separator: "_")
      (one.name, one.isNormalised) = (member.key, words.count > 1)
      one.beta = words.first.flatMap { Double($0) } ?? own.beta
      if case .object(let members) = member.value {
        let outcomes = members.filter { ["advantages", "kl", "std_rewards"].contains($0.key) }
        for outcome in outcomes where outcome.value != .null {
          one.expected[outcome.key] = flattened(outcome.value)
        }
      }
      return one
    }
    return named.isEmpty ? [own] : named
  }

  /// Whether a key is one of the fixtures', such as `beta0.05_normalized`.
  private func isCase(_ key: String) -> Bool {
    key.hasPrefix("beta") && key != "beta" && key.dropFirst(4).first?.isNumber == true
  }

  private func clippedCase(_ key: String) -> [Double]? {
    guard case .object(let members)? = fields.value("clipped_loss") else { return nil }
    return members.first { $0.key == key }.map { flattened($0.value) }
  }
}

private func differences(_ left: [[Double]], _ right: [[Double]]) -> [[Double]] {
  zip(left, right).map { zip($0, $1).map { $0 - $1 } }
}

/// The values that a mask lets through.
private func masked(_ rows: [[Double]], _ mask: [[Double]]) -> [[Double]] {
  zip(rows, mask).map { zip($0, $1).filter { $0.1 == 1 }.map(\.0) }
}

private func sums(_ rows: [[Double]], _ mask: [[Double]]) -> [Double] {
  masked(rows, mask).map { $0.reduce(0, +) }
}
