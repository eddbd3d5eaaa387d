import Optimizers

/// What the updates of an iteration did; means are over its minibatches.
///
/// What belongs to the value model is nil where the baseline is no learned value.
public struct UpdateMetrics: Codable, Sendable {
  /// Mean over minibatches of half the mean squared log-ratio of new to old policy over tokens.
  ///
  /// TRL divides by all B × T places, padding included, and so logs a smaller number.
  public var approximateKL: Double
  /// Mean over minibatches of the share of tokens whose clipped term exceeds the unclipped one.
  public var clippedFraction: Double
  /// Mean over minibatches of the entropy of the next-token distribution, over tokens.
  public var entropy: Double
  /// Mean over minibatches of the clipped policy loss, a mean over tokens.
  public var policyLoss: Double
  /// Mean over minibatches of the KL penalty in the loss, not weighed by β; nil where it is part of
  /// the rewards.
  public var klLoss: Double?
  /// Mean over minibatches of the clipped value loss, not weighted.
  public var valueLoss: Double?
  /// Mean over minibatches of the share of slots whose clipped error exceeds the unclipped one.
  public var valueClippedFraction: Double?
  /// Mean over minibatches of the mean probability ratio of their tokens.
  public var ratio: Double
  /// Variance over minibatches of that mean, Bessel-corrected; zero of a single minibatch.
  public var ratioVariance: Double
  /// The smallest and the largest ratio of any token in any minibatch.
  public var ratioMinimum, ratioMaximum: Double
  /// Norm of the policy's gradient before clipping: mean and largest over minibatches.
  public var gradientNorm, gradientNormMaximum: Double
  /// Norm of the value model's gradient before clipping, mean over minibatches.
  public var valueGradientNorm: Double?
  /// Unbiased |G|² of the policy's loss, mean over minibatches; McCandlish (2018), appendix A.1.
  public var gradientPower: Double
  /// Unbiased tr Σ of the policy's gradient per rollout, mean over minibatches; the same source.
  public var covarianceTrace: Double
  /// Optimiser steps taken; fewer than planned where a KL or ratio guard spoke.
  public var steps: Int

  var logged: [String: Double] {
    let ofPolicy = [
      "policy/approxkl_avg": approximateKL, "policy/clipfrac_avg": clippedFraction,
      "policy/entropy_avg": entropy, "loss/policy_avg": policyLoss, "val/ratio": ratio,
      "val/ratio_var": ratioVariance, "val/ratio_min": ratioMinimum, "val/ratio_max": ratioMaximum,
      "grad_norm": gradientNorm, "grad_norm/max": gradientNormMaximum,
      "noise/gradient_power": gradientPower, "noise/covariance_trace": covarianceTrace,
      "policy/updates": Double(steps),
    ]
    let others = [
      "loss/value_avg": valueLoss, "val/clipfrac_avg": valueClippedFraction,
      "grad_norm/value": valueGradientNorm, "loss/kl_avg": klLoss,
    ]
    return ofPolicy.merging(others.compactMapValues(\.self)) { $1 }
  }
}

/// What one minibatch showed, before its update.
struct MinibatchStatistics {
  let policy: PolicyLossReading<Float>
  let policyLoss: Double
  let entropy: Double
  /// The KL penalty of the loss, β not included; nil where it is part of the rewards.
  let klLoss: Double?
  /// The norm before clipping.
  let gradientNorm: Double
  let noise: GradientNoise
  /// The losses as the tape had them, of every shard.
  let shardLosses: [Float]
  /// Nil where no value model is trained.
  let value: ValueStatistics?

  /// Whether the losses and gradients are numbers at all; if not, the run has diverged.
  var isFinite: Bool {
    shardLosses.allSatisfy(\.isFinite) && gradientNorm.isFinite && value?.isFinite ?? true
  }

  var meanRatio: Double { Moments(policy.ratios).mean }
}

/// What one minibatch showed of the value model, before its update.
struct ValueStatistics {
  let loss: ValueLossReading<Float>
  /// The norm before clipping.
  let gradientNorm: Double
  let shardLosses: [Float]

  var isFinite: Bool { shardLosses.allSatisfy(\.isFinite) && gradientNorm.isFinite }
}

/// What the minibatches of an iteration showed, and how many of them moved the models.
struct UpdateLog {
  var minibatches: [MinibatchStatistics] = []
  var steps = 0
}

extension UpdateMetrics {
  init(_ log: UpdateLog) {
    let all = log.minibatches
    func mean(_ value: (MinibatchStatistics) -> Double) -> Double { Moments(all.map(value)).mean }
    func valueMean(_ value: (ValueStatistics) -> Double) -> Double? {
      let known = all.compactMap(\.value)
      return known.isEmpty ? nil : Moments(known.map(value)).mean
    }
    let ratios = all.flatMap(\.policy.ratios)
    self.init(
      approximateKL: mean { Double($0.policy.approximateKL) },
      clippedFraction: mean { Double($0.policy.clippedFraction) },
      entropy: mean(\.entropy),
      policyLoss: mean(\.policyLoss),
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
