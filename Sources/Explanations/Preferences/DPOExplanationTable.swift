import DPO

extension DPOExplanation: Explanation {
  /// The quantities in sections, each with a title.
  package var sections: [(title: String, rows: [ExplanationRow])] {
    let overflown = overflows.map {
      ExplanationRow("\($0.loss) [\($0.pair)]", $0.value, $0.reason)
    }
    let all = [
      ("\(input.chosen.count) pairs, c = chosen, r = rejected", inputRows),
      ("Losses of each pair, z = β·(score of c − score of r)", lossRows),
      ("Mean losses", meanRows),
      ("TRL's CPO and ORPO trainers: no reference", otherRows),
      ("Metrics", metrics.map { ExplanationRow($0.name, $0.value, metricMeaning($0.name)) }),
      ("Overflows", overflown),
    ]
    return all.filter { !$0.1.isEmpty }.map { (title: $0.0, rows: $0.1) }
  }

  private var inputRows: [ExplanationRow] {
    [
      .init("log π(c)", input.chosen, "chosen_logps, summed over tokens"),
      .init("log π(r)", input.rejected, "rejected_logps"),
      .init("log π₀(c)", input.referenceChosen, "ref_chosen_logps"),
      .init("log π₀(r)", input.referenceRejected, "ref_rejected_logps"),
      .init("β", input.beta, "beta"),
      .init("ε", smoothing, "label_smoothing"),
      .init("score", divergence.rawValue, divergence.equation),
      .init("reward of c", chosenRewards, "β·log π(c)/π₀(c), whatever the divergence"),
      .init("reward of r", rejectedRewards, "β·log π(r)/π₀(r)"),
    ]
  }

  private var lossRows: [ExplanationRow] {
    input.losses.compactMap { kind in
      losses[kind.rawValue].map { .init(kind.rawValue, $0, kind.formula) }
    }
  }

  private var meanRows: [ExplanationRow] {
    input.losses.compactMap { kind in
      loss[kind.rawValue].map { .init(kind.rawValue, [$0], "mean over the pairs") }
    }
  }

  private var otherRows: [ExplanationRow] {
    let names = [
      "sigmoid": "−log σ(β·(log π(c) − log π(r))), label smoothed",
      "hinge": "max(0, 1 − β·(log π(c) − log π(r)))", "ipo": "on means: (… − 1/(2β))²",
      "simpo": "on means: −log σ(β·(…) − γ), label smoothed",
    ]
    let rows = names.keys.sorted().compactMap { name in
      cpo[name].map { ExplanationRow("cpo \(name)", $0, names[name] ?? "") }
    }
    guard !oddsRatioTerms.isEmpty else { return rows }
    return rows + [
      .init("orpo losses", oddsRatioTerms, "β·log σ(log odds(c) − log odds(r)), on means"),
      .init("orpo log odds", logOddsRatios, "log odds(c) − log odds(r)"),
    ]
  }

  private func metricMeaning(_ name: String) -> String {
    switch name {
    case "rewards/accuracies": "share of pairs whose c has the strictly higher reward"
    case "rewards/margins": "mean reward of c less that of r"
    default: "mean over the pairs"
    }
  }
}

extension ExplanationRow {
  /// A row of numbers of which some may be missing.
  init(_ name: String, _ values: [NumberOrNull], _ equation: String) {
    let known = values.compactMap(\.number)
    if known.count == values.count {
      self.init(name, known, equation)
    } else {
      self.init(
        name,
        "(" + values.map { $0.number.map { "\($0)" } ?? "overflow" }.joined(separator: ", ") + ")",
        equation)
    }
  }
}

extension FDivergenceKind {
  /// The score of a log-ratio.
  var equation: String {
    switch self {
    case .reverseKL: "log π/π₀"
    case .forwardKL: "1 − e^(−log π/π₀)"
    case .jensenShannon: "log 2 + log σ(log π/π₀)"
    case .alpha: "(e^((α − 1)·log π/π₀) − 1)/(α − 1)"
    }
  }
}
