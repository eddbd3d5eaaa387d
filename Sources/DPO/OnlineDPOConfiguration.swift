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
public struct OnlineDPOConfiguration: Codable, Equatable, Sendable {
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

  /// The names of the settings in a specification.
  public enum CodingKeys: String, CodingKey, CaseIterable {
    case rounds
    case promptsPerRound = "prompts_per_round"
    case judge, labels, reference, temperature
  }

  /// The defaults.
  public init() {}

  /// Reads the settings that are present over the defaults.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func read<Value: Decodable>(_ value: inout Value, _ key: CodingKeys) throws {
      value = try container.decodeIfPresent(Value.self, forKey: key) ?? value
    }
    try read(&rounds, .rounds)
    try read(&promptsPerRound, .promptsPerRound)
    try read(&judge, .judge)
    try read(&labels, .labels)
    try read(&reference, .reference)
    try read(&temperature, .temperature)
  }

  /// Throws the first constraint that the values break.
  public func validate() throws(ConfigurationError) {
    guard rounds > 0 else { throw .outOfRange("rounds", "\(rounds)", allowed: "1 or more") }
    guard promptsPerRound > 0 else {
      throw .outOfRange("prompts_per_round", "\(promptsPerRound)", allowed: "1 or more")
    }
    guard temperature > 0, temperature.isFinite else {
      throw .outOfRange("temperature", "\(temperature)", allowed: "a number above 0")
    }
  }
}
