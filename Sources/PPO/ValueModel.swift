import Autograd
public import Datasets
public import LanguageModel
import Optimizers
public import TensorKernels
public import Training

/// What the value model starts as.
public enum ValueStart: String, Codable, Sendable, CaseIterable {
  /// The policy's backbone with a zero head: every state is worth nothing yet; Ziegler's code.
  case zeroHead = "zero-head"
  /// The policy's backbone with a head drawn as a reward model's, N(0, 1/(d + 1)); legacy TRL's is random, too.
  case randomHead = "random-head"
  /// The reward model, head included: Stiennon (2020), Ouyang (2022), detail 22 of Huang (2024).
  case rewardModel = "reward-model"
}

/// Where the value model's backbone is.
public enum ValueTrunk: String, Codable, Sendable, CaseIterable {
  /// A model of its own with an optimiser of its own: TRL since 0.12.
  case separate
  /// The policy's backbone, which both losses move with one optimiser: legacy TRL, trlx, Ziegler's code.
  case shared
  /// The policy's backbone, which the value loss does not move: oxRL.
  case detached
}

extension PPOConfiguration {
  /// The value model that the configuration starts from.
  ///
  /// - Parameters:
  ///   - backbone: The policy that training starts from.
  ///   - rewardModel: The learned reward, where there is one.
  ///   - seed: Decides a random head.
  /// - Returns: The model before any update; on a shared trunk only its head counts.
  /// - Throws: `ConfigurationError.contradiction` if a reward model is wanted and there is none.
  public func initialValue(
    backbone: Transformer<Float>, rewardModel: ScalarModel<Float>?, seed: Seed
  ) throws(ConfigurationError) -> ScalarModel<Float> {
    switch valueStart {
    case .zeroHead: return ScalarModel(backbone: backbone)
    case .randomHead:
      var model = ScalarModel(backbone: backbone)
      var generator = seed.generator(for: "ppo.value-head")
      let deviation = 1 / Double(backbone.configuration.hiddenSize + 1).squareRoot()
      model.parameters[scoreName] = model.parameters[scoreName].map { _ in
        Float(deviation * generator.normal())
      }
      return model
    case .rewardModel:
      guard let rewardModel else {
        throw .contradiction(
          "'value_init: reward-model' needs a learned reward; write 'value_init: zero-head' or "
            + "leave out 'reward: gold'")
      }
      return rewardModel
    }
  }
}

/// The name of a scalar model's head.
let scoreName = "score.weight"

// MARK: A value head on the policy's backbone

extension PPOTrainer {
  /// Whether the value model has the policy's backbone.
  var sharesTrunk: Bool { trainsValue && configuration.valueTrunk != .separate }

  /// The policy's parameters, with the value head behind them where it is on their trunk.
  var trainedParameters: ParameterSet<Float> {
    guard sharesTrunk else { return policy.parameters }
    var joint = policy.parameters
    joint.append(
      scoreName, shape: value.parameters.shape(of: scoreName), values: value.parameters[scoreName])
    return joint
  }

  /// Takes an optimiser step on what ``trainedParameters`` lists.
  mutating func applyToPolicy(_ gradient: Gradient<Float>, learningRate: Double) {
    guard sharesTrunk else {
      policyOptimizer.update(&policy.parameters, along: gradient, learningRate: learningRate)
      return
    }
    var joint = trainedParameters
    policyOptimizer.update(&joint, along: gradient, learningRate: learningRate)
    for (position, name) in policy.parameters.names.enumerated() {
      policy.parameters.values[position] = joint[name]
    }
    followTrunk(head: joint[scoreName])
  }

  /// Makes the value model the policy's backbone with this head.
  mutating func followTrunk(head: [Float]) {
    value = ScalarModel(backbone: policy)
    value.parameters[scoreName] = head
  }

  /// The values at rows of the batch that was read, differentiable as far as the configuration says.
  func trunkValues(
    _ hidden: Tensor<Float>, _ recorded: RecordedParameters<Float>, rows: [Int]
  ) -> Tensor<Float> {
    let states = configuration.valueTrunk == .detached ? hidden.detached() : hidden
    return states.rows(rows).linear(recorded[scoreName])
  }
}
