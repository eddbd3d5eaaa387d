/// What in a history speaks for a symptom.
public struct Evidence: Codable, Equatable, Sendable {
  /// The metric that was looked at.
  public var metric: String
  /// The step that the number belongs to.
  public var step: Int
  /// The number.
  public var value: Double
  /// What the number was held against, in words.
  public var rule: String

  /// Evidence of a metric.
  public init(metric: String, step: Int, value: Double, rule: String) {
    (self.metric, self.step, self.value, self.rule) = (metric, step, value, rule)
  }

  init(_ metric: String, _ point: MetricsHistory.Point, _ rule: String) {
    self.init(metric: metric, step: point.step, value: point.value, rule: rule)
  }
}

/// A symptom and how it shows in metrics.
///
/// A rule speaks only where the metrics that it needs were logged; a history without them is not
/// healthy, but nothing was found in it.
public protocol DiagnosticRule: Sendable {
  /// What the rule looks for.
  var symptom: GallerySymptom { get }

  /// The evidence for the symptom; nil where there is none.
  func evidence(in history: MetricsHistory) -> Evidence?
}

/// A symptom that a history shows.
public struct Finding: Codable, Equatable, Sendable {
  /// Which symptom.
  public var symptom: GallerySymptom
  /// What it is, in words.
  public var sentence: String
  /// What speaks for it.
  public var evidence: Evidence
  /// What to do about it.
  public var remedy: String
  /// The gallery entry with a run that has it.
  public var entry: String

  init(_ symptom: GallerySymptom, _ evidence: Evidence) {
    (self.symptom, self.evidence) = (symptom, evidence)
    (sentence, remedy, entry) = (symptom.sentence, symptom.remedy, symptom.entry)
  }
}

/// What was found in one history.
public struct Diagnosis: Codable, Equatable, Sendable {
  /// The file or cell.
  public var name: String
  /// The symptoms, the most specific first; empty where nothing was found.
  public var findings: [Finding]

  /// The rules, those of certain evidence first.
  public static let rules: [any DiagnosticRule] = [
    PadIsEndRule(), NoisyLogProbabilitiesRule(), TemperatureMismatchRule(),
    AliasedReferenceRule(), KLCoefficientZeroRule(), NoAdvantageWhiteningRule(),
    LearningRateTooHighRule(), ValueCoefficientWrongRule(), DeterministicLabelsRule(),
    ChosenFallingRule(),
  ]

  /// Asks every rule.
  public init(of history: MetricsHistory) {
    name = history.name
    findings = Self.rules.compactMap { rule in
      rule.evidence(in: history).map { Finding(rule.symptom, $0) }
    }
  }
}

/// What was found below a path.
public struct DiagnosisDocument: Codable, Equatable, Sendable {
  /// The version of this layout.
  public var schema = "tandem.diagnose/1"
  /// A diagnosis for each history.
  public var runs: [Diagnosis]

  /// Diagnoses in their order.
  public init(_ histories: [MetricsHistory]) { runs = histories.map { Diagnosis(of: $0) } }

  /// The diagnoses for people.
  public var text: String {
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
