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
  unsafe input.withUnsafeBufferPointer { x in
    unsafe gain.withUnsafeBufferPointer { gain in
      unsafe output.withUnsafeMutableBufferPointer { y in
        guard let x = x.baseAddress, let y = y.baseAddress else { return }
        for row in 0..<scales.count {
          let (x, y) = unsafe (x + row * columns, y + row * columns)
          let meanSquare = unsafe dot(x, x, columns) / Scalar(columns)
          let scale = 1 / (meanSquare + epsilon).squareRoot()
          for c in 0..<columns { unsafe y[c] = x[c] * scale * gain[c] }
          scales[row] = scale
        }
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
  var weighted = [Scalar](repeating: 0, count: columns)
  unsafe weighted.withUnsafeMutableBufferPointer { w in
    unsafe input.withUnsafeBufferPointer { x in
      unsafe gain.withUnsafeBufferPointer { gain in
        unsafe outputGradient.withUnsafeBufferPointer { dy in
          unsafe inputGradient.withUnsafeMutableBufferPointer { dx in
            guard let w = w.baseAddress, let x = x.baseAddress, let dy = dy.baseAddress,
              let dx = dx.baseAddress
            else { return }
            for row in 0..<scales.count {
              let base = row * columns
              let (x, dy, dx) = unsafe (x + base, dy + base, dx + base)
              for c in 0..<columns { unsafe w[c] = gain[c] * dy[c] }
              let scale = scales[row]
              let pull = unsafe dot(w, x, columns) * scale * scale * scale / Scalar(columns)
              for c in 0..<columns { unsafe dx[c] += scale * w[c] - pull * x[c] }
            }
          }
        }
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
  unsafe input.withUnsafeBufferPointer { x in
    unsafe outputGradient.withUnsafeBufferPointer { dy in
      unsafe gainGradient.withUnsafeMutableBufferPointer { gradient in
        guard let x = x.baseAddress, let dy = dy.baseAddress else { return }
        for row in 0..<scales.count {
          let (x, dy, scale) = unsafe (x + row * columns, dy + row * columns, scales[row])
          for c in 0..<columns { unsafe gradient[c] += dy[c] * x[c] * scale }
        }
      }
    }
  }
}
