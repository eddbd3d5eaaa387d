public import DPO
public import PPO
public import RewardModeling
public import SupervisedFineTuning
public import Tasks

// Every trainer documents a default for each of its settings.
extension TaskConfiguration: DefaultedSettings {
  /// The default task with its defaults.
  public init() { self.init(name: .aspectReviews) }
}
extension SFTConfiguration: DefaultedSettings {}
extension RewardConfiguration: DefaultedSettings {}
extension PPOConfiguration: PresetSettings {
  /// The names of all settings.
  static var keys: [String] { CodingKeys.allCases.map(\.rawValue) }

  /// The defaults of an algorithm and a dialect; nil if neither is named, or one is misspelt.
  init?(preset written: (_ key: String) -> String?) {
    let algorithm = written(CodingKeys.algorithm.rawValue)
    let dialect = written(CodingKeys.dialect.rawValue)
    guard algorithm != nil || dialect != nil,
      let algorithm = PolicyOptimizer(rawValue: algorithm ?? PolicyOptimizer.ppo.rawValue),
      let dialect = PPODialect(rawValue: dialect ?? PPODialect.tandem.rawValue)
    else { return nil }
    self.init(algorithm: algorithm, dialect: dialect)
  }
}
extension DPOConfiguration: DefaultedSettings {}
extension OnlineDPOConfiguration: DefaultedSettings {}
