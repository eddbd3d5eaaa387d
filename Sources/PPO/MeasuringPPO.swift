import LanguageModel
import Optimizers

/// What the minibatches of an iteration showed, and how many of them moved the models.
struct UpdateLog {
  var minibatches: [MinibatchStatistics] = []
  var steps = 0
}

extension PPOTrainer {
  /// The metrics of an iteration so far.
  func metrics(
    _ rollouts: Rollouts, _ targets: PPOTargets<Float>, _ log: UpdateLog, iteration: Int
  ) -> PPOMetrics {
    PPOMetrics(
      objective: ObjectiveMetrics(rollouts, targets, klCoefficient: klCoefficient.value),
      values: ValueMetrics(targets, rollouts.layout, baseline.resolution),
      update: UpdateMetrics(log),
      learningRate: configuration.policySchedule.rate(at: iteration), episode: episodes,
      cost: cost)
  }
}

extension ObjectiveMetrics {
  init(_ rollouts: Rollouts, _ targets: PPOTargets<Float>, klCoefficient: Double) {
    let kl = Moments(targets.completionKLs).mean
    let scores = Moments(targets.scores)
    let endCount = rollouts.hasEnded.count { $0 }
    self.init(
      kl: kl, klK1: rollouts.meanKL(.k1), klK3: rollouts.meanKL(.k3),
      entropy: Moments(rollouts.logProbabilities.map { -$0.reduce(0, +) }).mean,
      nonScoreReward: -klCoefficient * kl, rlhfReward: scores.mean - klCoefficient * kl,
      scores: scores.mean, scoreDeviation: scores.standardDeviation, klCoefficient: klCoefficient,
      length: Moments(rollouts.layout.tokenCounts.map { Double($0) }).mean,
      endRate: Double(endCount) / Double(rollouts.hasEnded.count), endCount: rollouts.endTokens)
  }
}

extension Rollouts {
  /// The mean over rollouts of an estimator's sum over tokens.
  func meanKL(_ estimator: KLEstimator) -> Double {
    let completions = zip(logProbabilities, referenceLogProbabilities).map {
      estimator(policy: $0, reference: $1).reduce(0, +)
    }
    return Moments(completions).mean
  }
}

extension ValueMetrics {
  init(
    _ targets: PPOTargets<Float>, _ layout: CompletionLayout, _ resolution: BaselineResolution
  ) {
    func numbers(_ rows: [[Float]]) -> [Float] {
      resolution == .token ? rows.flatMap { $0 } : rows.compactMap(\.first)
    }
    let (allValues, allReturns) = (numbers(targets.values), numbers(targets.returns))
    let tokenAdvantages = zip(targets.advantages, layout.tokenCounts).flatMap { $0.prefix($1) }
    let (values, returns) = (Moments(allValues), Moments(allReturns))
    let advantages = Moments(tokenAdvantages)
    self.init(
      resolution: resolution,
      explainedVariance: PPO.explainedVariance(returns: allReturns, values: allValues),
      mean: values.mean, deviation: values.standardDeviation, returnMean: returns.mean,
      returnDeviation: returns.standardDeviation, advantageMean: advantages.mean,
      advantageDeviation: advantages.standardDeviation)
  }
}

extension UpdateMetrics {
  init(_ log: UpdateLog) {
    let all = log.minibatches
    func mean(_ value: (MinibatchStatistics) -> Double) -> Double { Moments(all.map(value)).mean }
    func valueMean(_ value: (ValueStatistics) -> Double) -> Double? {
      let known = all.compactMap(\.value)
      return known.isEmpty ? nil : Moments(known.map(value)).mean
    }
    let ratios = all.flatMap(\.policyLoss.ratios)
    self.init(
      approximateKL: mean { Double($0.policyLoss.approximateKL) },
      clippedFraction: mean { Double($0.policyLoss.clippedFraction) },
      entropy: mean(\.entropy),
      policyLoss: mean { Double($0.policyLoss.loss) },
      klLoss: all.compactMap(\.klLoss).isEmpty ? nil : mean { $0.klLoss ?? 0 },
      valueLoss: valueMean { Double($0.loss.loss) },
      valueClippedFraction: valueMean { Double($0.loss.clippedFraction) },
      ratio: mean(\.meanRatio),
      ratioVariance: Moments(all.map(\.meanRatio)).variance,
      ratioMinimum: Double(ratios.min() ?? 1), ratioMaximum: Double(ratios.max() ?? 1),
      gradientNorm: mean(\.gradientNorm),
      gradientNormMaximum: all.map(\.gradientNorm).max() ?? 0,
      valueGradientNorm: valueMean(\.gradientNorm),
      gradientPower: mean(\.noise.gradientPower),
      covarianceTrace: mean(\.noise.covarianceTrace),
      steps: log.steps)
  }
}
