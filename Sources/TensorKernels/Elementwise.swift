/// `output[i] = left[i] + right[i]`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func sums<Scalar: TensorScalar>(
  _ left: Span<Scalar>, _ right: Span<Scalar>, into output: inout MutableSpan<Scalar>
) {
  checkCounts(left.count, right.count, output.count)
  for i in 0..<output.count { output[i] = left[i] + right[i] }
}

/// `output[i] += scale · input[i]`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func accumulate<Scalar: TensorScalar>(
  _ input: Span<Scalar>, scaledBy scale: Scalar = 1, into output: inout MutableSpan<Scalar>
) {
  checkCounts(input.count, input.count, output.count)
  for i in 0..<output.count { output[i] += scale * input[i] }
}

/// `output[i] += value`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func accumulate<Scalar: TensorScalar>(
  constant value: Scalar, into output: inout MutableSpan<Scalar>
) {
  for i in 0..<output.count { output[i] += value }
}

/// `output[i] = left[i] − right[i]`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func differences<Scalar: TensorScalar>(
  _ left: Span<Scalar>, _ right: Span<Scalar>, into output: inout MutableSpan<Scalar>
) {
  checkCounts(left.count, right.count, output.count)
  for i in 0..<output.count { output[i] = left[i] - right[i] }
}

/// `output[i] = left[i] · right[i]`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func products<Scalar: TensorScalar>(
  _ left: Span<Scalar>, _ right: Span<Scalar>, into output: inout MutableSpan<Scalar>
) {
  checkCounts(left.count, right.count, output.count)
  for i in 0..<output.count { output[i] = left[i] * right[i] }
}

/// `output[i] += scale · left[i] · right[i]`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func accumulateProducts<Scalar: TensorScalar>(
  _ left: Span<Scalar>, _ right: Span<Scalar>, scaledBy scale: Scalar = 1,
  into output: inout MutableSpan<Scalar>
) {
  checkCounts(left.count, right.count, output.count)
  for i in 0..<output.count { output[i] += scale * left[i] * right[i] }
}

/// `output[i] = scale · input[i] + offset`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func affine<Scalar: TensorScalar>(
  _ input: Span<Scalar>, scale: Scalar, offset: Scalar, into output: inout MutableSpan<Scalar>
) {
  checkCounts(input.count, input.count, output.count)
  for i in 0..<output.count { output[i] = scale * input[i] + offset }
}

/// `output[i] = min(max(input[i], lower[i]), upper[i])`; NaN stays NaN.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func clamped<Scalar: TensorScalar>(
  _ input: Span<Scalar>, from lower: Span<Scalar>, to upper: Span<Scalar>,
  into output: inout MutableSpan<Scalar>
) {
  checkCounts(input.count, lower.count, output.count)
  checkCounts(input.count, upper.count, output.count)
  for i in 0..<output.count {
    let raised = input[i] < lower[i] ? lower[i] : input[i]
    output[i] = raised > upper[i] ? upper[i] : raised
  }
}

/// `inputGradient[i] += outputGradient[i]` where the input lies within its bounds, ends included,
/// as in PyTorch's `clamp`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func clampedDerivative<Scalar: TensorScalar>(
  _ input: Span<Scalar>, from lower: Span<Scalar>, to upper: Span<Scalar>,
  outputGradient: Span<Scalar>, into inputGradient: inout MutableSpan<Scalar>
) {
  checkCounts(input.count, outputGradient.count, inputGradient.count)
  checkCounts(input.count, lower.count, upper.count)
  for i in 0..<inputGradient.count where input[i] >= lower[i] && input[i] <= upper[i] {
    inputGradient[i] += outputGradient[i]
  }
}

/// `output[i] = max(left[i], right[i])`; NaN where either is NaN.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func maxima<Scalar: TensorScalar>(
  _ left: Span<Scalar>, _ right: Span<Scalar>, into output: inout MutableSpan<Scalar>
) {
  checkCounts(left.count, right.count, output.count)
  for i in 0..<output.count {
    output[i] = left[i] > right[i] || left[i].isNaN ? left[i] : right[i]
  }
}

/// `leftGradient[i] += outputGradient[i]` where left is larger, half of it where both are equal.
///
/// Swap the operands for the gradient of the right one; negate both for a minimum.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func maximaDerivative<Scalar: TensorScalar>(
  _ left: Span<Scalar>, _ right: Span<Scalar>, outputGradient: Span<Scalar>,
  into leftGradient: inout MutableSpan<Scalar>
) {
  checkCounts(left.count, right.count, leftGradient.count)
  checkCounts(left.count, outputGradient.count, leftGradient.count)
  for i in 0..<leftGradient.count where left[i] >= right[i] {
    leftGradient[i] += left[i] == right[i] ? outputGradient[i] / 2 : outputGradient[i]
  }
}

@inline(__always)
func checkCounts(_ first: Int, _ second: Int, _ third: Int) {
  precondition(
    first == second && second == third, "counts \(first), \(second) and \(third) differ")
}

/// `output[i] *= factor`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func multiplyInPlace<Scalar: TensorScalar>(
  _ output: inout MutableSpan<Scalar>, by factor: Scalar
) {
  for i in 0..<output.count { output[i] *= factor }
}
