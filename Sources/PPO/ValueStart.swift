import Autograd
public import Datasets
public import LanguageModel
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
