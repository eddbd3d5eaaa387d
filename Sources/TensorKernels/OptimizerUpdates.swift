import Foundation

/// The numbers of one step of Adam, bias corrections included.
public struct AdamStep<Scalar: TensorScalar>: Sendable {
  let (beta1, beta2, epsilon, shrinkage): (Scalar, Scalar, Scalar, Scalar)
  let (complement1, complement2): (Scalar, Scalar)
  let (rate, rootCorrection): (Scalar, Scalar)

  /// The step of the given number, counted from one.
  ///
  ///     rate = η/(1 − β₁ᵗ)        rootCorrection = 1/√(1 − β₂ᵗ)
  public init(
    beta1: Double, beta2: Double, epsilon: Double, shrinkage: Double, learningRate: Double,
    step: Int
  ) {
    self.beta1 = Scalar(beta1)
    self.beta2 = Scalar(beta2)
    self.epsilon = Scalar(epsilon)
    self.shrinkage = Scalar(shrinkage)
    complement1 = Scalar(1 - beta1)
    complement2 = Scalar(1 - beta2)
    rate = Scalar(learningRate / (1 - pow(beta1, Double(step))))
    rootCorrection = Scalar(1 / (1 - pow(beta2, Double(step))).squareRoot())
  }
}

/// One step of Adam with decoupled weight decay, Loshchilov (2019), algorithm 2.
///
///     m ← β₁m + (1 − β₁)g    v ← β₂v + (1 − β₂)g²    θ ← shrinkage·θ − rate·m/(√v·rootCorrection + ε)
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func adamUpdate<Scalar: TensorScalar>(
  _ step: AdamStep<Scalar>, gradient: Span<Scalar>, mean: inout MutableSpan<Scalar>,
  square: inout MutableSpan<Scalar>, _ values: inout MutableSpan<Scalar>
) {
  checkCounts(gradient.count, mean.count, values.count)
  checkCounts(gradient.count, square.count, values.count)
  unsafe gradient.withUnsafeBufferPointer { gradient in
    unsafe withMutablePointers(&mean, &square, &values) { mean, square, values in
      for i in 0..<gradient.count {
        let g = unsafe gradient[i]
        let m = unsafe step.beta1 * mean[i] + step.complement1 * g
        let v = unsafe step.beta2 * square[i] + step.complement2 * g * g
        unsafe mean[i] = m
        unsafe square[i] = v
        let denominator = v.squareRoot() * step.rootCorrection + step.epsilon
        unsafe values[i] = step.shrinkage * values[i] - step.rate * m / denominator
      }
    }
  }
}

/// One step of RMSprop, Tieleman (2012): `v ← αv + (1 − α)g²`, `θ ← θ − η·g/(√v + ε)`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func rmsPropUpdate<Scalar: TensorScalar>(
  alpha: Scalar, epsilon: Scalar, weightDecay: Scalar, learningRate: Scalar,
  gradient: Span<Scalar>, square: inout MutableSpan<Scalar>, _ values: inout MutableSpan<Scalar>
) {
  checkCounts(gradient.count, square.count, values.count)
  let complement = 1 - alpha
  unsafe gradient.withUnsafeBufferPointer { gradient in
    unsafe withMutablePointers(&square, &values) { square, values in
      for i in 0..<gradient.count {
        let g = unsafe gradient[i] + weightDecay * values[i]
        let v = unsafe alpha * square[i] + complement * g * g
        unsafe square[i] = v
        unsafe values[i] -= learningRate * g / (v.squareRoot() + epsilon)
      }
    }
  }
}
