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
  private var squares: [[Scalar]] = []

  /// An optimizer with PyTorch's defaults.
  public init(alpha: Double = 0.99, epsilon: Double = 1e-8, weightDecay: Double = 0) {
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
    for (i, gradient) in gradient.values.enumerated() {
      var values = parameters.values[i].mutableSpan
      var square = squares[i].mutableSpan
      rmsPropUpdate(
        alpha: Scalar(alpha), epsilon: Scalar(epsilon), weightDecay: Scalar(weightDecay),
        learningRate: Scalar(learningRate), gradient: gradient.span, square: &square,
        &values)
    }
  }
}
