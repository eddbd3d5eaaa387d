import Evaluation
package import Foundation
package import LanguageModel
import PPO
package import Training

/// What one cell of an experiment (one stage at one seed) found.
///
/// The bytes are a function of the specification alone: no times, dates or paths appear here.
package struct CellRecord: Codable, Sendable {
  /// The name of the experiment's folder.
  package var question: String
  /// The arm's name in the specification, or the stage's name for shared stages.
  package var arm: String
  /// The method: `sft`, `reward`, a policy optimiser such as `ppo`, `dpo` or `best-of-n`.
  package var method: String
  /// The seed that names the cell's data and randomness.
  package var seed: Int
  /// How training ended; divergence is a finding.
  package var outcome: TrainingOutcome
  /// The policy under the shared evaluation, from step 0 to the last step.
  package var evaluations: [EvaluationRow]
  /// The policy between those evaluations, on fewer prompts; nil where nobody looked.
  package var path: [EvaluationRow]?
  /// The metrics that the trainer logged.
  package var training: [MetricsRow]
  /// The checks made before the first update.
  package var certificate: [CertificateCheck]
  /// How well the reward model fits; present for the `reward` stage only.
  package var rewardModel: RewardModelSummary?
  /// What the cell spent, its shared stages left out.
  package var cost: Cost
  /// A few completions beside the reference's.
  package var samples: [SampleRecord]
  /// The SHA-256 of what the cell read: `pairs`, `prompts` and `reference`.
  package var dataHashes: [String: String]
  /// How a user's pairs were cut, a sentence each; present for the `sft` stage of such a run only.
  package var dataNotes: [String]?

  /// A record with nothing measured yet.
  package init(question: String, arm: String, method: String, seed: Int) {
    self.question = question
    self.arm = arm
    self.method = method
    self.seed = seed
    outcome = .completed
    evaluations = []
    training = []
    certificate = []
    rewardModel = nil
    cost = Cost()
    samples = []
    dataHashes = [:]
  }

  /// Whether the cell trained on sampled rollouts.
  package var isPolicyGradient: Bool { PolicyOptimizer(rawValue: method) != nil }
}

/// One evaluation of a policy on the held-out prompts.
package struct EvaluationRow: Codable, Sendable {
  /// The number of updates before this evaluation.
  package var step: Int
  /// What training had spent by then.
  package var cost: Cost
  /// The values under their logged names, such as `eval/gold_reward`.
  package var values: [String: Double]

  /// An evaluation's values at a step.
  package init(step: Int, cost: Cost, values: [String: Double]) {
    self.step = step
    self.cost = cost
    self.values = values
  }
}

/// One logged step of training.
package struct MetricsRow: Codable, Sendable {
  /// The number of updates before this row.
  package var step: Int
  /// The values under TRL's names.
  package var values: [String: Double]

  /// A row of metrics at a step.
  package init(step: Int, values: [String: Double]) {
    self.step = step
    self.values = values
  }
}

/// One line of the step-0 certificate: a number that is known before anything is learned.
package struct CertificateCheck: Codable, Sendable, Equatable {
  /// What is checked, such as `dpo loss`.
  package var name: String
  /// The value that theory demands.
  package var expected: Double
  /// The value that the run had.
  package var measured: Double
  /// The largest difference that rounding excuses; zero means exactly.
  package var tolerance: Double
  /// Whether the measured value lies within the tolerance.
  package var passed: Bool

  /// A check that passes where |measured − expected| ≤ tolerance.
  package init(name: String, expected: Double, measured: Double, tolerance: Double = 0) {
    self.name = name
    self.expected = expected
    self.measured = measured
    self.tolerance = tolerance
    passed = abs(measured - expected) <= tolerance
  }
}

/// How well a reward model predicts labels and follows the gold reward.
package struct RewardModelSummary: Codable, Sendable, Equatable {
  /// The share of training pairs whose chosen completion scores strictly higher.
  package var trainAccuracy = 0.0
  /// The same on held-out pairs.
  package var testAccuracy = 0.0
  /// The held-out accuracy that ties enter as one half.
  package var testAccuracyTiesHalf = 0.0
  /// The accuracy of the annotator's own probabilities on the training pairs.
  package var trainBayesAccuracy = 0.0
  /// The same on held-out pairs: the most that any reward model can reach on average.
  package var testBayesAccuracy = 0.0
  /// The expected calibration error on held-out pairs.
  package var expectedCalibrationError = 0.0
  /// The reliability diagram on held-out pairs.
  package var calibration: [CalibrationPoint] = []
  /// Pearson's correlation with the gold reward over reference completions.
  package var pearson = 0.0
  /// Spearman's rank correlation with the gold reward over reference completions.
  package var spearman = 0.0
  /// The mean score of the reference completions after centring: zero up to rounding.
  package var referenceMean = 0.0
  /// How many pairs it was trained on.
  package var trainPairs = 0
  /// How many pairs it was tested on.
  package var testPairs = 0

  /// A summary to fill in.
  package init() {}
}

/// One bin of a reliability diagram.
package struct CalibrationPoint: Codable, Sendable, Equatable {
  /// The mean probability that the model gives to its own order of a pair.
  package var predicted: Double
  /// The share of pairs that the annotator ordered so.
  package var observed: Double
  /// How many pairs fall into the bin.
  package var count: Int

  /// A bin of a reliability diagram.
  package init(predicted: Double, observed: Double, count: Int) {
    self.predicted = predicted
    self.observed = observed
    self.count = count
  }
}

/// One completion of the trained policy beside the reference's for the same prompt and draws.
package struct SampleRecord: Codable, Sendable, Equatable {
  /// The prompt as text.
  package var prompt: String
  /// The policy's completion as text.
  package var completion: String
  /// The gold reward of the policy's completion.
  package var gold: Double
  /// The learned reward of the policy's completion, where there is a reward model.
  package var proxy: Double?
  /// The log-ratio of the policy's completion, log π − log π_ref.
  package var logRatio: Double?
  /// The reference's completion of the same prompt.
  package var referenceCompletion: String
  /// The gold reward of the reference's completion.
  package var referenceGold: Double

  /// A completion beside the reference's.
  package init(
    prompt: String, completion: String, gold: Double, proxy: Double? = nil,
    logRatio: Double? = nil, referenceCompletion: String, referenceGold: Double
  ) {
    self.prompt = prompt
    self.completion = completion
    self.gold = gold
    self.proxy = proxy
    self.logRatio = logRatio
    self.referenceCompletion = referenceCompletion
    self.referenceGold = referenceGold
  }
}

/// The JSON of a value with sorted keys and a final line break: equal values give equal bytes.
///
/// Numbers that JSON cannot write become the strings `NaN`, `Infinity` and `-Infinity`.
package func encodeRecord(_ value: some Encodable) throws -> Data {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  encoder.nonConformingFloatEncodingStrategy = .convertToString(
    positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
  return try encoder.encode(value) + Data("\n".utf8)
}

/// Reads what ``encodeRecord(_:)`` wrote.
package func decodeRecord<T: Decodable>(_ type: T.Type, from data: Data) throws -> T {
  let decoder = JSONDecoder()
  decoder.nonConformingFloatDecodingStrategy = .convertFromString(
    positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
  return try decoder.decode(type, from: data)
}

extension MetricsRow {
  /// The row as one flat JSON object, `{"loss": …, "step": …}`: a line of `metrics.jsonl`.
  package var line: Data {
    get throws { try encodeRecord(values.merging(["step": Double(step)]) { _, step in step }) }
  }
}

/// Lines of `metrics.jsonl`, written as they come, so that a training can be watched.
struct MetricsLog {
  private let file: FileHandle?

  /// A new file in a folder, or none without a folder.
  init(_ folder: URL?) throws {
    guard let place = folder?.appending(path: "metrics.jsonl") else {
      file = nil
      return
    }
    try Data().write(to: place)
    file = try FileHandle(forWritingTo: place)
  }

  /// Writes a row and hands it back.
  mutating func add(_ step: Int, _ values: [String: Double]) throws -> MetricsRow {
    let row = MetricsRow(step: step, values: values)
    try file?.write(contentsOf: row.line)
    return row
  }
}

extension SampleRecord {
  /// A sample of an evaluation.
  init(_ sample: EvaluationSample) {
    self.init(
      prompt: sample.prompt, completion: sample.completion, gold: sample.gold,
      proxy: sample.proxyReward, referenceCompletion: sample.referenceCompletion,
      referenceGold: sample.referenceGold)
  }
}
