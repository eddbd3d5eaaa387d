import Foundation

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
public func rmsNorm<Scalar: TensorScalar>(
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
public func rmsNormInputDerivative<Scalar: TensorScalar>(
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
public func rmsNormGainDerivative<Scalar: TensorScalar>(
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
public func swiGLU<Scalar: TensorScalar>(
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
public func swiGLUDerivative<Scalar: TensorScalar>(
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
private func differentiateRow<Scalar: TensorScalar>(
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
private func boundedSigmoid<Scalar: TensorScalar>(_ x: Scalar) -> Scalar {
  1 / (1 + .boundedExponential(-x))
}

/// The cosines and sines of rotary position embedding, Su (2021), equation 34.
///
///     θ(position, i) = position · base^(−2i / headDimension)
///     y[i] = x[i]·cos θ − x[i + h]·sin θ        y[i + h] = x[i + h]·cos θ + x[i]·sin θ
///
/// Attention turns the halves h = headDimension/2 of a head, as transformers' `rotate_half`.
public struct RotaryTable<Scalar: TensorScalar>: Sendable {
  /// Positions covered: 0 ..< positions.
  public let positions: Int
  /// The width of a head; rotations act on halves of it.
  public let headDimension: Int
  /// The base of the wavelengths, 10,000 for Llama.
  public let base: Double
  /// cos θ, positions × headDimension/2.
  public let cosines: [Scalar]
  /// sin θ, positions × headDimension/2.
  public let sines: [Scalar]

  /// The table of the given size.
  public init(positions: Int, headDimension: Int, base: Double) {
    precondition(headDimension > 0 && headDimension % 2 == 0, "head dimension \(headDimension)")
    self.positions = positions
    self.headDimension = headDimension
    self.base = base
    let half = headDimension / 2
    let angles = (0..<positions * half).map { index in
      Double(index / half) * pow(base, -2 * Double(index % half) / Double(headDimension))
    }
    cosines = angles.map { Scalar(cos($0)) }
    sines = angles.map { Scalar(sin($0)) }
  }

  func check(_ shape: AttentionShape) {
    precondition(
      headDimension == shape.headDimension && positions >= shape.longest,
      """
      rotations of \(positions) positions in heads of \(headDimension) for \(shape.longest) \
      positions in heads of \(shape.headDimension)
      """)
  }
}
