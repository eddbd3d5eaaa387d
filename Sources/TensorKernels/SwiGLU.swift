/// The gated unit of Shazeer (2020), equation 6: `output[i] = silu(gate[i]) · up[i]`.
///
///     silu(x) = x·σ(x) = x/(1 + e⁻ˣ)
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func swiGLU<Scalar: BLASScalar>(
  gate: Span<Scalar>, up: Span<Scalar>, into output: inout MutableSpan<Scalar>
) {
  checkCounts(gate.count, up.count, output.count)
  for i in 0..<output.count { output[i] = gate[i] * boundedSigmoid(gate[i]) * up[i] }
}

/// The derivative of `swiGLU` for both factors.
///
///     ∂L/∂gate += ∂L/∂y · up · σ(g)·(1 + g·(1 − σ(g)))        ∂L/∂up += ∂L/∂y · g·σ(g)
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func swiGLUDerivative<Scalar: BLASScalar>(
  gate: Span<Scalar>, up: Span<Scalar>, outputGradient: Span<Scalar>,
  intoGate gateGradient: inout MutableSpan<Scalar>, up upGradient: inout MutableSpan<Scalar>
) {
  checkCounts(gate.count, up.count, outputGradient.count)
  checkCounts(gate.count, gateGradient.count, upGradient.count)
  for i in 0..<gateGradient.count {
    let g = gate[i]
    let s = boundedSigmoid(g)
    gateGradient[i] += outputGradient[i] * up[i] * s * (1 + g * (1 - s))
    upGradient[i] += outputGradient[i] * g * s
  }
}

/// The logistic function to within 10⁻³⁷, which is all that a product with the gate can tell.
@inline(__always)
private func boundedSigmoid<Scalar: BLASScalar>(_ x: Scalar) -> Scalar {
  1 / (1 + .boundedExponential(-x))
}
