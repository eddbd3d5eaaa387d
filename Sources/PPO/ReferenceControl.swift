import Autograd
import LanguageModel
import TensorKernels

/// Whether the reference π₀ stays what training began with.
public enum ReferenceControl: String, Codable, Sendable, CaseIterable {
  /// It stays: the optimum is π₀·exp(r/β)/Z.
  case fixed
  /// It follows the policy by an exponential moving average; Gorbatovski (2024), equation 5, Xu (2024).
  ///
  /// The penalty then bounds the speed of the policy and not its distance, and no optimum is known.
  case movingAverage = "ema"
}

extension PPOTrainer {
  /// Moves the reference where it follows the policy, after an iteration's optimiser steps.
  ///
  ///     π₀ ← α·π + (1 − α)·π₀        once for every `ref_model_sync_steps` steps passed
  mutating func moveReference(stepsBefore: Int) {
    guard configuration.referenceControl == .movingAverage else { return }
    let interval = configuration.referenceInterval
    let passed = optimizerSteps / interval - stepsBefore / interval
    let alpha = Float(configuration.referenceMixture)
    for _ in 0..<passed {
      for i in reference.parameters.values.indices {
        reference.parameters.values[i] = zip(
          reference.parameters.values[i], policy.parameters.values[i]
        ).map { (1 - alpha) * $0 + alpha * $1 }
      }
    }
  }
}
