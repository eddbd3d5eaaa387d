import LanguageModel
import Optimizers
import Training

extension PPOConfiguration {
  /// Throws if the settings are impossible, alone or with this model and these prompts.
  func validate(
    for model: ModelConfiguration, prompts: [[Int]]
  ) throws(ConfigurationError) {
    try validate()
    guard let longest = prompts.map(\.count).max(), prompts.allSatisfy({ !$0.isEmpty }) else {
      throw .contradiction("PPO needs prompts, each of at least one token")
    }
    guard longest + responseLength <= model.maximumLength else {
      throw .contradiction(
        "a prompt of \(longest) tokens and a '\(CodingKeys.responseLength.rawValue)' of "
          + "\(responseLength) exceed the model's \(model.maximumLength) positions")
    }
  }

  /// The policy's learning rate of every iteration; TRL's scheduler also steps once per iteration.
  var policySchedule: LearningRateSchedule { schedule(peak: learningRate) }

  /// The value model's learning rate of every iteration.
  var valueSchedule: LearningRateSchedule { schedule(peak: valueLearningRate ?? learningRate) }

  /// Whether a minibatch shows that the policy has moved further than `targetKL` allows.
  func leavesTrustRegion(_ minibatch: MinibatchStatistics) -> Bool {
    guard let targetKL else { return false }
    return Double(minibatch.policyLoss.approximateKL) > targetKL
  }

  /// Whether a minibatch's mean ratio is beyond `ratioThreshold`.
  func isRatioSpike(_ minibatch: MinibatchStatistics) -> Bool {
    guard let ratioThreshold else { return false }
    return minibatch.meanRatio > ratioThreshold
  }

  private func schedule(peak: Double) -> LearningRateSchedule {
    let steps = warmupSteps < 1 ? warmupSteps * Double(iterations) : warmupSteps
    let warmup = min(steps, Double(iterations))
    return LearningRateSchedule(
      peak: peak, warmupSteps: Int(warmup.rounded()), totalSteps: iterations,
      decay: learningRateDecay)
  }
}
