public import Datasets
public import Training

/// Who labels the pairs that a policy samples.
public enum OnlineJudge: String, Codable, Sendable, CaseIterable {
  /// The gold reward; every pair is a label that is bought.
  case gold
  /// The reward model that was trained on the data set's pairs.
  case reward
  /// The policy's own implicit reward β·log π/π₀ against the first reference.
  case policy = "self"
}

/// What happens to the reference between two rounds.
public enum OnlineReference: String, Codable, Sendable, CaseIterable {
  /// It stays the policy that training started from.
  case fixed
  /// It becomes the policy at the start of the round.
  case refreshed
}

/// Rounds of sampling, labelling and learning: online DPO with many small ones, Guo (2024),
/// iterative DPO with few large ones, Xu (2023).
///
/// A round draws two completions of each of its prompts from the policy, lets a judge label them and
/// makes `num_train_epochs` passes over the pairs.
public struct OnlineDPOConfiguration: SettingsTable {
  /// How many rounds.
  public var rounds = 4
  /// Prompts a round, two completions each.
  public var promptsPerRound = 512
  /// Who labels the pairs.
  public var judge = OnlineJudge.gold
  /// Whether labels are drawn with the judge's preference probability or its favourite wins.
  ///
  /// Soft self-labels leave the expected gradient at zero; hard ones sharpen the policy.
  public var labels = LabelMode.sampled
  /// What happens to the reference between two rounds.
  public var reference = OnlineReference.fixed
  /// The sampling temperature.
  public var temperature = 1.0

  /// The defaults.
  public init() {}

  /// The table of the settings, none of which is TRL's.
  public static let settings: [Setting<Self>] = [
    Setting("rounds", \.rounds, .atLeast(1), "Rounds of sampling and learning.", trl: .absent),
    Setting(
      "prompts_per_round", \.promptsPerRound, .atLeast(1),
      "Prompts per round, with two completions each.", trl: .absent),
    Setting("judge", \.judge, .choice, "Who labels the pairs.", trl: .absent),
    Setting(
      "labels", \.labels, .choice,
      "Whether labels are drawn with the judge's preference probability or its favourite wins.",
      trl: .absent),
    Setting(
      "reference", \.reference, .choice, "What happens to the reference between two rounds.",
      trl: .absent),
    Setting("temperature", \.temperature, .positive, "The sampling temperature."),
  ]
}
