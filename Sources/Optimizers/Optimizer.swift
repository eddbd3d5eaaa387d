public import Autograd
public import TensorKernels

/// Turns gradients into updates of parameters.
public protocol Optimizer<Scalar>: Sendable {
  /// The precision of the parameters.
  associatedtype Scalar: BLASScalar

  /// Takes one step against the gradient.
  mutating func update(
    _ parameters: inout ParameterSet<Scalar>, along gradient: Gradient<Scalar>,
    learningRate: Double)
}

/// The optimizers that a configuration can name.
public enum OptimizerKind: String, Codable, Sendable, CaseIterable {
  /// Adam with decoupled weight decay.
  case adamW = "adamw"
  /// Gradients divided by a running root mean square, as the DPO paper trains.
  case rmsProp = "rmsprop"
}

/// One of the optimizers, chosen by name.
public enum AnyOptimizer<Scalar: BLASScalar>: Optimizer {
  /// Adam with decoupled weight decay.
  case adamW(AdamW<Scalar>)
  /// Gradients divided by a running root mean square.
  case rmsProp(RMSprop<Scalar>)

  /// The optimizer of this kind with its default settings, whose steps so many threads share.
  public init(_ kind: OptimizerKind, weightDecay: Double = 0, workers: Int = 1) {
    switch kind {
    case .adamW: self = .adamW(AdamW(weightDecay: weightDecay, workers: workers))
    case .rmsProp: self = .rmsProp(RMSprop(weightDecay: weightDecay, workers: workers))
    }
  }

  /// Takes one step against the gradient.
  public mutating func update(
    _ parameters: inout ParameterSet<Scalar>, along gradient: Gradient<Scalar>,
    learningRate: Double
  ) {
    switch consume self {
    case .adamW(var optimizer):
      optimizer.update(&parameters, along: gradient, learningRate: learningRate)
      self = .adamW(optimizer)
    case .rmsProp(var optimizer):
      optimizer.update(&parameters, along: gradient, learningRate: learningRate)
      self = .rmsProp(optimizer)
    }
  }
}

/// Checks that a gradient belongs to the parameters.
func requireMatch<Scalar>(_ parameters: ParameterSet<Scalar>, _ gradient: Gradient<Scalar>) {
  precondition(
    parameters.values.count == gradient.values.count
      && zip(parameters.values, gradient.values).allSatisfy { $0.count == $1.count },
    "a gradient of \(gradient.values.count) arrays for \(parameters.values.count) parameters")
}
