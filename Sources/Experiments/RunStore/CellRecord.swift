public import LanguageModel
import PPO
public import Training

/// What one cell of an experiment (one stage at one seed) found.
///
/// The bytes are a function of the specification alone: no times, dates or paths appear here.
public struct CellRecord: Codable, Sendable {
  /// The name of the experiment's folder.
  public var question: String
  /// The arm's name in the specification, or the stage's name for shared stages.
  public var arm: String
  /// The method: `sft`, `reward`, a policy optimiser such as `ppo`, `dpo` or `best-of-n`.
  public var method: String
  /// The seed that names the cell's data and randomness.
  public var seed: Int
  /// How training ended; divergence is a finding.
  public var outcome: TrainingOutcome
  /// The policy under the shared evaluation, from step 0 to the last step.
  public var evaluations: [EvaluationRow]
  /// The metrics that the trainer logged.
  public var training: [MetricsRow]
  /// The checks made before the first update.
  public var certificate: [CertificateCheck]
  /// How well the reward model fits; present for the `reward` stage only.
  public var rewardModel: RewardModelSummary?
  /// What the cell spent, its shared stages left out.
  public var cost: Cost
  /// A few completions beside the reference's.
  public var samples: [SampleRecord]
  /// The SHA-256 of what the cell read: `pairs`, `prompts` and `reference`.
  public var dataHashes: [String: String]

  /// A record with nothing measured yet.
  public init(question: String, arm: String, method: String, seed: Int) {
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
  public var isPolicyGradient: Bool { PolicyOptimizer(rawValue: method) != nil }
}

/// One evaluation of a policy on the held-out prompts.
public struct EvaluationRow: Codable, Sendable {
  /// The number of updates before this evaluation.
  public var step: Int
  /// What training had spent by then.
  public var cost: Cost
  /// The values under their logged names, such as `eval/gold_reward`.
  public var values: [String: Double]

  /// An evaluation's values at a step.
  public init(step: Int, cost: Cost, values: [String: Double]) {
    self.step = step
    self.cost = cost
    self.values = values
  }
}

/// One logged step of training.
public struct MetricsRow: Codable, Sendable {
  /// The number of updates before this row.
  public var step: Int
  /// The values under TRL's names.
  public var values: [String: Double]

  /// A row of metrics at a step.
  public init(step: Int, values: [String: Double]) {
    self.step = step
    self.values = values
  }
}

/// One line of the step-0 certificate: a number that is known before anything is learned.
public struct CertificateCheck: Codable, Sendable, Equatable {
  /// What is checked, such as `dpo loss`.
  public var name: String
  /// The value that theory demands.
  public var expected: Double
  /// The value that the run had.
  public var measured: Double
  /// The largest difference that rounding excuses; zero means exactly.
  public var tolerance: Double
  /// Whether the measured value lies within the tolerance.
  public var passed: Bool

  /// A check that passes where |measured − expected| ≤ tolerance.
  public init(name: String, expected: Double, measured: Double, tolerance: Double = 0) {
    self.name = name
    self.expected = expected
    self.measured = measured
    self.tolerance = tolerance
    passed = abs(measured - expected) <= tolerance
  }
}

/// How well a reward model predicts labels and follows the gold reward.
public struct RewardModelSummary: Codable, Sendable, Equatable {
  /// The share of training pairs whose chosen completion scores strictly higher.
  public var trainAccuracy = 0.0
  /// The same on held-out pairs.
  public var testAccuracy = 0.0
  /// The held-out accuracy that ties enter as one half.
  public var testAccuracyTiesHalf = 0.0
  /// The accuracy of the annotator's own probabilities on the training pairs.
  public var trainBayesAccuracy = 0.0
  /// The same on held-out pairs: the most that any reward model can reach on average.
  public var testBayesAccuracy = 0.0
  /// The expected calibration error on held-out pairs.
  public var expectedCalibrationError = 0.0
  /// The reliability diagram on held-out pairs.
  public var calibration: [CalibrationPoint] = []
  /// Pearson's correlation with the gold reward over reference completions.
  public var pearson = 0.0
  /// Spearman's rank correlation with the gold reward over reference completions.
  public var spearman = 0.0
  /// The mean score of the reference completions after centring: zero up to rounding.
  public var referenceMean = 0.0
  /// How many pairs it was trained on.
  public var trainPairs = 0
  /// How many pairs it was tested on.
  public var testPairs = 0

  /// A summary to fill in.
  public init() {}
}

/// One bin of a reliability diagram.
public struct CalibrationPoint: Codable, Sendable, Equatable {
  /// The mean probability that the model gives to its own order of a pair.
  public var predicted: Double
  /// The share of pairs that the annotator ordered so.
  public var observed: Double
  /// How many pairs fall into the bin.
  public var count: Int

  /// A bin of a reliability diagram.
  public init(predicted: Double, observed: Double, count: Int) {
    self.predicted = predicted
    self.observed = observed
    self.count = count
  }
}

/// One completion of the trained policy beside the reference's for the same prompt and draws.
public struct SampleRecord: Codable, Sendable, Equatable {
  /// The prompt as text.
  public var prompt: String
  /// The policy's completion as text.
  public var completion: String
  /// The gold reward of the policy's completion.
  public var gold: Double
  /// The learned reward of the policy's completion, where there is a reward model.
  public var proxy: Double?
  /// The log-ratio of the policy's completion, log π − log π_ref.
  public var logRatio: Double?
  /// The reference's completion of the same prompt.
  public var referenceCompletion: String
  /// The gold reward of the reference's completion.
  public var referenceGold: Double

  /// A completion beside the reference's.
  public init(
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
