/// Root-mean-square normalisation of every row, Zhang (2019), equation 4.
///
///     y = gain ⊙ x·r,    r = 1/√(mean(x²) + ε)
///
/// - Parameters:
///   - input: rows × columns.
///   - gain: one factor a column.
///   - epsilon: keeps rows of zeros finite.
///   - output: rows × columns.
///   - scales: r of each row, which the derivative needs again.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func rmsNorm<Scalar: BLASScalar>(
  _ input: Span<Scalar>, gain: Span<Scalar>, epsilon: Scalar,
  into output: inout MutableSpan<Scalar>, scales: inout MutableSpan<Scalar>
) {
  let columns = gain.count
  checkCounts(input.count, output.count, scales.count * columns)
  unsafe withPointers(input, gain) { x, gain in
    unsafe withMutablePointers(&output, &scales) { y, scales in
      for row in 0..<input.count / columns {
        let (x, y) = unsafe (x + row * columns, y + row * columns)
        let meanSquare = unsafe dot(x, x, columns) / Scalar(columns)
        let scale = 1 / (meanSquare + epsilon).squareRoot()
        for c in 0..<columns { unsafe y[c] = x[c] * scale * gain[c] }
        unsafe scales[row] = scale
      }
    }
  }
}

/// The derivative of `rmsNorm` for its input.
///
///     ∂L/∂x += r·(g ⊙ ∂L/∂y) − x·r³/columns · ⟨g ⊙ ∂L/∂y, x⟩
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func rmsNormInputDerivative<Scalar: BLASScalar>(
  _ input: Span<Scalar>, gain: Span<Scalar>, scales: Span<Scalar>,
  outputGradient: Span<Scalar>, into inputGradient: inout MutableSpan<Scalar>
) {
  let columns = gain.count
  checkCounts(input.count, outputGradient.count, scales.count * columns)
  checkCounts(input.count, input.count, inputGradient.count)
  var scratch = [Scalar](repeating: 0, count: columns)
  var weighted = scratch.mutableSpan
  unsafe withPointers(input, gain, outputGradient) { x, gain, dy in
    unsafe withMutablePointers(&inputGradient, &weighted) { dx, weighted in
      for (row, base) in stride(from: 0, to: input.count, by: columns).enumerated() {
        let (x, dy, dx, scale) = unsafe (x + base, dy + base, dx + base, scales[row])
        for c in 0..<columns { unsafe weighted[c] = gain[c] * dy[c] }
        let product = unsafe dot(weighted, x, columns)
        let pull = product * scale * scale * scale / Scalar(columns)
        for c in 0..<columns { unsafe dx[c] += scale * weighted[c] - pull * x[c] }
      }
    }
  }
}

/// The derivative of `rmsNorm` for its gain: `gainGradient[c] += Σ ∂L/∂y · x·r` over the rows.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func rmsNormGainDerivative<Scalar: BLASScalar>(
  _ input: Span<Scalar>, scales: Span<Scalar>, outputGradient: Span<Scalar>,
  into gainGradient: inout MutableSpan<Scalar>
) {
  let columns = gainGradient.count
  checkCounts(input.count, outputGradient.count, scales.count * columns)
  unsafe withPointers(input, outputGradient) { x, dy in
    unsafe gainGradient.withUnsafeMutableBufferPointer { gradient in
      for row in 0..<scales.count {
        let (x, dy, scale) = unsafe (x + row * columns, dy + row * columns, scales[row])
        for c in 0..<columns { unsafe gradient[c] += dy[c] * x[c] * scale }
      }
    }
  }
}
