public import Autograd
import Foundation
public import TensorKernels

/// Turns gradients into updates of parameters.
public protocol Optimizer<Scalar>: Sendable {
  /// The precision of the parameters.
  associatedtype Scalar: TensorScalar

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
public enum AnyOptimizer<Scalar: TensorScalar>: Optimizer {
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

/// Where Adam adds ε to the denominator.
public enum AdamEpsilonPlacement: String, Codable, Sendable, CaseIterable {
  /// To √v̂, after the bias correction: Kingma (2015), algorithm 1, and PyTorch.
  case afterCorrection = "pytorch"
  /// To √v, before it: the "ε̂" at the end of Kingma (2015), section 2, and TensorFlow.
  ///
  /// The first updates are smaller: ε counts as ε/√(1 − β₂ᵗ), 32 times as much at t = 1.
  case beforeCorrection = "tensorflow"
}

/// Adam with decoupled weight decay, Loshchilov (2019), algorithm 2, as in PyTorch's `AdamW`.
///
///     m ← β₁m + (1 − β₁)g        v ← β₂v + (1 − β₂)g²
///     θ ← θ·(1 − ηλ) − η·m̂/(√v̂ + ε)        m̂ = m/(1 − β₁ᵗ),  v̂ = v/(1 − β₂ᵗ)
public struct AdamW<Scalar: TensorScalar>: Optimizer {
  /// The memory of the mean gradient, written β₁.
  public let beta1: Double
  /// The memory of the mean squared gradient, written β₂.
  public let beta2: Double
  /// What keeps the denominator away from zero, written ε.
  public let epsilon: Double
  /// Where ε is added.
  public let epsilonPlacement: AdamEpsilonPlacement
  /// How strongly parameters shrink towards zero, written λ.
  public let weightDecay: Double
  /// Threads that share a step; its bits do not depend on them.
  public let workers: Int
  /// Updates taken so far, written t.
  public private(set) var steps = 0
  private var moments: [Moments] = []

  /// What is remembered of the gradients of one array.
  private struct Moments: Sendable {
    var mean: [Scalar]
    var square: [Scalar]
  }

  /// An optimizer with PyTorch's defaults, except that weights do not decay.
  public init(
    beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0,
    epsilonPlacement: AdamEpsilonPlacement = .afterCorrection, workers: Int = 1
  ) {
    self.workers = workers
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.epsilonPlacement = epsilonPlacement
  }

  /// Takes one step against the gradient.
  public mutating func update(
    _ parameters: inout ParameterSet<Scalar>, along gradient: Gradient<Scalar>,
    learningRate: Double
  ) {
    requireMatch(parameters, gradient)
    if moments.isEmpty {
      moments = gradient.values.map { array in
        let zeros = [Scalar](repeating: 0, count: array.count)
        return Moments(mean: zeros, square: zeros)
      }
    }
    steps += 1
    let step = AdamStep<Scalar>(
      beta1: beta1, beta2: beta2, epsilon: correctedEpsilon,
      shrinkage: 1 - learningRate * weightDecay,
      learningRate: learningRate, step: steps)
    concurrentUpdate(
      &parameters.values, &moments, workers: workers, size: { gradient.values[$0].count }
    ) { index, values, moments in
      step.follow(gradient.values[index], &moments.mean, &moments.square, &values)
    }
  }

  /// What ε counts as beside √v̂ at this step.
  private var correctedEpsilon: Double {
    switch epsilonPlacement {
    case .afterCorrection: epsilon
    case .beforeCorrection: epsilon / (1 - pow(beta2, Double(steps))).squareRoot()
    }
  }
}

extension AdamStep {
  /// Takes the step for one array.
  fileprivate func follow(
    _ gradient: [Scalar], _ mean: inout [Scalar], _ square: inout [Scalar],
    _ values: inout [Scalar]
  ) {
    var values = values.mutableSpan
    var mean = mean.mutableSpan
    var square = square.mutableSpan
    adamUpdate(self, gradient: gradient.span, mean: &mean, square: &square, &values)
  }
}

/// Gradients divided by a running root mean square, Tieleman (2012), as in PyTorch's `RMSprop`.
///
///     v ← αv + (1 − α)g²        θ ← θ − η·g/(√v + ε)
///
/// Weight decay is added to the gradient, g + λθ, as PyTorch does.
public struct RMSprop<Scalar: TensorScalar>: Optimizer {
  /// The memory of the mean squared gradient, written α.
  public let alpha: Double
  /// What keeps the denominator away from zero, written ε.
  public let epsilon: Double
  /// The weight of an L2 penalty's gradient, written λ.
  public let weightDecay: Double
  /// Threads that share a step; its bits do not depend on them.
  public let workers: Int
  private var squares: [[Scalar]] = []

  /// An optimizer with PyTorch's defaults.
  public init(
    alpha: Double = 0.99, epsilon: Double = 1e-8, weightDecay: Double = 0, workers: Int = 1
  ) {
    self.workers = workers
    self.alpha = alpha
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }

  /// Takes one step against the gradient.
  public mutating func update(
    _ parameters: inout ParameterSet<Scalar>, along gradient: Gradient<Scalar>,
    learningRate: Double
  ) {
    requireMatch(parameters, gradient)
    if squares.isEmpty {
      squares = gradient.values.map { [Scalar](repeating: 0, count: $0.count) }
    }
    let (alpha, epsilon, weightDecay) = (Scalar(alpha), Scalar(epsilon), Scalar(weightDecay))
    concurrentUpdate(
      &parameters.values, &squares, workers: workers, size: { gradient.values[$0].count }
    ) { index, values, square in
      let slopes = gradient.values[index]
      var values = values.mutableSpan
      var square = square.mutableSpan
      rmsPropUpdate(
        alpha: alpha, epsilon: epsilon, weightDecay: weightDecay,
        learningRate: Scalar(learningRate), gradient: slopes.span, square: &square, &values)
    }
  }
}
