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
extension PPOConfiguration: DefaultedSettings {}
extension DPOConfiguration: DefaultedSettings {}
extension OnlineDPOConfiguration: DefaultedSettings {}
