import Autograd
package import DPO
package import Datasets
package import Foundation
import TensorKernels

/// The losses of TRL's KTO trainer.
package enum KTOLossType: String, Codable, Sendable, CaseIterable {
  /// Measured against the divergence of mismatched pairs.
  case kto
  /// Measured against zero.
  case apoZeroUnpaired = "apo_zero_unpaired"
}

/// Log-probabilities of single completions with TRL's settings: what `tandem explain kto` explains.
package struct KTOInput: Equatable, Sendable {
  /// log π of each desirable completion, summed over its tokens.
  package let chosen: [Double]
  /// log π₀ of each desirable completion.
  package let referenceChosen: [Double]
  /// log π of each undesirable completion.
  package let rejected: [Double]
  /// log π₀ of each undesirable completion.
  package let referenceRejected: [Double]
  /// log π of prompts with completions of other prompts.
  package let mismatched: [Double]
  /// log π₀ of the same.
  package let referenceMismatched: [Double]
  /// The loss with its settings.
  package let loss: KTOLoss

  private static let keys = [
    "chosen_logps", "ref_chosen", "rejected_logps", "ref_rejected", "KL_logps", "ref_KL_logps",
    "ref_chosen_logps", "ref_rejected_logps", "beta", "desirable_weight", "undesirable_weight",
    "loss_type",
  ]

  /// Reads a file.
  package init(contentsOf url: URL) throws(DataError) {
    try self.init(json: FieldReading.contents(of: url), name: url.relativePath)
  }

  /// Reads the contents of a file; the name appears in messages.
  package init(json: Data, name: String) throws(DataError) {
    var reading = FieldReading(
      json, file: name,
      example: #"{"chosen_logps": [-12], "ref_chosen": [-12.5], "rejected_logps": [-11], "#
        + #""ref_rejected": [-10.5], "KL_logps": [-30, -28], "ref_KL_logps": [-31, -29]}"#,
      range: .single)
    reading.refuseUnknown(
      known: Self.keys,
      results: [
        "schema", "origin", "kl", "loss", "chosen_rewards", "rejected_rewards", "kl_before_clamp",
      ])
    chosen = reading.numbers("chosen_logps") ?? []
    referenceChosen = reading.numbers("ref_chosen", "ref_chosen_logps") ?? []
    rejected = reading.numbers("rejected_logps") ?? []
    referenceRejected = reading.numbers("ref_rejected", "ref_rejected_logps") ?? []
    mismatched = reading.numbers("KL_logps") ?? []
    referenceMismatched = reading.numbers("ref_KL_logps") ?? []
    let type = reading.word("loss_type", as: KTOLossType.self) ?? .kto
    loss = KTOLoss(
      beta: reading.number("beta") ?? 0.1,
      desirableWeight: reading.number("desirable_weight") ?? 1,
      undesirableWeight: reading.number("undesirable_weight") ?? 1,
      referencePoint: type == .kto ? .divergence : .zero)
    reading.check(self)
    try reading.requireNoProblem()
  }
}

extension FieldReading {
  fileprivate mutating func check(_ input: KTOInput) {
    for (name, list, reference) in [
      ("chosen_logps", input.chosen, input.referenceChosen),
      ("rejected_logps", input.rejected, input.referenceRejected),
      ("KL_logps", input.mismatched, input.referenceMismatched),
    ] where list.count != reference.count {
      complain(
        "'\(name)' has \(list.count) values but its reference has \(reference.count)",
        "give one value for each completion")
    }
    if input.chosen.isEmpty, input.rejected.isEmpty, problems.isEmpty {
      complain("there is no completion", "give chosen_logps, rejected_logps, or both")
    }
    if input.mismatched.isEmpty, input.loss.referencePoint == .divergence, problems.isEmpty {
      complain(
        "the keys 'KL_logps' and 'ref_KL_logps' are missing",
        "give log-probabilities of mismatched pairs, or \"loss_type\": \"apo_zero_unpaired\"")
    }
    let loss = input.loss
    require(loss.beta > 0, "beta", loss.beta, "β > 0")
    require(loss.desirableWeight >= 0, "desirable_weight", loss.desirableWeight, "0 or more")
    require(
      loss.undesirableWeight >= 0, "undesirable_weight", loss.undesirableWeight, "0 or more")
  }
}

/// Every loss, reward and metric of single completions: what `tandem explain kto` prints.
package struct KTOExplanation: Equatable, Sendable {
  /// The version of this layout.
  package static let schema = "tandem.explain.kto/1"
  /// What was asked for.
  package let input: KTOInput
  /// max(0, mean log π/π₀ of mismatched pairs); 0 for `apo_zero_unpaired`.
  package let divergence: Double
  /// The weighted losses, those of desirable completions first.
  package let losses: [Double]
  /// Their mean.
  package let loss: Double
  /// β·log π/π₀ of each desirable completion.
  package let chosenRewards: [Double]
  /// β·log π/π₀ of each undesirable completion.
  package let rejectedRewards: [Double]
  /// The mean reward of desirable completions; null of none.
  package let chosenReward: NumberOrNull
  /// The mean reward of undesirable completions; null of none.
  package let rejectedReward: NumberOrNull
  /// The difference of the two means; null where one is missing.
  package let margin: NumberOrNull
  /// What mismatched pairs give before it is limited to zero; null of none.
  package let unlimitedDivergence: NumberOrNull

  /// Computes everything in Double.
  package init(of input: KTOInput) {
    self.input = input
    let mismatched = zip(input.mismatched, input.referenceMismatched).map { $0 - $1 }
    unlimitedDivergence = NumberOrNull(mean(of: mismatched))
    let z = input.loss.divergence(mismatched)
    divergence = z
    let tape = Tape<Double>()
    let good = zip(input.chosen, input.referenceChosen).map { $0 - $1 }
    let bad = zip(input.rejected, input.referenceRejected).map { $0 - $1 }
    losses =
      input.loss.chosenLosses(tape.column(good), divergence: z).values
      + input.loss.rejectedLosses(tape.column(bad), divergence: z).values
    loss = mean(of: losses)
    chosenRewards = good.map { input.loss.beta * $0 }
    rejectedRewards = bad.map { input.loss.beta * $0 }
    chosenReward = NumberOrNull(mean(of: chosenRewards))
    rejectedReward = NumberOrNull(mean(of: rejectedRewards))
    margin = NumberOrNull(mean(of: chosenRewards) - mean(of: rejectedRewards))
  }

  /// The quantities in sections, each with a title.
  package var sections: [(title: String, rows: [ExplanationRow])] {
    let divergences: [ExplanationRow] = [
      .init(
        "mean log-ratio", [unlimitedDivergence], "of mismatched pairs, KL_logps − ref_KL_logps"),
      .init("z", divergence, "max(0, that mean); 0 for apo_zero_unpaired; no gradient"),
    ]
    let rows: [ExplanationRow] = [
      .init("reward of good", chosenRewards, "β·(chosen_logps − ref_chosen)"),
      .init("reward of bad", rejectedRewards, "β·(rejected_logps − ref_rejected)"),
      .init(
        "losses", losses, "λ⁺·(1 − σ(reward − β·z)), then λ⁻·(1 − σ(β·z − reward))"),
      .init("loss", loss, "their mean (Ethayarajh (2024))"),
      .init("rewards/chosen", [chosenReward], "mean over good completions"),
      .init("rewards/rejected", [rejectedReward], "mean over bad completions"),
      .init("rewards/margins", [margin], "their difference"),
    ]
    return [
      ("The divergence z of the policy from the reference", divergences),
      ("\(input.chosen.count) good and \(input.rejected.count) bad completions", rows),
    ]
  }
}

extension KTOExplanation: Explanation {
  /// Writes the document under the names of TRL's KTO trainer.
  package func encode(to encoder: any Encoder) throws {
    var document = encoder.container(keyedBy: DocumentKey.self)
    try document.encode(Self.schema, forKey: DocumentKey("schema"))
    let loss = input.loss
    try document.encode(
      (loss.referencePoint == .divergence ? KTOLossType.kto : .apoZeroUnpaired),
      forKey: DocumentKey("loss_type"))
    let numbers = [
      ("beta", loss.beta), ("desirable_weight", loss.desirableWeight),
      ("undesirable_weight", loss.undesirableWeight), ("kl", divergence), ("loss", self.loss),
    ]
    for (name, number) in numbers { try document.encode(number, forKey: DocumentKey(name)) }
    let lists = [
      ("chosen_logps", input.chosen), ("ref_chosen", input.referenceChosen),
      ("rejected_logps", input.rejected), ("ref_rejected", input.referenceRejected),
      ("KL_logps", input.mismatched), ("ref_KL_logps", input.referenceMismatched),
      ("losses(des*chosen||und*rejected)", losses), ("chosen_rewards", chosenRewards),
      ("rejected_rewards", rejectedRewards),
    ]
    for (name, list) in lists { try document.encode(list, forKey: DocumentKey(name)) }
    let means = [
      ("rewards/chosen", chosenReward), ("rewards/rejected", rejectedReward),
      ("rewards/margins", margin), ("kl_before_clamp", unlimitedDivergence),
    ]
    for (name, mean) in means { try document.encode(mean, forKey: DocumentKey(name)) }
  }
}
