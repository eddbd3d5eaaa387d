import Autograd
import LanguageModel
import Optimizers
import TensorKernels

// A value head on the policy's backbone: one set of parameters, one loss, one optimiser.

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
  mutating func followPolicy(along gradient: Gradient<Float>, learningRate: Double) {
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
