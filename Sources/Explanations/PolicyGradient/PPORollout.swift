package import Datasets
package import Foundation
import PPO
import Workbench

/// A batch of rollouts as TRL's PPO has them before its first mask, with one setting or several.
///
/// The field names are those of TRL's variables; `tandem explain ppo --help` lists them.
package struct PPORollout: Equatable, Sendable {
  /// The token that fills rows after their end.
  var pad: Int
  /// The token that ends a completion.
  var end: Int
  /// Divides all logits, after 10⁻⁷ is added to it, as TRL does.
  var temperature: Double
  /// Completions as they were sampled, B × T.
  var responses: [[Int]]
  /// Completions with padding after their first end token, B × T.
  var postprocessed: [[Int]]
  /// What the reward model says of each completion.
  var scores: [Double]
  /// log π and log π₀ of every place, padding included, B × T.
  var logProbabilities, referenceLogProbabilities: [[Double]]
  /// log π of every place after the update; the old ones where none are given.
  var newLogProbabilities: [[Double]]
  /// The mean entropy of the next-token distributions after the update, where logits are given.
  var meanEntropy: Double?
  /// V of every place before and after the update, B × T.
  var values, newValues: [[Double]]
  /// The settings, under the names of the file's cases; a single one has no name.
  var cases: [PPOCase] = []

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
    var reading = PPORolloutReading(json: json, file: name)
    guard let rollout = reading.read() else {
      throw .invalid(problems: reading.problems, omitted: 0)
    }
    self = rollout
  }

  init(
    pad: Int, end: Int, temperature: Double, responses: [[Int]], postprocessed: [[Int]],
    scores: [Double], logProbabilities: [[Double]], referenceLogProbabilities: [[Double]],
    newLogProbabilities: [[Double]], meanEntropy: Double?, values: [[Double]],
    newValues: [[Double]]
  ) {
    (self.pad, self.end, self.temperature) = (pad, end, temperature)
    (self.responses, self.postprocessed, self.scores) = (responses, postprocessed, scores)
    self.logProbabilities = logProbabilities
    self.referenceLogProbabilities = referenceLogProbabilities
    self.newLogProbabilities = newLogProbabilities
    (self.meanEntropy, self.values, self.newValues) = (meanEntropy, values, newValues)
  }
}

/// One setting of the options, and what somebody else computed with it.
package struct PPOCase: Equatable, Sendable {
  /// The name in the file; nil for the document's own options.
  var name: String?
  /// The options.
  var options: PPOOptions
  /// What the file says that came out, by its key.
  var expected: [String: [Double]] = [:]
}

/// TRL's options with TRL's defaults (PPOConfig of 1.12.0).
package struct PPOOptions: Equatable, Sendable {
  var klPenalty = 0.05
  var klEstimator = KLEstimator.k1
  var discount = 1.0
  var lambda = 0.95
  var clipRange = 0.2
  var valueClipRange = 0.2
  var valueWeight = 0.1
  var whitensRewards = false
  var missingEndPenalty: Double?

  /// The same as a trainer's settings.
  var configuration: PPOConfiguration {
    var settings = PPOConfiguration(algorithm: .ppo, dialect: .trl)
    (settings.klPenalty, settings.klEstimator) = (klPenalty, klEstimator)
    (settings.discount, settings.lambda) = (discount, lambda)
    (settings.whitensRewards, settings.missingEndPenalty) = (whitensRewards, missingEndPenalty)
    return settings
  }

  static let keys = [
    "kl_coef", "kl_estimator", "gamma", "lam", "cliprange", "cliprange_value", "vf_coef",
    "whiten_rewards", "missing_eos_penalty",
  ]

  /// Overwrites what the fields say.
  mutating func read(_ fields: inout FieldReading) {
    klPenalty = fields.number("kl_coef") ?? klPenalty
    klEstimator = fields.word("kl_estimator", as: KLEstimator.self) ?? klEstimator
    discount = fields.number("gamma") ?? discount
    lambda = fields.number("lam") ?? lambda
    clipRange = fields.number("cliprange") ?? clipRange
    valueClipRange = fields.number("cliprange_value") ?? valueClipRange
    valueWeight = fields.number("vf_coef") ?? valueWeight
    whitensRewards = fields.flag("whiten_rewards") ?? whitensRewards
    missingEndPenalty = fields.number("missing_eos_penalty") ?? missingEndPenalty
    let ranges: [(String, Double, ClosedRange<Double>)] = [
      ("gamma", discount, 0...1), ("lam", lambda, 0...1),
      ("cliprange", clipRange, 0...1), ("cliprange_value", valueClipRange, 0...1e300),
    ]
    for (key, value, range) in ranges where !range.contains(value) {
      fields.complain(
        "'\(key)' is \(value)", "it lies between \(range.lowerBound) and \(range.upperBound)")
    }
  }

  /// The options under TRL's names.
  var members: [String: ExplainedValue] {
    [
      "kl_coef": .number(klPenalty), "kl_estimator": .text(klEstimator.rawValue),
      "gamma": .number(discount), "lam": .number(lambda), "cliprange": .number(clipRange),
      "cliprange_value": .number(valueClipRange), "vf_coef": .number(valueWeight),
      "whiten_rewards": .text(whitensRewards ? "true" : "false"),
      "missing_eos_penalty": missingEndPenalty.map { .number($0) } ?? .none,
    ]
  }
}
