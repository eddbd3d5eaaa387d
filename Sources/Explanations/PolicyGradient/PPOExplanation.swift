import Autograd
import Foundation
import PPO

/// Every step of TRL's PPO on a batch of rollouts: what `tandem explain ppo` prints.
///
/// The formulas are those of the trainer (module PPO), in double precision; TRL computes in single
/// precision. Rows are padded to one width as TRL's tensors are: where its masks are true, numbers
/// are what TRL leaves there.
package struct PPOExplanation: Encodable, Equatable, Sendable {
  /// The version of this layout.
  package static let schema = "tandem.explain.ppo/1"
  /// The quantities that a case of the fixtures has, under its keys.
  package static let keys = [
    "padding_mask", "padding_mask_p1", "kl", "rewards", "actual_end", "advantages", "returns",
    "values", "scores", "objective/kl", "objective/non_score_reward", "objective/rlhf_reward",
    "objective/entropy_masked(1.12)", "objective/entropy_unmasked(<=1.9)", "vf_loss",
    "vf_clipfrac", "pg_loss", "loss", "pg_clipfrac", "approxkl", "ratio.mean", "entropy.mean",
  ]

  /// The quantities of each case; a single one has no name.
  package let cases: [(name: String?, quantities: [String: ExplainedValue])]

  /// Computes every quantity for every case.
  package init(of rollout: PPORollout) {
    cases = rollout.cases.map { one in
      var quantities = PPOSteps(rollout, one.options).quantities
      if !one.expected.isEmpty {
        quantities["differences"] = differences(quantities, from: one.expected)
      }
      return (one.name, quantities)
    }
  }

  /// Equal if all quantities are.
  package static func == (left: PPOExplanation, right: PPOExplanation) -> Bool {
    left.document == right.document
  }

  /// The quantities as one JSON object, with those of named cases under `cases`.
  package var document: ExplainedValue {
    if let only = cases.first, only.name == nil {
      return .members(only.quantities.merging(["schema": .text(Self.schema)]) { own, _ in own })
    }
    let named = cases.map { ($0.name ?? "", ExplainedValue.members($0.quantities)) }
    return .members([
      "schema": .text(Self.schema),
      "cases": .members(Dictionary(named, uniquingKeysWith: { first, _ in first })),
    ])
  }

  /// Writes the document.
  package func encode(to encoder: any Encoder) throws { try document.encode(to: encoder) }
}

/// The largest difference of each quantity from what somebody else computed.
func differences(
  _ quantities: [String: ExplainedValue], from expected: [String: [Double]]
) -> ExplainedValue {
  var largest: [String: ExplainedValue] = [:]
  for (key, theirs) in expected {
    let ours = quantities[key]?.flattened ?? []
    guard ours.count == theirs.count else {
      largest[key] = .number(.infinity)
      continue
    }
    largest[key] = .number(zip(ours, theirs).reduce(0) { max($0, abs($1.0 - $1.1)) })
  }
  return .members(largest)
}

extension PPORollout {
  /// The tokens and value slots that the padding leaves.
  var layout: CompletionLayout { CompletionLayout(padded: postprocessed, padToken: pad) }
}

/// One case of a batch of rollouts, from masks to losses.
struct PPOSteps {
  private let rollout: PPORollout
  private let options: PPOOptions
  private let layout: CompletionLayout
  private let targets: AdvantagesAndReturns<Double>
  private let policyLoss: PolicyLossReading<Double>
  private let valueLoss: ValueLossReading<Double>
  private let overflows: [String]

  init(_ rollout: PPORollout, _ options: PPOOptions) {
    (self.rollout, self.options) = (rollout, options)
    let layout = rollout.layout
    self.layout = layout
    let (tokens, slots) = (layout.tokenCounts, layout.slotCounts)
    let (old, reference) = (
      prefixes(rollout.logProbabilities, tokens),
      prefixes(rollout.referenceLogProbabilities, tokens)
    )
    let new = prefixes(rollout.newLogProbabilities, tokens)
    targets = AdvantagesAndReturns(
      layout: layout, logProbabilities: old, reference: reference,
      values: prefixes(rollout.values, slots), scores: rollout.scores,
      hasEnded: rollout.postprocessed.map { $0.contains(rollout.end) },
      klPenalty: options.klPenalty, configuration: options.configuration)
    let tape = Tape<Double>()
    let count = tokens.reduce(0, +)
    policyLoss =
      clippedPolicyLoss(
        logRatios: tape.column(new.flatMap { $0 }) - tape.column(old.flatMap { $0 }),
        advantages: targets.policyAdvantages.flatMap { $0 },
        weights: [Double](repeating: 1 / Double(count), count: count),
        clipRange: options.clipRange, on: tape
      ).reading
    valueLoss =
      clippedValueLoss(
        tape.column(prefixes(rollout.newValues, slots).flatMap { $0 }),
        old: prefixes(rollout.values, slots).flatMap { $0 },
        returns: targets.returns.flatMap { $0 }, clipRange: options.valueClipRange,
        count: slots.reduce(0, +), on: tape
      ).reading
    overflows =
      exponents("ratio", zip(new, old).map { zip($0, $1).map { $0 - $1 } })
      + (options.klEstimator == .k3
        ? exponents("kl", zip(reference, old).map { zip($0, $1).map { $0 - $1 } }) : [])
  }

  /// Everything under TRL's names.
  var quantities: [String: ExplainedValue] {
    var all = inputs.merging(rewards) { $1 }.merging(objectives) { $1 }.merging(losses) { $1 }
    let infinite = all.keys.sorted().filter { key in
      all[key].map { !$0.flattened.allSatisfy(\.isFinite) } ?? false
    }
    var named = overflows + infinite.map { "\($0) is beyond the range of a Double, hence null" }
    if layout.tokenCounts.reduce(0, +) == 1 {
      named.append("one token has no variance: its advantage is 0 here and NaN in TRL")
    }
    if options.whitensRewards, layout.slotCounts.reduce(0, +) == 1 {
      named.append("one slot has no variance: its reward stays as it is here and is NaN in TRL")
    }
    all["overflows"] = .texts(named)
    return all
  }

  private var inputs: [String: ExplainedValue] {
    [
      "options": .members(options.members), "temperature": .number(rollout.temperature),
      "postprocessed": .wholeRows(rollout.postprocessed),
      "sequence_lengths": .whole(layout.tokenCounts.map { $0 - 1 }),
      "padding_mask": .flags(layout.paddingMask),
      "padding_mask_p1": .flags(layout.paddingMaskPlusOne), "actual_end": .whole(layout.scoreSlots),
      "logprobs": padded(prefixes(rollout.logProbabilities, layout.tokenCounts), with: 1),
      "ref_logprobs": padded(
        prefixes(rollout.referenceLogProbabilities, layout.tokenCounts), with: 1),
    ]
  }

  private var rewards: [String: ExplainedValue] {
    [
      "kl": padded(targets.klEstimates), "scores": .numbers(targets.scores),
      "rewards": padded(targets.rewards), "values": padded(targets.values),
      "advantages_unwhitened": padded(targets.advantages), "returns": padded(targets.returns),
      "advantages": padded(targets.whitenedAdvantages),
    ]
  }

  private var objectives: [String: ExplainedValue] {
    let kl = Moments(targets.completionKLs).mean
    let penalty = -options.klPenalty * kl
    let own = prefixes(rollout.logProbabilities, layout.tokenCounts).map { -$0.reduce(0, +) }
    let withPads = zip(own, layout.tokenCounts).map { $0 - Double(layout.width - $1) }
    return [
      "objective/kl": .number(kl), "objective/non_score_reward": .number(penalty),
      "objective/rlhf_reward": .number(penalty + Moments(targets.scores).mean),
      "objective/entropy_masked(1.12)": .number(Moments(own).mean),
      "objective/entropy_unmasked(<=1.9)": .number(Moments(withPads).mean),
    ]
  }

  private var losses: [String: ExplainedValue] {
    let new = prefixes(rollout.newLogProbabilities, layout.tokenCounts)
    let old = prefixes(rollout.logProbabilities, layout.tokenCounts)
    let squares = zip(new.joined(), old.joined()).map { ($0 - $1) * ($0 - $1) / 2 }
    return [
      "ratio": padded(zip(new, old).map { zip($0, $1).map { exp($0 - $1) } }, with: 1),
      "vf_loss": .number(valueLoss.loss), "vf_clipfrac": .number(valueLoss.clippedFraction),
      "pg_loss": .number(policyLoss.mean), "pg_clipfrac": .number(policyLoss.clippedFraction),
      "loss": .number(policyLoss.mean + options.valueWeight * valueLoss.loss),
      "approxkl": .number(layout.paddedMean(ofTokens: squares, padValue: 0)),
      "ratio.mean": .number(layout.paddedMean(ofTokens: policyLoss.ratios, padValue: 1)),
      "entropy.mean": rollout.meanEntropy.map { .number($0) } ?? .none,
    ]
  }

  private func padded(_ rows: [[Double]], with value: Double = 0) -> ExplainedValue {
    .rows(rows.map { $0 + [Double](repeating: value, count: layout.width - $0.count) })
  }
}

/// The first numbers of each row.
private func prefixes(_ rows: [[Double]], _ counts: [Int]) -> [[Double]] {
  zip(rows, counts).map { Array($0.prefix($1)) }
}

/// The exponentials that a trainer in single precision cannot hold, each named with its place.
func exponents(_ name: String, _ exponents: [[Double]]) -> [String] {
  let largest = log(Double(Float.greatestFiniteMagnitude))
  return exponents.enumerated().flatMap { i, row in
    row.enumerated().compactMap { j, exponent in
      guard exponent > largest else { return nil }
      return "\(name)[\(i)][\(j)] overflows single precision: exp(\(exponent)), "
        + "where exp(\(String(format: "%.2f", largest))) is the largest"
    }
  }
}

/// One quantity of an explanation, as a program reads it.
///
/// A number that is not finite is written as null, and the explanation names the overflow.
package enum ExplainedValue: Equatable, Sendable {
  /// A number.
  case number(Double)
  /// One number for each completion.
  case numbers([Double])
  /// One number for each place of each completion.
  case rows([[Double]])
  /// One whole number for each completion.
  case whole([Int])
  /// One whole number for each place of each completion.
  case wholeRows([[Int]])
  /// True or false for each place of each completion.
  case flags([[Bool]])
  /// A sentence.
  case text(String)
  /// Sentences.
  case texts([String])
  /// Quantities under their names.
  case members([String: ExplainedValue])
  /// What the input does not say.
  case none

  /// The quantity under a name.
  package subscript(name: String) -> ExplainedValue? {
    if case .members(let members) = self { members[name] } else { nil }
  }

  /// All numbers in it, one after another; none of what is no number.
  package var flattened: [Double] {
    switch self {
    case .number(let value): [value]
    case .numbers(let values): values
    case .rows(let rows): rows.flatMap { $0 }
    case .whole(let values): values.map { Double($0) }
    case .wholeRows(let rows): rows.joined().map { Double($0) }
    case .flags(let rows): rows.joined().map { $0 ? 1 : 0 }
    case .text, .texts, .members, .none: []
    }
  }
}

extension ExplainedValue: Encodable {
  /// Writes the value as plain JSON.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .number(let value): try container.encode(NumberOrNull(value))
    case .numbers(let values): try container.encode(values.map { NumberOrNull($0) })
    case .rows(let rows): try container.encode(rows.map { $0.map { NumberOrNull($0) } })
    case .whole(let values): try container.encode(values)
    case .wholeRows(let rows): try container.encode(rows)
    case .flags(let rows): try container.encode(rows)
    case .text(let text): try container.encode(text)
    case .texts(let texts): try container.encode(texts)
    case .members(let members): try container.encode(members)
    case .none: try container.encodeNil()
    }
  }
}
