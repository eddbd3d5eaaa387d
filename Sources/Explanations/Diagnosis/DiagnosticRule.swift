import Evaluation
package import Training

/// What in a history speaks for a symptom.
package struct Evidence: Codable, Equatable, Sendable {
  /// The metric that was looked at.
  package var metric: String
  /// The step that the number belongs to.
  package var step: Int
  /// The number.
  package var value: Double
  /// What the number was held against, in words.
  package var rule: String

  /// Evidence of a metric.
  package init(metric: MetricKey, step: Int, value: Double, rule: String) {
    (self.metric, self.step, self.value, self.rule) = (metric.rawValue, step, value, rule)
  }

  init(_ metric: MetricKey, _ point: MetricsHistory.Point, _ rule: String) {
    self.init(metric: metric, step: point.step, value: point.value, rule: rule)
  }
}

/// A symptom and how it shows in metrics.
///
/// A rule speaks only where the metrics that it needs were logged; a history without them is not
/// healthy, but nothing was found in it.
package protocol DiagnosticRule: Sendable {
  /// What the rule looks for.
  var symptom: GallerySymptom { get }

  /// The evidence for the symptom; nil where there is none.
  func evidence(in history: MetricsHistory) -> Evidence?
}

/// A symptom that a history shows.
package struct Finding: Codable, Equatable, Sendable {
  /// Which symptom.
  package var symptom: GallerySymptom
  /// What it is, in words.
  package var sentence: String
  /// What speaks for it.
  package var evidence: Evidence
  /// What to do about it.
  package var remedy: String
  /// The gallery entry with a run that has it.
  package var entry: String

  init(_ symptom: GallerySymptom, _ evidence: Evidence) {
    (self.symptom, self.evidence) = (symptom, evidence)
    (sentence, remedy, entry) = (symptom.sentence, symptom.remedy, symptom.entry)
  }
}

/// What was found in one history.
package struct Diagnosis: Codable, Equatable, Sendable {
  /// The file or cell.
  package var name: String
  /// The symptoms, the most specific first; empty where nothing was found.
  package var findings: [Finding]

  /// The rules, those of certain evidence first.
  package static let rules: [any DiagnosticRule] = [
    PadIsEndRule(), NoisyLogProbabilitiesRule(), TemperatureMismatchRule(),
    AliasedReferenceRule(), KLCoefficientZeroRule(), NoAdvantageWhiteningRule(),
    LearningRateTooHighRule(), ValueCoefficientWrongRule(), DeterministicLabelsRule(),
    ChosenFallingRule(),
  ]

  /// Asks every rule.
  package init(of history: MetricsHistory) {
    name = history.name
    findings = Self.rules.compactMap { rule in
      rule.evidence(in: history).map { Finding(rule.symptom, $0) }
    }
  }
}

/// What was found below a path.
package struct DiagnosisDocument: Codable, Equatable, Sendable {
  /// The version of this layout.
  package var schema = "tandem.diagnose/1"
  /// A diagnosis for each history.
  package var runs: [Diagnosis]

  /// Diagnoses in their order.
  package init(_ histories: [MetricsHistory]) { runs = histories.map { Diagnosis(of: $0) } }

  /// The diagnoses for people.
  package var text: String {
    runs.map { run in
      guard !run.findings.isEmpty else { return "\(run.name): nothing found" }
      let lines = run.findings.map { finding in
        let evidence = finding.evidence
        return """
            \(finding.sentence)
              \(evidence.metric) is \(brief(evidence.value)) at step \(evidence.step); \(evidence.rule)
              \(finding.remedy)
              see \(finding.entry)
          """
      }
      return (["\(run.name):"] + lines).joined(separator: "\n")
    }.joined(separator: "\n")
  }
}

/// What a run may suffer from; the raw value is the folder of its gallery entry.
package enum GallerySymptom: String, Codable, Sendable, CaseIterable {
  /// No penalty holds the policy near the reference.
  case klCoefficientZero = "kl-coefficient-zero"
  /// Updates go further than one batch of rollouts can tell.
  case learningRateTooHigh = "learning-rate-too-high"
  /// The value loss drowns the policy.
  case valueCoefficientWrong = "value-coefficient-wrong"
  /// Advantages enter the loss with their mean.
  case noAdvantageWhitening = "no-advantage-whitening"
  /// The reference is the policy itself.
  case aliasedReference = "aliased-reference"
  /// Rollouts and updates do not divide logits by the same temperature.
  case temperatureMismatch = "temperature-mismatch"
  /// Padding and end token are one token.
  case padIsEnd = "pad-is-end"
  /// Two passes over the same rollouts give different log-probabilities.
  case noisyLogProbabilities = "noisy-log-probabilities"
  /// Labels without noise let DPO's margin grow without bound.
  case deterministicLabels = "deterministic-labels"
  /// The chosen completions lose probability, too.
  case chosenFalling = "chosen-log-probability-falling"

  /// The symptom in words.
  package var sentence: String {
    switch self {
    case .klCoefficientZero: "no KL penalty: nothing holds the policy near the reference"
    case .learningRateTooHigh: "the learning rate is too high: updates leave the clip range"
    case .valueCoefficientWrong:
      "the value loss drowns the policy: its coefficient is wrong"
    case .noAdvantageWhitening: "advantages are not whitened: their mean drives the loss"
    case .aliasedReference: "the reference is the policy itself: the KL is zero whatever it does"
    case .temperatureMismatch: "rollouts and updates use different temperatures"
    case .padIsEnd: "padding and end token are the same token"
    case .noisyLogProbabilities: "log-probabilities have noise, as with dropout left on"
    case .deterministicLabels: "deterministic labels: the margin grows without bound"
    case .chosenFalling: "the chosen completions lose probability (likelihood displacement)"
    }
  }

  /// What to do about it.
  package var remedy: String {
    switch self {
    case .klCoefficientZero: "set kl_coef (0.05 in TRL), or watch the gold reward and stop early"
    case .learningRateTooHigh: "divide learning_rate by 3 to 10, or set target_kl"
    case .valueCoefficientWrong: "set vf_coef to 0.1, or give the value model a trunk of its own"
    case .noAdvantageWhitening: "whiten advantages, or centre the reward on the reference"
    case .aliasedReference: "load the reference apart from the policy, and compare their weights"
    case .temperatureMismatch: "divide logits by the sampling temperature in every log-probability"
    case .padIsEnd: "give the tokenizer a pad token of its own"
    case .noisyLogProbabilities: "turn dropout off in policy and reference (disable_dropout)"
    case .deterministicLabels: "sample labels, stop early, or take IPO or label smoothing"
    case .chosenFalling: "add an SFT term, raise beta, or filter pairs of similar completions"
    }
  }

  /// The gallery entry, from the root of the project.
  package var entry: String { "experiments/gallery/README.md#\(rawValue)" }
}
