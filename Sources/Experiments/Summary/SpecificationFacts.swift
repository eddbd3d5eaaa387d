/// What a report says of an experiment besides its numbers.
public struct SpecificationFacts: Sendable, Codable {
  /// The name of the experiment's folder, such as `reward-curves`.
  public var question: String
  /// The headline.
  public var title: String
  /// What was expected before the run.
  public var expectation: String
  /// The task's name.
  public var task: String
  /// The model preset's name.
  public var model: String
  /// The number of the policy's parameters.
  public var parameterCount: Int
  /// The seeds, in order.
  public var seeds: [Int]
  /// The one β of both pipelines.
  public var beta: Double
  /// The arms, in the order of the specification.
  public var arms: [ArmFacts]
  /// The command that makes the results.
  public var command: String

  /// The facts of one experiment.
  public init(
    question: String, title: String, expectation: String, task: String, model: String,
    parameterCount: Int, seeds: [Int], beta: Double, arms: [ArmFacts], command: String
  ) {
    (self.question, self.title, self.expectation) = (question, title, expectation)
    (self.task, self.model, self.parameterCount) = (task, model, parameterCount)
    (self.seeds, self.beta, self.arms, self.command) = (seeds, beta, arms, command)
  }
}

/// One arm of an experiment as a report names it.
public struct ArmFacts: Sendable, Codable {
  /// The arm's name, such as `PPO-GT`.
  public var name: String
  /// The method: `ppo`, `dpo` or `best-of-n`.
  public var method: String
  /// The settings that differ from the defaults, as a reader would write them.
  public var settings: String

  /// One arm.
  public init(name: String, method: String, settings: String) {
    (self.name, self.method, self.settings) = (name, method, settings)
  }
}
