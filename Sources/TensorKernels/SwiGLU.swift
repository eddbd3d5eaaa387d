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
///
/// With `.assigned` the gradients are set to that instead.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func swiGLUDerivative<Scalar: BLASScalar>(
  _ input: Span<Scalar>, width: Int, outputGradient: Span<Scalar>,
  _ accumulation: Accumulation = .added, into inputGradient: inout MutableSpan<Scalar>
) {
  checkCounts(input.count, 2 * outputGradient.count, inputGradient.count)
  unsafe withPointers(input, outputGradient) { input, outputGradient in
    unsafe inputGradient.withUnsafeMutableBufferPointer { inputGradient in
      guard let gradient = inputGradient.baseAddress else { return }
      for row in 0..<(inputGradient.count / (2 * width)) {
        let (x, dx) = unsafe (input + 2 * row * width, gradient + 2 * row * width)
        let dy = unsafe outputGradient + row * width
        switch accumulation {
        case .assigned: unsafe differentiateRow(x, dy, width, .assigned, into: dx)
        case .added: unsafe differentiateRow(x, dy, width, .added, into: dx)
        }
      }
    }
  }
}

@inline(__always)
private func differentiateRow<Scalar: BLASScalar>(
  _ gate: UnsafePointer<Scalar>, _ dy: UnsafePointer<Scalar>, _ width: Int,
  _ accumulation: Accumulation, into dGate: UnsafeMutablePointer<Scalar>
) {
  let (up, dUp) = unsafe (gate + width, dGate + width)
  for i in 0..<width {
    let g = unsafe gate[i]
    let s = boundedSigmoid(g)
    let (gateSlope, upSlope) = unsafe (dy[i] * up[i] * s * (1 + g * (1 - s)), dy[i] * g * s)
    unsafe dGate[i] = accumulation == .added ? dGate[i] + gateSlope : gateSlope
    unsafe dUp[i] = accumulation == .added ? dUp[i] + upSlope : upSlope
  }
}

/// The logistic function to within 10⁻³⁷, which is all that a product with the gate can tell.
@inline(__always)
private func boundedSigmoid<Scalar: BLASScalar>(_ x: Scalar) -> Scalar {
  1 / (1 + .boundedExponential(-x))
}
