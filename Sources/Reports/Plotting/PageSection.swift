/// A section of a page, in the order in which pages show them; a page leaves out those it has nothing for.
///
/// A figure names its section, and a page shows every figure of every section, so that no figure is drawn and then not shown.
package enum PageSection: String, CaseIterable, Sendable {
  /// What was expected before the run.
  case expectation
  /// The derivation of the variance page.
  case derivation
  /// The remark that the variance page is about.
  case remark
  /// Reward against steps, KL and cost.
  case curves
  /// How arms order held-out pairs.
  case preferences
  /// What completions are like: their length and entropy.
  case completions
  /// The last evaluation of every arm.
  case end
  /// What training cost.
  case cost
  /// How steadily arms trained.
  case stability
  /// Numbers that are known before anything is learned.
  case certificate
  /// The training of every stage.
  case stages
  /// Exact noise of a made-up prompt.
  case exact
  /// Exact noise inside a transformer.
  case transformer
  /// What baselines do to training.
  case training
  /// What the variance page found.
  case verdict
  /// Completions of every arm.
  case samples
  /// Commands, settings and what intervals cover.
  case reproduce

  /// The heading.
  package var title: String {
    switch self {
    case .expectation: "What was expected"
    case .derivation: "From the objective to DPO, step by step"
    case .remark: "The remark of section 5.2"
    case .curves: "Reward curves"
    case .preferences: "On held-out pairs"
    case .completions: "Length and entropy of completions"
    case .end: "Results: where each arm ended"
    case .cost: "What it cost"
    case .stability: "Stability"
    case .certificate: "Step-0 certificate"
    case .stages: "Training, stage by stage"
    case .exact: "Exactly"
    case .transformer: "Inside a transformer"
    case .training: "Does it matter for learning?"
    case .verdict: "What is true, and what is only half true"
    case .samples: "Samples side by side"
    case .reproduce: "How to reproduce this page"
    }
  }

  /// The heading in a line of links.
  package var link: String {
    switch self {
    case .expectation: "Expectation"
    case .derivation: "Derivation"
    case .remark: "The remark"
    case .preferences: "Held-out pairs"
    case .completions: "Completions"
    case .end: "Results"
    case .cost: "Cost"
    case .certificate: "Certificate"
    case .stages: "Training"
    case .transformer: "In a transformer"
    case .training: "In training"
    case .verdict: "What is true"
    case .samples: "Samples"
    case .reproduce: "Reproduce"
    case .curves, .stability, .exact: title
    }
  }
}
