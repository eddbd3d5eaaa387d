public import Autograd
public import TensorKernels

/// Gradients divided by a running root mean square, Tieleman (2012), as in PyTorch's `RMSprop`.
///
///     v ← αv + (1 − α)g²        θ ← θ − η·g/(√v + ε)
///
/// Weight decay is added to the gradient, g + λθ, as PyTorch does.
public struct RMSprop<Scalar: BLASScalar>: Optimizer {
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
