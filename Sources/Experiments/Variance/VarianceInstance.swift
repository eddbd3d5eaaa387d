import Datasets
import Evaluation

/// A made-up prompt whose completions are listed, for exact numbers without any training.
struct VarianceInstance: Sendable {
  let objective: ExactObjective
  /// One feature vector a completion; scores are features less their mean.
  let features: [[Double]]

  /// 64 completions with 8 features; reference logits, features and rewards are standard normal.
  init(seed: Int) {
    var generator = Seed(UInt64(seed)).generator(for: "variance.instance")
    func normals(_ count: Int) -> [Double] { (0..<count).map { _ in generator.normal() } }
    let (logits, rewards) = (normals(Self.completions), normals(Self.completions))
    features = (0..<Self.completions).map { _ in normals(Self.featureCount) }
    objective = ExactObjective(
      logReference: normalized(logits), rewards: rewards, beta: 1)
  }

  private init(objective: ExactObjective, features: [[Double]]) {
    (self.objective, self.features) = (objective, features)
  }

  static let completions = 64
  static let featureCount = 8

  /// The same with every reward raised by a constant, which moves neither π* nor the gradient.
  func raised(by offset: Double) -> VarianceInstance {
    VarianceInstance(
      objective: ExactObjective(
        logReference: objective.logReference, rewards: objective.rewards.map { $0 + offset },
        beta: objective.beta),
      features: features)
  }

  /// The same with rewards whose mean under the reference is zero.
  var centred: VarianceInstance { raised(by: -objective.reward(of: objective.logReference)) }

  /// The standard deviation of the reward under the reference.
  var rewardDeviation: Double { gradient(at: 0).referenceVariance.squareRoot() }

  /// The log-linear policy that has the distribution q_t of the annealing path.
  func policy(at t: Double) -> ScoredPolicy {
    ScoredPolicy(
      base: AnnealingPath(objective: objective).logProbabilities(at: t), features: features,
      weights: [Double](repeating: 0, count: Self.featureCount))
  }

  /// The exact gradient at q_t.
  func gradient(at t: Double) -> ExactPolicyGradient {
    ExactPolicyGradient(policy: policy(at: t), objective: objective)
  }
}
