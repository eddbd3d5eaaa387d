/// `output[i] = exp(input[i])`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func exponentials<Scalar: TensorScalar>(
  _ input: Span<Scalar>, into output: inout MutableSpan<Scalar>
) {
  checkCounts(input.count, input.count, output.count)
  for i in 0..<output.count { output[i] = .exponential(input[i]) }
}

/// `output[i] = log(input[i])`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func logarithms<Scalar: TensorScalar>(
  _ input: Span<Scalar>, into output: inout MutableSpan<Scalar>
) {
  checkCounts(input.count, input.count, output.count)
  for i in 0..<output.count { output[i] = .logarithm(input[i]) }
}

/// `inputGradient[i] += outputGradient[i] / input[i]`, the derivative of `log`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func logarithmsDerivative<Scalar: TensorScalar>(
  _ input: Span<Scalar>, outputGradient: Span<Scalar>,
  into inputGradient: inout MutableSpan<Scalar>
) {
  checkCounts(input.count, outputGradient.count, inputGradient.count)
  for i in 0..<inputGradient.count { inputGradient[i] += outputGradient[i] / input[i] }
}

/// The logistic function 1/(1 + e⁻ˣ).
@inline(__always)
public func sigmoid<Scalar: TensorScalar>(_ x: Scalar) -> Scalar { 1 / (1 + .exponential(-x)) }

/// The logarithm of the logistic function, finite wherever x is.
///
///     log σ(x) = min(x, 0) − log(1 + e⁻ˡˣˡ)
public func logSigmoid<Scalar: TensorScalar>(_ x: Scalar) -> Scalar {
  (x > 0 ? 0 : x) - .logarithmOfOnePlus(.exponential(-abs(x)))
}

/// `output[i] = log σ(input[i])`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func logSigmoids<Scalar: TensorScalar>(
  _ input: Span<Scalar>, into output: inout MutableSpan<Scalar>
) {
  checkCounts(input.count, input.count, output.count)
  for i in 0..<output.count { output[i] = logSigmoid(input[i]) }
}

/// `inputGradient[i] += outputGradient[i] · σ(−input[i])`, the derivative of `log σ`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func logSigmoidsDerivative<Scalar: TensorScalar>(
  _ input: Span<Scalar>, outputGradient: Span<Scalar>,
  into inputGradient: inout MutableSpan<Scalar>
) {
  checkCounts(input.count, outputGradient.count, inputGradient.count)
  for i in 0..<inputGradient.count {
    inputGradient[i] += outputGradient[i] / (1 + .exponential(input[i]))
  }
}
