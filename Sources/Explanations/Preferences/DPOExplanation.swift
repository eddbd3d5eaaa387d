import Autograd
import DPO
import Foundation
import TensorKernels

/// Every loss, reward and metric of pairs: what `tandem explain dpo` prints.
///
/// Names are TRL's. `tandem explain dpo --help` lists them.
package struct DPOExplanation: Equatable, Sendable {
  /// The version of this layout.
  package static let schema = "tandem.explain.dpo/1"
  /// What was asked for.
  package let input: PairInput
  /// The loss of each pair by the name of the loss; null where it overflows.
  package private(set) var losses: [String: [NumberOrNull]] = [:]
  /// The mean loss over the pairs; null where it overflows.
  package private(set) var loss: [String: NumberOrNull] = [:]
  /// The losses of TRL's CPO trainer without its likelihood term, by its `loss_type`.
  package private(set) var cpo: [String: [NumberOrNull]] = [:]
  /// β·log σ of each log odds ratio, the `losses` of TRL's ORPO trainer.
  package private(set) var oddsRatioTerms: [NumberOrNull] = []
  /// The log odds ratio of each pair.
  package private(set) var logOddsRatios: [NumberOrNull] = []
  /// β·log π/π₀ of each chosen completion.
  package let chosenRewards: [Double]
  /// β·log π/π₀ of each rejected completion.
  package let rejectedRewards: [Double]
  /// What is beyond the range of the float32 in which trainers compute.
  package private(set) var overflows: [OverflowExplanation] = []

  /// Computes everything in Double.
  package init(of input: PairInput) {
    self.input = input
    chosenRewards = zip(input.chosen, input.referenceChosen).map { input.beta * ($0 - $1) }
    rejectedRewards = zip(input.rejected, input.referenceRejected).map { input.beta * ($0 - $1) }
    for kind in input.losses {
      let function = kind.loss(beta: input.beta, options: input.options)
      guard input.chosenTokens != nil || !function.inputs.contains(.tokenCounts) else { continue }
      let values = input.values(of: function)
      losses[kind.rawValue] = record(values, kind.rawValue)
      loss[kind.rawValue] = NumberOrNull(representable(mean(of: values)))
    }
    explainOtherTrainers()
  }

  /// The losses of trainers without a reference.
  private mutating func explainOtherTrainers() {
    var options = PreferenceLossOptions()
    (options.labelSmoothing, options.simPOMargin) = (
      input.options.labelSmoothing, input.options.simPOMargin
    )
    options.cpoAlpha = 0
    let beta = input.beta
    cpo["sigmoid"] = record(
      input.values(of: PreferenceLossKind.cpo.loss(beta: beta, options: options)), "cpo sigmoid")
    cpo["hinge"] = record(
      input.values(of: ReferenceFreeLoss(HingeLoss(beta: beta))), "cpo hinge")
    guard input.chosenTokens != nil else { return }
    cpo["ipo"] = record(
      input.values(of: ReferenceFreeLoss(MeanIPOLoss(beta: beta))), "cpo ipo")
    cpo["simpo"] = record(
      input.values(of: PreferenceLossKind.simPO.loss(beta: beta, options: options)), "cpo simpo")
    let pairs = input.pairs
    oddsRatioTerms = record(ORPOLoss(beta: beta).oddsRatioTerms(pairs).values, "orpo losses")
    logOddsRatios = record(ORPOLoss(beta: beta).logOddsRatios(pairs).values, "orpo log odds")
  }

  /// The values with null for those beyond range, which are noted.
  private mutating func record(_ values: [Double], _ name: String) -> [NumberOrNull] {
    values.enumerated().map { pair, value in
      let number = representable(value)
      if number == nil {
        let text = value.isNaN ? "nan" : "\(value)"
        overflows.append(OverflowExplanation(loss: name, pair: pair, value: text))
      }
      return NumberOrNull(number)
    }
  }
}

/// A value that no trainer can hold.
package struct OverflowExplanation: Codable, Equatable, Sendable {
  /// The loss or quantity.
  package var loss: String
  /// The pair, counted from zero.
  package var pair: Int
  /// What it is in Double: a number above 3.4·10³⁸, `inf`, or `nan` for ∞ − ∞.
  package var value: String
  /// The sentence for people.
  package var reason =
    "overflows float32 (above 3.4e38): a trainer gets an infinite or undefined loss"
}

/// The value where float32 can hold it.
func representable(_ value: Double) -> Double? {
  abs(value) <= Double(Float.greatestFiniteMagnitude) ? value : nil
}

extension PairInput {
  /// The pairs as a loss reads them.
  var pairs: PairLogProbabilities<Double> {
    let tape = Tape<Double>()
    var pairs = PairLogProbabilities(
      policyChosen: tape.column(chosen), policyRejected: tape.column(rejected),
      referenceChosen: tape.column(referenceChosen),
      referenceRejected: tape.column(referenceRejected))
    (pairs.chosenTokens, pairs.rejectedTokens) = (chosenTokens ?? [], rejectedTokens ?? [])
    return pairs
  }

  /// The loss of each pair.
  func values(of loss: any PreferenceLoss) -> [Double] { loss.pairLosses(pairs).values }
}

extension DPOExplanation: Encodable {
  /// Writes the document under the names of TRL: columns, settings, losses and metrics.
  package func encode(to encoder: any Encoder) throws {
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
