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
      losses[kind.rawValue].map { .init(kind.rawValue, $0, kind.equation) }
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

extension PreferenceLossKind {
  /// The formula of the loss of one pair, with its source.
  var equation: String {
    switch self {
    case .sigmoid: "−log σ(z) (Rafailov (2023), eq. 7)"
    case .conservative: "−(1 − ε)·log σ(z) − ε·log σ(−z) (TRL ≤ 0.28 sigmoid)"
    case .robust: "(−(1 − ε)·log σ(z) + ε·log σ(−z))/(1 − 2ε) (Chowdhury (2024))"
    case .ipo: "(score(c)/|c| − score(r)/|r| − 1/(2β))² (TRL's dialect of Azar (2023))"
    case .ipoSum: "(z/β − 1/(2β))² (Azar (2023), eq. 17)"
    case .hinge: "max(0, 1 − z) (Zhao (2023))"
    case .sigmoidNorm: "−log σ(β·(score(c)/|c| − score(r)/|r|)) (Lambert (2024))"
    case .lengthRegularized: "−log σ(z + α·(|c| − |r|)) (Park (2024))"
    case .exo: "KL((σ(z), σ(−z)) ‖ (1 − ε, ε)), ε = 0.001 for 0 (Ji (2024), eq. 16)"
    case .nca: "−log σ(c) − ½·log σ(−c) − ½·log σ(−r) of rewards (Chen (2024))"
    case .bco: "−log σ(c) − log σ(−r) of rewards, no shift (Jung (2024))"
    case .sppo: "(log-ratio(c) − ½/β)² + (log-ratio(r) + ½/β)² (Wu (2024))"
    case .aot: "cDPO on sorted policy less sorted reference margins (Melnyk (2024))"
    case .aotUnpaired: "cDPO on sorted c less sorted r log-ratios (Melnyk (2024))"
    case .apoZero: "1 − σ(c) + σ(r) of rewards (D'Oosterlinck (2024), eq. 7)"
    case .apoDown: "σ(c) + 1 − σ(c − r) of rewards (D'Oosterlinck (2024), eq. 8)"
    case .discoPOP: "(1 − m)·−log σ(z) + m·e^(−z), m = σ(z/τ) (Lu (2024), eq. 5)"
    case .kto, .apoZeroUnpaired: "λ·(1 − σ(±β·(log-ratio − KL))) (Ethayarajh (2024))"
    case .simPO: "−log σ(β·(log π(c)/|c| − log π(r)/|r|) − γ), label smoothed (Meng (2024))"
    case .cpo: "−log σ(β·(log π(c) − log π(r))) + cpo_alpha·NLL(c) (Xu (2024))"
    case .orpo: "NLL(c) − β·log σ(log odds(c) − log odds(r)) (Hong (2024))"
    case .sft: "NLL(c) = −log π(c)/mean |c| (Preferred-FT)"
    case .unlikelihood: "−log π(c) + α·log π(r) (Rafailov (2023), app. C.3)"
    case .plackettLuce: "−log σ(z) for two completions (Rafailov (2023), eq. 20)"
    }
  }
}
