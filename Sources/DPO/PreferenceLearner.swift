import Autograd
import LanguageModel
import TensorKernels

/// What turns batches of preferences into gradients: one for pairs, one for rankings.
protocol PreferenceLearner {
  /// How many pairs or rankings there are.
  var count: Int { get }
  /// What the gradients so far have cost.
  var cost: Cost { get }
  /// The gradient of the mean loss over a batch, and what its forward passes showed.
  mutating func gradient(
    of policy: Transformer<Float>, batch: [Int]
  ) -> (gradient: Gradient<Float>, metrics: DPOMetrics)
  /// Moves the reference towards the policy: π₀ ← α·π + (1 − α)·π₀, parameter by parameter.
  mutating func moveReference(towards policy: Transformer<Float>, share: Double)
}
