import DPO
import TensorKernels

extension DPOExplanation: Encodable {
  /// Writes the document under the names of TRL: columns, settings, losses and metrics.
  public func encode(to encoder: any Encoder) throws {
    var document = encoder.container(keyedBy: DocumentKey.self)
    func write(_ value: some Encodable, _ name: String) throws {
      try document.encode(value, forKey: DocumentKey(name))
    }
    try write(Self.schema, "schema")
    try write(input.chosen, "chosen_logps")
    try write(input.rejected, "rejected_logps")
    try write(input.referenceChosen, "ref_chosen_logps")
    try write(input.referenceRejected, "ref_rejected_logps")
    if let tokens = input.chosenTokens { try write(tokens, "completion_lens_chosen") }
    if let tokens = input.rejectedTokens { try write(tokens, "completion_lens_rejected") }
    for setting in settings { try write(setting.value, setting.name) }
    try write(divergence.rawValue, "f_divergence_type")
    try write(input.options.isReferenceFree ?? false, "reference_free")
    if input.losses != PairInput.explained { try write(input.losses, "loss_type") }
    try write(losses, "label_smoothing=\(smoothing),f=\(divergence.rawValue)")
    try write(losses, "losses")
    try write(loss, "loss")
    try write(cpo, "cpo")
    try write(overflows, "overflows")
    for (name, values) in aliases { try write(values, name) }
    try write(chosenRewards, "chosen_rewards")
    try write(rejectedRewards, "rejected_rewards")
    for metric in metrics { try write(metric.value, metric.name) }
    guard !oddsRatioTerms.isEmpty else { return }
    try write(oddsRatioTerms, "losses(beta*logsigmoid(log_odds))")
    try write(logOdds.ratio, "log_odds_ratio")
    try write(logOdds.chosen, "log_odds_chosen")
  }

  var smoothing: Double { input.options.labelSmoothing ?? 0 }
  var divergence: FDivergenceKind { input.options.divergence ?? .reverseKL }

  /// The settings with the values that were used.
  var settings: [(name: String, value: Double)] {
    let options = input.options
    return [
      ("beta", input.beta), ("label_smoothing", smoothing),
      ("f_alpha_divergence_coef", options.divergenceAlpha ?? 0.5),
      ("discopop_tau", options.discoPOPTemperature ?? 0.05),
      ("simpo_gamma", options.simPOMargin ?? 0.5),
      ("length_penalty", options.lengthPenalty ?? 0.01),
      ("unlikelihood_alpha", options.unlikelihoodWeight ?? 0.1),
    ] + given
  }

  /// The settings whose absence means another value for each loss.
  private var given: [(name: String, value: Double)] {
    let optional = [
      ("cpo_alpha", input.options.cpoAlpha), ("rpo_alpha", input.options.supervisedWeight),
    ]
    return optional.compactMap { name, value in value.map { (name: name, value: $0) } }
  }

  /// The same losses under the names of the trainers that have them.
  private var aliases: [(String, [NumberOrNull])] {
    var aliases: [(String, [NumberOrNull])] = []
    if let values = losses["cdpo"] {
      aliases.append(("trl0.28 sigmoid label_smoothing=\(smoothing) (cDPO)", values))
    }
    if let values = losses["ipo_sum"] {
      aliases.append(("official/OpenRLHF ipo on summed logps", values))
    }
    return aliases
  }

  /// TRL's metrics; rewards are β·log π/π₀ whatever the divergence, and ties count as wrong.
  var metrics: [(name: String, value: Double)] {
    let margins = zip(chosenRewards, rejectedRewards).map { $0 - $1 }
    let right = zip(chosenRewards, rejectedRewards).map { $0 > $1 ? 1.0 : 0 }
    return [
      ("rewards/chosen", mean(of: chosenRewards)), ("rewards/rejected", mean(of: rejectedRewards)),
      ("rewards/accuracies", mean(of: right)), ("rewards/margins", mean(of: margins)),
      ("logps/chosen", mean(of: input.chosen)), ("logps/rejected", mean(of: input.rejected)),
    ]
  }

  /// The metrics of TRL's ORPO trainer: means of log σ(log odds ratio) and of the log odds ratio.
  var logOdds: (ratio: NumberOrNull, chosen: NumberOrNull) {
    let terms = oddsRatioTerms.compactMap(\.number).map { $0 / input.beta }
    let ratios = logOddsRatios.compactMap(\.number)
    let isWhole = terms.count == input.chosen.count && ratios.count == input.chosen.count
    return (
      NumberOrNull(isWhole ? mean(of: terms) : nil), NumberOrNull(isWhole ? mean(of: ratios) : nil)
    )
  }
}
