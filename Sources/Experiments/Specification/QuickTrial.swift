import DPO
import Evaluation
import LanguageModel
import PPO
import RewardModeling
import SupervisedFineTuning

extension ExperimentSpecification {
  /// The same experiment in a minute: a trial of the machinery, not a result.
  ///
  /// - Parameter steps: Updates of every training, or nearly so.
  /// - Returns: The small experiment.
  public func quickTrial(steps: Int = 8) -> ExperimentSpecification {
    var trial = self
    trial.title = (title.isEmpty ? name : title) + " (quick trial)"
    trial.seeds = SeedList(Array(seeds.values.prefix(2)))
    if model.checkpoint == nil {
      trial.model = ModelSpecification(.tiny)
      trial.model.maximumLength = model.maximumLength
    }
    let batch = 16
    trial.data.demonstrations = 4 * batch
    trial.data.pairs = steps * batch
    trial.data.testPairs = 4 * batch
    trial.sft.maximumSteps = 10 * steps
    trial.sft.batchSize = batch
    (trial.reward.batchSize, trial.reward.epochs) = (batch, 1)
    trial.arms = arms.map { $0.quickTrial(steps: steps, batch: batch) }
    trial.evaluation.prompts = 2 * batch
    trial.evaluation.checkpoints = 2
    trial.evaluation.samples = min(evaluation.samples, 2)
    return trial
  }
}

extension ArmSpecification {
  fileprivate func quickTrial(steps: Int, batch: Int) -> ArmSpecification {
    var trial = self
    switch method {
    case .dpo(var settings):
      (settings.batchSize, settings.epochs, settings.probePairs) = (batch, 1, 4)
      settings.online?.rounds = max(1, steps / 2)
      settings.online?.promptsPerRound = 2 * batch
      trial.method = .dpo(settings)
    case .ppo(var settings, let reward):
      (settings.minibatches, settings.gradientShards) = (2, 4)
      let prompts = max(2 * batch / settings.completionsPerPrompt, 2 * 4)
      settings.iterations = steps
      settings.rolloutsPerIteration = (prompts + prompts % 2) * settings.completionsPerPrompt
      settings.epochs = min(settings.epochs, 2)
      trial.method = .ppo(settings, reward: reward)
    case .bestOfN(var settings):
      settings.n = settings.n.filter { $0 <= 4 }
      if settings.n.isEmpty { settings.n = [1] }
      trial.method = .bestOfN(settings)
    case .exactAscent(var settings):
      settings.maximumSteps = steps
      trial.method = .exactAscent(settings)
    }
    return trial
  }
}
