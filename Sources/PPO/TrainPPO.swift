public import Datasets
public import LanguageModel
public import TensorKernels
public import Training

/// What a PPO training shows of its models.
public struct PPOModels: Sendable {
  /// The policy.
  public let policy: Transformer<Float>
  /// The value model, where the baseline is the learned value.
  public let value: ScalarModel<Float>?
}

/// Trains a policy by proximal policy optimisation against a reward, Schulman (2017) with the KL
/// penalty of Ziegler (2019), in the dialect of TRL's `PPOTrainer`.
///
/// The observer is called with step 0 before the first update and with step k after iteration k.
/// Step 0 shows the first rollouts and the losses of their first minibatch: if the policy is the
/// reference, its KL is exactly zero, and its ratios are exactly one. The `objective` of step k is
/// that of the rollouts that iteration k learnt from, hence of the policy before it.
///
/// REINFORCE, RLOO and GRPO are the same loop with other settings (``PolicyOptimizer``).
///
/// With the learned value, which is PPO's own baseline, a value model is trained beside the policy.
/// With any other baseline it is neither read nor trained and costs nothing: every token of a
/// completion has the advantage R − b, and the loss is a mean over completions, which makes the
/// first update the estimator (R − b)·∇log π of Williams (1992).
///
/// - Parameters:
///   - policy: The policy to train.
///   - value: The value model to train beside it; usually its backbone with a zero head.
///   - reference: The policy π₀ that the KL is measured to.
///   - reward: Scores whole completions, learned or known.
///   - rewardModels: The architectures that `reward` reads each rollout with, to count their cost:
///     one for a reward model, one a member for an ensemble, none for a reward that runs no model.
///   - baseline: What is subtracted from returns; nil for the one that the configuration names,
///     where rollouts alone decide it.
///   - prompts: Where rollouts start; passes over all of them in seeded orders.
///   - endToken: The token that ends a completion.
///   - configuration: All settings.
///   - seed: Decides prompts, rollouts and minibatches.
///   - workers: Threads that share sampling and gradients; the result does not depend on them.
///   - observe: Sees every step; may throw to end the training.
/// - Returns: `.diverged(step:)` with the number of complete iterations if a reward, loss or
///   gradient is not finite; the models are then those before the update that failed.
/// - Throws: `ConfigurationError` before anything is sampled, and whatever `reward` or `observe`
///   throws; the models are then as the last update left them.
public func trainPPO(
  _ policy: inout Transformer<Float>, value: inout ScalarModel<Float>,
  reference: Transformer<Float>, reward: some RewardFunction,
  rewardModels: [ModelConfiguration] = [], baseline: (any Baseline)? = nil, prompts: [[Int]],
  endToken: Int, configuration: PPOConfiguration, seed: Seed, workers: Int = 1,
  observe: (Int, borrowing PPOModels, PPOMetrics) throws -> Void
) throws -> TrainingOutcome {
  try configuration.validate(for: policy.configuration, prompts: prompts)
  var trainer = PPOTrainer(
    policy: policy, value: value, reference: reference,
    baseline: try baseline ?? configuration.rolloutBaseline(), configuration: configuration,
    seed: seed, workers: workers)
  defer { (policy, value) = (trainer.policy, trainer.value) }
  let order = PromptOrder(prompts, configuration, seed: seed)

  for iteration in 0..<configuration.iterations {
    let plan = MinibatchPlan(configuration, seed: seed, iteration: iteration)
    let rollouts = try trainer.collectRollouts(
      from: order.prompts(ofIteration: iteration), endToken: endToken, reward: reward,
      rewardModels: rewardModels, minibatches: plan.firstEpoch, iteration: iteration)
    guard rollouts.isFinite else { return .diverged(step: iteration) }
    let targets = try trainer.targets(of: rollouts)
    var log = UpdateLog()
    let stepsBefore = trainer.optimizerSteps
    for minibatch in plan.epochs.joined() {
      let update = trainer.update(on: minibatch, of: rollouts, towards: targets)
      defer { trainer.reuse(update) }
      guard update.statistics.isFinite else { return .diverged(step: iteration) }
      log.minibatches.append(update.statistics)
      if iteration == 0, log.minibatches.count == 1 {
        try observe(0, trainer.models, trainer.metrics(rollouts, targets, log, iteration: 0))
      }
      if configuration.leavesTrustRegion(update.statistics) { break }
      if configuration.isRatioSpike(update.statistics) { continue }
      trainer.follow(update, iteration: iteration)
      log.steps += 1
    }
    let metrics = trainer.metrics(rollouts, targets, log, iteration: iteration)
    trainer.klCoefficient.adapt(
      toKL: metrics.objective.kl, over: configuration.rolloutsPerIteration)
    trainer.moveReference(stepsBefore: stepsBefore)
    try observe(iteration + 1, trainer.models, metrics)
  }
  return .completed
}
