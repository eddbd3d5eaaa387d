import PPO

/// Every step of TRL's PPO on a batch of rollouts: what `tandem explain ppo` prints.
///
/// The formulas are those of the trainer (module PPO), in double precision; TRL computes in single
/// precision. Rows are padded to one width as TRL's tensors are: where its masks are true, numbers
/// are what TRL leaves there.
public struct PPOExplanation: Encodable, Equatable, Sendable {
  /// The version of this layout.
  public static let schema = "tandem.explain.ppo/1"
  /// The quantities that a case of the fixtures has, under its keys.
  public static let keys = [
    "padding_mask", "padding_mask_p1", "kl", "rewards", "actual_end", "advantages", "returns",
    "values", "scores", "objective/kl", "objective/non_score_reward", "objective/rlhf_reward",
    "objective/entropy_masked(1.12)", "objective/entropy_unmasked(<=1.9)", "vf_loss",
    "vf_clipfrac", "pg_loss", "loss", "pg_clipfrac", "approxkl", "ratio.mean", "entropy.mean",
  ]

  /// The quantities of each case; a single one has no name.
  public let cases: [(name: String?, quantities: [String: ExplainedValue])]

  /// Computes every quantity for every case.
  public init(of rollout: PPORollout) {
    cases = rollout.cases.map { one in
      var quantities = PPOSteps(rollout, one.options).quantities
      if !one.expected.isEmpty {
        quantities["differences"] = differences(quantities, from: one.expected)
      }
      return (one.name, quantities)
    }
  }

  /// Equal if all quantities are.
  public static func == (left: PPOExplanation, right: PPOExplanation) -> Bool {
    left.document == right.document
  }

  /// The quantities as one JSON object, with those of named cases under `cases`.
  public var document: ExplainedValue {
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
  public func encode(to encoder: any Encoder) throws { try document.encode(to: encoder) }
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
