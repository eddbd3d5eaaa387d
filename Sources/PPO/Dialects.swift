import Optimizers

/// The policy optimisers, all of them special cases of one update: the defaults that make PPO of
/// this module REINFORCE, RLOO or GRPO.
///
/// | | baseline | completions a prompt | KL | ratio | loss |
/// |---|---|---|---|---|---|
/// | `ppo` | learned value, whitened | 1 | reward, k1 | token | token mean |
/// | `reinforce` | mean of the batch | 1 | reward, k1 | always 1 | completion sum |
/// | `rloo` | mean of the others | 4 | reward, k1 | completion | completion sum |
/// | `grpo` | mean of the prompt, ÷ its deviation | 8 | loss, k3 | token | completion mean |
///
/// All but PPO take one step for each batch of rollouts, so that their ratios are one and nothing is
/// clipped; more epochs or minibatches make them off-policy. Only REINFORCE without a baseline and
/// RLOO are unbiased. What one number for a completion costs or saves shows against PPO on the same
/// rollouts: the first ones of a seed are the same in all four.
public enum PolicyOptimizer: String, Codable, Sendable, CaseIterable {
  /// Proximal policy optimisation, Schulman (2017), with the penalty of Ziegler (2019).
  case ppo
  /// The policy gradient of Williams (1992) with the batch's mean return as reinforcement baseline.
  case reinforce
  /// REINFORCE leave-one-out, Kool (2019), Ahmadian (2024), as TRL 1.16 has it.
  case rloo
  /// Group relative policy optimisation, Shao (2024), equation 3.
  case grpo
}

/// The trainers whose details a configuration can start from; keys that are written win.
///
/// Sizes (rollouts, iterations, lengths) and learning rates stay ours in all of them, for theirs
/// belong to models of a billion parameters; so does the number of shards.
public enum PPODialect: String, Codable, Sendable, CaseIterable {
  /// Ours: TRL's formulas; the defaults are those of ``PPOConfiguration``.
  case tandem
  /// TRL 1.12.0 (`trl/experimental/ppo`): temperature 0.7, β 0.05, four epochs of one minibatch, value
  /// from the reward model, no gradient clipping.
  case trl
  /// lm-human-preferences (Ziegler 2019): adaptive β from 0.15 to a KL of 6 over 10,000 rollouts,
  /// temperature 0.7, rewards whitened, advantages whitened with n in each minibatch, a value head
  /// on the policy's trunk, score on the last token, −1 without an end, Adam's ε before the correction.
  ///
  /// Its completions all fill the width; ours end with their end token.
  case openAI2019 = "openai-2019"
  /// Ouyang (2022), appendix C: β 0.02, one epoch of eight minibatches, value from the reward model,
  /// ten iterations of warm-up to a constant rate. λ is not reported; it stays 0.95.
  case instructGPT = "instructgpt"
  /// Huang (2024), the N+ details of summarize-from-feedback: as TRL, with −1 in the place of the
  /// score without an end, and Adam's ε of 1e-5.
  case summarizeFromFeedback = "summarize-from-feedback"
}

extension PPOConfiguration {
  /// The defaults of an optimiser in a dialect.
  public init(algorithm: PolicyOptimizer, dialect: PPODialect = .tandem) {
    self.init()
    (self.algorithm, self.dialect) = (algorithm, dialect)
    switch dialect {
    case .tandem: break
    case .trl: followTRL()
    case .openAI2019: followZiegler()
    case .instructGPT: followInstructGPT()
    case .summarizeFromFeedback:
      followTRL()
      (missingEndPenalty, missingEndRule, adamEpsilon) = (1, .set, 1e-5)
    }
    // What an optimiser is made of wins over how a trainer of PPO does things.
    switch algorithm {
    case .ppo: break
    case .reinforce: weighCompletions(by: .batchMean, completions: 1)
    case .rloo:
      weighCompletions(by: .leaveOneOut, completions: 4)
      ratioLevel = .sequence
    case .grpo:
      weighCompletions(by: .groupMean, completions: 8)
      (klPlacement, klEstimator) = (.loss, .k3)
      (advantageScale, lossReduction) = (.group, .completionMean)
    }
  }

  private mutating func weighCompletions(by baseline: BaselineKind, completions: Int) {
    (self.baseline, completionsPerPrompt) = (baseline, completions)
    (whitensAdvantages, whitensRewards) = (false, false)
    (epochs, minibatches) = (1, 1)
    (valueStart, valueTrunk) = (.zeroHead, .separate)
  }

  private mutating func followTRL() {
    (temperature, klPenalty) = (0.7, 0.05)
    (epochs, minibatches) = (4, 1)
    valueStart = .rewardModel
    maximumGradientNorm = Self.unclippedNorm
  }

  private mutating func followZiegler() {
    (temperature, klPenalty, klControl) = (0.7, 0.15, .adaptive)
    (klTarget, klHorizon) = (6, 10_000)
    (missingEndPenalty, missingEndRule, scorePosition) = (1, .set, .lastToken)
    (whitensRewards, whiteningScope, whiteningVariance) = (true, .minibatch, .population)
    (epochs, minibatches) = (4, 1)
    valueTrunk = .shared
    (adamEpsilon, adamEpsilonPlacement) = (1e-5, .beforeCorrection)
    maximumGradientNorm = Self.unclippedNorm
  }

  private mutating func followInstructGPT() {
    klPenalty = 0.02
    (epochs, minibatches) = (1, 8)
    valueStart = .rewardModel
    (warmupSteps, learningRateDecay) = (10, .constant)
  }

  /// A gradient norm that nothing reaches: trainers that do not clip.
  static let unclippedNorm = 1e9
}
