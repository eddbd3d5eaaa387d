public import RewardModeling
public import SupervisedFineTuning
public import Tasks

/// An experiment as data: everything that decides its results.
public struct ExperimentSpecification: Codable, Equatable, Sendable, DefaultedSettings {
  /// The name of the experiment's folder.
  public var name = ""
  /// The headline of the report.
  public var title = ""
  /// The question that it answers.
  public var question = ""
  /// What was expected before it ran.
  public var expectation = ""
  /// Where prompts and gold rewards come from.
  public var task = TaskConfiguration()
  /// The policy's size.
  public var model = ModelSpecification()
  /// The seeds; each draws its own data, reference, reward model and rollouts.
  public var seeds = SeedList([1, 2, 3, 4, 5, 6])
  /// Whether all seeds start from the reference of the first seed.
  public var sharesReference = false
  /// What every seed draws before it learns.
  public var data = DataSpecification()
  /// The strength β of the pull towards the reference, one for both pipelines.
  public var beta = 0.1
  /// Whether arms must optimise the one objective E[r] − β·KL, so that their curves compare.
  public var sharesObjective = true
  /// How the reference is trained.
  public var sft = SFTConfiguration()
  /// How the reward model is trained.
  public var reward = RewardConfiguration()
  /// The ways of learning that are compared.
  public var arms: [ArmSpecification] = []
  /// How every policy is judged.
  public var evaluation = EvaluationSpecification()

  /// The names of the settings.
  public enum CodingKeys: String, CodingKey, CaseIterable {
    case name, title, question, expectation, task, model, seeds
    case sharesReference = "share_sft"
    case data, beta
    case sharesObjective = "same_objective"
    case sft, reward, arms, evaluation
  }

  /// The documented defaults, without any arm.
  public init() {}

  /// Whether some arm reads a trained reward model.
  public var needsRewardModel: Bool { arms.contains { $0.method.needsRewardModel } }

  /// The seed whose reference a seed starts from.
  public func referenceSeed(of seed: Int) -> Int {
    sharesReference ? seeds.values.first ?? seed : seed
  }
}
