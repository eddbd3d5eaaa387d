/// The gated unit of Shazeer (2020), equation 6: `output[r, i] = silu(gate[r, i]) · up[r, i]`.
///
///     silu(x) = x·σ(x) = x/(1 + e⁻ˣ)
///
/// - Parameters:
///   - input: rows × 2·width; a row holds its gate values and then its up values.
///   - width: the width of either half.
///   - output: rows × width.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func swiGLU<Scalar: BLASScalar>(
  _ input: Span<Scalar>, width: Int, into output: inout MutableSpan<Scalar>
) {
  checkCounts(input.count, 2 * output.count, output.count / width * width * 2)
  unsafe input.withUnsafeBufferPointer { input in
    unsafe output.withUnsafeMutableBufferPointer { output in
      guard let x = input.baseAddress, let first = output.baseAddress else { return }
      for row in 0..<(output.count / width) {
        let (gate, y) = unsafe (x + 2 * row * width, first + row * width)
        let up = unsafe gate + width
        for i in 0..<width { unsafe y[i] = gate[i] * boundedSigmoid(gate[i]) * up[i] }
      }
    }
  }
}

/// The derivative of `swiGLU` for both halves.
///
///     ∂L/∂gate += ∂L/∂y · up · σ(g)·(1 + g·(1 − σ(g)))        ∂L/∂up += ∂L/∂y · g·σ(g)
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func swiGLUDerivative<Scalar: BLASScalar>(
  _ input: Span<Scalar>, width: Int, outputGradient: Span<Scalar>,
  into inputGradient: inout MutableSpan<Scalar>
) {
  checkCounts(input.count, 2 * outputGradient.count, inputGradient.count)
  unsafe withPointers(input, outputGradient) { input, outputGradient in
    unsafe inputGradient.withUnsafeMutableBufferPointer { inputGradient in
      guard let gradient = inputGradient.baseAddress else { return }
      for row in 0..<(inputGradient.count / (2 * width)) {
        let (gate, dGate) = unsafe (input + 2 * row * width, gradient + 2 * row * width)
        let (up, dUp) = unsafe (gate + width, dGate + width)
        let dy = unsafe outputGradient + row * width
        for i in 0..<width {
          let g = unsafe gate[i]
          let s = boundedSigmoid(g)
          unsafe dGate[i] += dy[i] * up[i] * s * (1 + g * (1 - s))
          unsafe dUp[i] += dy[i] * g * s
        }
      }
    }
  }
}

/// The logistic function to within 10⁻³⁷, which is all that a product with the gate can tell.
@inline(__always)
private func boundedSigmoid<Scalar: BLASScalar>(_ x: Scalar) -> Scalar {
  1 / (1 + .boundedExponential(-x))
}
