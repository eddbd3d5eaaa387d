import Autograd
package import LanguageModel
package import Optimizers
import RealModule
import TensorKernels
package import Training

/// How a policy is led to the optimum by the exact gradient.
package struct ExactAscentConfiguration: Codable, Equatable, Sendable {
  /// Updates, each along the gradient over all prompts and completions.
  package var maximumSteps = 300
  /// Peak learning rate; it falls to zero along half a cosine.
  package var learningRate = 2e-3

  /// The documented defaults.
  package init() {}

  /// The names of the settings.
  package enum CodingKeys: String, CodingKey, CaseIterable {
    case maximumSteps = "max_steps"
    case learningRate = "learning_rate"
  }

  /// Throws the first constraint that the values break.
  package func validate() throws(ConfigurationError) {
    guard maximumSteps >= 1 else {
      throw .outOfRange("max_steps", "\(maximumSteps)", allowed: "n ≥ 1")
    }
    guard learningRate > 0, learningRate.isFinite else {
      throw .outOfRange("learning_rate", "\(learningRate)", allowed: "0 < rate < ∞")
    }
  }

  /// The learning rate of every step.
  package var schedule: LearningRateSchedule {
    LearningRateSchedule(
      peak: learningRate, warmupSteps: 0, totalSteps: maximumSteps, decay: .cosine)
  }
}

/// Leads a policy up the exact gradient of the objective: what a trainer without noise would do.
///
///     ∇J = E_x Σ_y q(y|x)·(R(x, y) − V^q(x))·∇ log q(y|x)
///
/// The sum is over all completions, in one pass over the branches of their tree for each prompt;
/// AdamW takes the steps. It is no way of learning from preferences, for it reads the true reward
/// of every completion: it shows where the others are going, and how near they can come.
///
/// - Parameters:
///   - policy: The policy; after a divergence, as it was before the update that failed.
///   - goal: Prompts, completions and their objectives.
///   - configuration: Steps and learning rate.
///   - observe: Called with step 0 before the first update and after each one, with the policy as
///     it is then, the value J before the update, and the gradient's norm.
/// - Returns: Whether every update was made.
package func ascendExactly(
  _ policy: inout Transformer<Float>, towards goal: EnumeratedObjectives,
  configuration: ExactAscentConfiguration,
  observe: (Int, borrowing Transformer<Float>, _ value: Double, _ norm: Double) throws -> Void
) rethrows -> TrainingOutcome {
  let workers = ShardWorkers<Float>()
  var optimizer = AdamW<Float>()
  for step in 1...configuration.maximumSteps {
    let (gradient, values) = shardedGradient(
      of: policy.parameters, shards: goal.prompts.count, on: workers
    ) { [policy] x, recorded in
      let edges = goal.completions.edgeLogProbabilities(
        of: policy, recorded, after: goal.prompts[x], on: recorded.tape)
      let (pulls, value) = goal.pulls(onEdges: edges.values.map { Double($0) }, ofPrompt: x)
      return (
        (recorded.tape.column(pulls.map { Float($0) }) * edges).sum(), goal.frequencies[x] * value
      )
    }
    let value = values.reduce(0, +)
    let norm = gradient.total.squaredNorm.squareRoot()
    guard value.isFinite, norm.isFinite else { return .diverged(step: step) }
    if step == 1 { try observe(0, policy, value, norm) }
    optimizer.update(
      &policy.parameters, along: gradient.total,
      learningRate: configuration.schedule.rate(at: step - 1))
    workers.recycleBuffers(of: gradient.total)
    try observe(step, policy, value, norm)
  }
  return .completed
}

extension EnumeratedObjectives {
  /// The derivative of −J with respect to the log-probability of each edge, and J of the prompt.
  ///
  /// Only the part through log q counts: Σ q·∇R = −β·Σ q·∇ log q = 0.
  fileprivate func pulls(
    onEdges edges: [Double], ofPrompt x: Int
  ) -> (pulls: [Double], value: Double) {
    let logPolicy = normalized(completions.logProbabilities(ofEdges: edges))
    let objective = objectives[x]
    let value = objective.value(of: logPolicy)
    var pulls = [Double](repeating: 0, count: edges.count)
    for (y, path) in completions.paths.enumerated() {
      let logRatio = logPolicy[y] - objective.logReference[y]
      let advantage = objective.rewards[y] - objective.beta * logRatio - value
      for edge in path { pulls[edge] -= frequencies[x] * .exp(logPolicy[y]) * advantage }
    }
    return (pulls, value)
  }
}
