import Autograd
package import Datasets
package import Foundation
package import RewardModeling
import TensorKernels

/// Scores of a reward model with TRL's settings: what `tandem explain reward` explains.
package struct RewardInput: Equatable, Sendable {
  /// The score of each chosen completion.
  package let chosen: [Double]
  /// The score of each rejected completion.
  package let rejected: [Double]
  /// By how much the chosen score is to be the higher, a value a pair; nil for no margin.
  package let margins: [Double]?
  /// The weight of the centring term; nil for none.
  package let centeringCoefficient: Double?
  /// Scores of whole rankings, the best completion first.
  package let rankings: [[Double]]

  /// What an explanation writes.
  private static let results = [
    "schema", "origin", "losses", "loss", "loss_plain", "loss_margin", "loss_center_", "overflows",
    "accuracy_strict_gt", "accuracy_ties_half", "margin_mean", "min_reward", "mean_reward",
    "max_reward", "probabilities", "calibration", "expected_calibration_error",
    "losses_plackett_luce", "loss_plackett_luce", "losses_all_pairs", "loss_all_pairs",
  ]

  /// Reads a file.
  package init(contentsOf url: URL) throws(DataError) {
    try self.init(json: FieldReading.contents(of: url), name: url.relativePath)
  }

  /// Reads the contents of a file; the name appears in messages.
  package init(json: Data, name: String) throws(DataError) {
    var reading = FieldReading(
      json, file: name,
      example: #"{"rewards_chosen": [1.2, -0.3], "rewards_rejected": [0.7, 0.4]}"#,
      range: .single)
    reading.refuseUnknown(
      known: [
        "rewards_chosen", "rewards_rejected", "margin", "center_rewards_coefficient", "rankings",
      ],
      results: Self.results)
    chosen = reading.numbers("rewards_chosen") ?? []
    rejected = reading.numbers("rewards_rejected") ?? []
    margins = reading.numbers("margin")
    centeringCoefficient = reading.number("center_rewards_coefficient")
    rankings = reading.rows("rankings") ?? []
    reading.check(self)
    try reading.requireNoProblem()
  }
}

extension FieldReading {
  fileprivate mutating func check(_ input: RewardInput) {
    if input.chosen.isEmpty, input.rejected.isEmpty, input.rankings.isEmpty, problems.isEmpty {
      complain("there is no score", "give rewards_chosen and rewards_rejected, or rankings")
    } else if input.rankings.isEmpty || !(input.chosen.isEmpty && input.rejected.isEmpty) {
      requireEqualCounts([
        ("rewards_chosen", input.chosen.count), ("rewards_rejected", input.rejected.count),
        ("margin", input.margins?.count),
      ])
    }
    for (row, scores) in input.rankings.enumerated() where scores.count < 2 {
      complain("rankings[\(row)] has \(scores.count) scores", "rank two or more completions")
    }
    let coefficient = input.centeringCoefficient ?? 0
    require(coefficient >= 0, "center_rewards_coefficient", coefficient, "0 or more")
  }
}

/// Every loss and metric of a reward model's scores: what `tandem explain reward` prints.
package struct RewardExplanation: Equatable, Sendable {
  /// The version of this layout.
  package static let schema = "tandem.explain.reward/1"
  /// What was asked for.
  package let input: RewardInput
  /// −log σ of each difference of scores.
  package let plainLosses: [Double]
  /// The same with the margins taken off; nil without margins.
  package let marginLosses: [Double]?
  /// The plain losses with the centring term; nil without one.
  package let centredLosses: [Double]?
  /// Every setting that was given, together.
  package let losses: [Double]
  /// Accuracy, calibration and log-loss of the pairs.
  package let evaluation: RewardEvaluation
  /// The Plackett–Luce loss of each ranking.
  package let plackettLuce: [Double]
  /// The mean loss of all pairs of each ranking.
  package let allPairs: [Double]

  /// Computes everything in Double.
  package init(of input: RewardInput) {
    self.input = input
    func losses(_ coefficient: Double?, _ margins: [Double]?) -> [Double] {
      let tape = Tape<Double>()
      return BradleyTerryLoss(centeringCoefficient: coefficient).pairLosses(
        chosen: tape.column(input.chosen), rejected: tape.column(input.rejected), margins: margins
      ).values
    }
    plainLosses = losses(nil, nil)
    marginLosses = input.margins.map { losses(nil, $0) }
    centredLosses = input.centeringCoefficient.map { losses($0, nil) }
    self.losses = losses(input.centeringCoefficient, input.margins)
    evaluation = evaluateScores(chosen: input.chosen, rejected: input.rejected)
    func ranked(_ loss: RankingLoss) -> [Double] {
      input.rankings.map { scores in
        let tape = Tape<Double>()
        return loss.rankingLosses(scores.map { tape.column([$0]) }).item
      }
    }
    (plackettLuce, allPairs) = (ranked(.plackettLuce), ranked(.pairs))
  }
}

extension RewardExplanation: Explanation {
  /// Writes the document under the names of TRL's reward trainer.
  package func encode(to encoder: any Encoder) throws {
    var document = encoder.container(keyedBy: DocumentKey.self)
    func write(_ value: some Encodable, _ name: String) throws {
      try document.encode(value, forKey: DocumentKey(name))
    }
    try write(Self.schema, "schema")
    if !input.rankings.isEmpty {
      try write(input.rankings, "rankings")
      try write(plackettLuce, "losses_plackett_luce")
      try write(mean(of: plackettLuce), "loss_plackett_luce")
      try write(allPairs, "losses_all_pairs")
      try write(mean(of: allPairs), "loss_all_pairs")
    }
    guard !input.chosen.isEmpty else { return }
    try write(input.chosen, "rewards_chosen")
    try write(input.rejected, "rewards_rejected")
    try write(losses, "losses")
    for metric in metrics { try write(metric.value, metric.name) }
    try write(probabilities, "probabilities")
    try write(evaluation.calibration, "calibration")
    try write(overflows, "overflows")
    if let coefficient = input.centeringCoefficient {
      try write(coefficient, "center_rewards_coefficient")
    }
    guard let margins = input.margins else { return }
    try write(margins, "margin")
  }

  /// σ(r⁺ − r⁻): what the model says of each label.
  var probabilities: [Double] {
    zip(input.chosen, input.rejected).map { exp(-logisticLoss($0 - $1)) }
  }

  /// The losses that a trainer's float32 cannot hold; here they have the digits of a Double.
  var overflows: [String] {
    losses.enumerated().compactMap { pair, loss in
      representable(loss) == nil ? "losses[\(pair)] overflows single precision: \(loss)" : nil
    }
  }

  /// The losses and metrics that are one number.
  var metrics: [(name: String, value: Double, meaning: String)] {
    let scores = input.chosen + input.rejected
    var metrics: [(name: String, value: Double, meaning: String)] = [
      ("loss", mean(of: losses), "mean with every setting that was given"),
      ("loss_plain", mean(of: plainLosses), "mean −log σ(r⁺ − r⁻) (Rafailov (2023), eq. 2)"),
    ]
    if let marginLosses {
      metrics.append(
        ("loss_margin", mean(of: marginLosses), "mean −log σ(r⁺ − r⁻ − m) (Touvron (2023), eq. 2)"))
    }
    if let centredLosses, let coefficient = input.centeringCoefficient {
      metrics.append(
        (
          "loss_center_\(coefficient)", mean(of: centredLosses),
          "plain plus c·mean (r⁺ + r⁻)² (Eisenstein (2023))"
        ))
    }
    return metrics + [
      ("accuracy_strict_gt", evaluation.accuracy, "share of r⁺ > r⁻; ties count as wrong"),
      ("accuracy_ties_half", evaluation.accuracyTiesHalf, "the same with ties half right"),
      (
        "margin_mean", mean(of: zip(input.chosen, input.rejected).map { $0 - $1 }),
        "mean r⁺ − r⁻, TRL's 'margin'"
      ),
      ("min_reward", scores.min() ?? 0, "lowest score"),
      ("mean_reward", mean(of: scores), "mean score"),
      ("max_reward", scores.max() ?? 0, "highest score"),
      (
        "expected_calibration_error", evaluation.expectedCalibrationError,
        "Σ share·|accuracy − confidence| over bins (Guo (2017), eq. 3)"
      ),
    ]
  }

  /// The quantities in sections, each with a title.
  package var sections: [(title: String, rows: [ExplanationRow])] {
    var sections: [(title: String, rows: [ExplanationRow])] = []
    if !input.chosen.isEmpty {
      let pairs: [ExplanationRow] = [
        .init("r⁺", input.chosen, "rewards_chosen"),
        .init("r⁻", input.rejected, "rewards_rejected"),
        .init("σ(r⁺ − r⁻)", probabilities, "the model's probability of each label"),
        .init("losses", losses, "−log σ(r⁺ − r⁻ − m) + c·(r⁺ + r⁻)²"),
      ]
      sections.append(("\(input.chosen.count) pairs", pairs))
      sections.append(
        ("Losses and metrics", metrics.map { ExplanationRow($0.name, $0.value, $0.meaning) }))
    }
    if !overflows.isEmpty {
      sections.append(("Overflows", overflows.map { ExplanationRow($0, "", "") }))
    }
    guard !input.rankings.isEmpty else { return sections }
    let ranked: [ExplanationRow] = [
      .init("Plackett–Luce", plackettLuce, "−Σₖ (rₖ − log Σ_{j≥k} e^{rⱼ}) of each ranking"),
      .init("mean", mean(of: plackettLuce), "loss_plackett_luce"),
      .init("all pairs", allPairs, "mean −log σ(rᵢ − rⱼ) over i < j (Ouyang (2022), eq. 1)"),
      .init("mean", mean(of: allPairs), "loss_all_pairs"),
    ]
    return sections + [("\(input.rankings.count) rankings, the best first", ranked)]
  }
}

/// −log σ(x), without overflow for any x.
private func logisticLoss(_ x: Double) -> Double { log1p(exp(-abs(x))) + max(-x, 0) }
