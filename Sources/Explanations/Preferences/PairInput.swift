package import DPO
package import Datasets
package import Foundation
import Training

/// Log-probabilities of pairs with TRL's settings: what `tandem explain dpo` explains.
///
/// Keys are those of TRL's batch metrics and options, with TRL's defaults.
package struct PairInput: Codable, Equatable, Sendable {
  /// log π of each chosen completion, summed over its tokens.
  package let chosen: [Double]
  /// log π of each rejected completion.
  package let rejected: [Double]
  /// log π₀ of each chosen completion.
  package let referenceChosen: [Double]
  /// log π₀ of each rejected completion.
  package let referenceRejected: [Double]
  /// Tokens of each chosen completion, its end token included; nil leaves losses per token out.
  package let chosenTokens: [Int]?
  /// Tokens of each rejected completion.
  package let rejectedTokens: [Int]?
  /// The strength β.
  package let beta: Double
  /// The losses that are asked for; all of them unless named.
  package let losses: [PreferenceLossKind]
  /// The settings of losses beside β.
  package let options: PreferenceLossOptions

  private enum CodingKeys: String, CodingKey, CaseIterable {
    case chosen = "chosen_logps"
    case rejected = "rejected_logps"
    case referenceChosen = "ref_chosen_logps"
    case referenceRejected = "ref_rejected_logps"
    case chosenTokens = "completion_lens_chosen"
    case rejectedTokens = "completion_lens_rejected"
    case beta
    case losses = "loss_type"
    case options
  }

  /// The losses over pairs that need nothing but the columns: KTO has an explanation of its own.
  package static let explained = PreferenceLossKind.allCases.filter { $0.labels == .pairs }

  /// Reads a file.
  package init(contentsOf url: URL) throws(DataError) {
    try self.init(json: FieldReading.contents(of: url), name: url.relativePath)
  }

  /// Reads the contents of a file; the name appears in messages.
  package init(json: Data, name: String) throws(DataError) {
    let columns = CodingKeys.allCases.map(\.rawValue).filter { $0 != "options" }
    let settings = PreferenceLossOptions.settings.map(\.key)
      .filter { !["desirable_weight", "undesirable_weight"].contains($0) }
    var reading = FieldReading(
      json, file: name,
      example: #"{"chosen_logps": [-12], "rejected_logps": [-11], "ref_chosen_logps": [-12.5], "#
        + #""ref_rejected_logps": [-10.5]}"#,
      range: .single)
    reading.refuseUnknown(
      known: columns + settings,
      results: [
        "schema", "origin", "losses", "loss", "cpo", "overflows", "chosen_rewards",
        "rejected_rewards", "log_odds_ratio", "log_odds_chosen",
      ])
    chosen = reading.requiredNumbers("chosen_logps")
    rejected = reading.requiredNumbers("rejected_logps")
    referenceChosen = reading.requiredNumbers("ref_chosen_logps", "reference_chosen_logps")
    referenceRejected = reading.requiredNumbers("ref_rejected_logps", "reference_rejected_logps")
    chosenTokens = reading.counts("completion_lens_chosen")
    rejectedTokens = reading.counts("completion_lens_rejected")
    beta = reading.number("beta") ?? 0.1
    losses = reading.words("loss_type", as: PreferenceLossKind.self) ?? Self.explained
    options = reading.lossOptions()
    reading.check(self)
    try reading.requireNoProblem()
  }
}

extension FieldReading {
  /// The settings of losses beside β.
  fileprivate mutating func lossOptions() -> PreferenceLossOptions {
    var options = PreferenceLossOptions()
    options.labelSmoothing = number("label_smoothing")
    options.divergence = word("f_divergence_type", as: FDivergenceKind.self)
    options.divergenceAlpha = number("f_alpha_divergence_coef")
    options.isReferenceFree = flag("reference_free")
    options.discoPOPTemperature = number("discopop_tau")
    options.simPOMargin = number("simpo_gamma")
    options.cpoAlpha = number("cpo_alpha")
    options.lengthPenalty = number("length_penalty")
    options.unlikelihoodWeight = number("unlikelihood_alpha")
    options.supervisedWeight = number("rpo_alpha")
    return options
  }

  fileprivate mutating func check(_ input: PairInput) {
    requireEqualCounts([
      ("chosen_logps", input.chosen.count), ("rejected_logps", input.rejected.count),
      ("ref_chosen_logps", input.referenceChosen.count),
      ("ref_rejected_logps", input.referenceRejected.count),
      ("completion_lens_chosen", input.chosenTokens?.count),
      ("completion_lens_rejected", input.rejectedTokens?.count),
    ])
    if (input.chosenTokens == nil) != (input.rejectedTokens == nil) {
      complain(
        "only one of completion_lens_chosen and completion_lens_rejected is there",
        "give both or neither")
    }
    let options = input.options
    require(input.beta > 0, "beta", input.beta, "β > 0")
    let smoothing = options.labelSmoothing ?? 0
    require(0..<0.5 ~= smoothing, "label_smoothing", smoothing, "0 ≤ ε < 0.5")
    let temperature = options.discoPOPTemperature ?? 1
    require(temperature > 0, "discopop_tau", temperature, "τ > 0")
    for (name, weight) in [
      ("cpo_alpha", options.cpoAlpha), ("rpo_alpha", options.supervisedWeight),
    ] {
      require(weight ?? 0 >= 0, name, weight ?? 0, "0 or more")
    }
    let unlikelihood = options.unlikelihoodWeight ?? 0
    require(unlikelihood >= 0, "unlikelihood_alpha", unlikelihood, "0 or more")
    for kind in input.losses where !PairInput.explained.contains(kind) {
      complain(
        "'loss_type' is '\(kind.rawValue)', which pairs alone do not decide",
        kind == .plackettLuce
          ? "two completions give 'sigmoid'" : "use `tandem explain kto` for it")
    }
  }
}
