import Foundation

/// The cosines and sines of rotary position embedding, Su (2021), equation 34.
///
///     θ(position, i) = position · base^(−2i / headDimension)
public struct RotaryTable<Scalar: BLASScalar>: Sendable {
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
}

/// Rotates every head of every row by its position, in halves as in transformers' `rotate_half`.
///
///     y[i] = x[i]·cos θ − x[i + h]·sin θ        y[i + h] = x[i + h]·cos θ + x[i]·sin θ
///
/// - Parameters:
///   - input: rows × columns; columns are heads · headDimension.
///   - columns: the width of a row.
///   - positions: the position of each row.
///   - table: cosines and sines.
///   - output: rows × columns.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func rotated<Scalar: BLASScalar>(
  _ input: Span<Scalar>, columns: Int, positions: [Int], table: RotaryTable<Scalar>,
  into output: inout MutableSpan<Scalar>
) {
  unsafe forEachRotation(input, columns, positions, table, &output) { x, y, cosine, sine, half in
    var i = 0
    while i &+ 8 <= half {
      let (a, b) = unsafe (x.lanes(i), x.lanes(i &+ half))
      let (c, s) = unsafe (cosine.lanes(i), sine.lanes(i))
      unsafe y.store(a * c - b * s, i)
      unsafe y.store(b * c + a * s, i &+ half)
      i &+= 8
    }
    while i < half {
      let (a, b, c, s) = unsafe (x[i], x[i &+ half], cosine[i], sine[i])
      unsafe y[i] = a * c - b * s
      unsafe y[i &+ half] = b * c + a * s
      i &+= 1
    }
  }
}

/// The derivative of `rotated`: the gradient rotated back is added to the input's gradient.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func rotatedDerivative<Scalar: BLASScalar>(
  columns: Int, positions: [Int], table: RotaryTable<Scalar>, outputGradient: Span<Scalar>,
  into inputGradient: inout MutableSpan<Scalar>
) {
  unsafe forEachRotation(outputGradient, columns, positions, table, &inputGradient) {
    dy, dx, cosine, sine, half in
    var i = 0
    while i &+ 8 <= half {
      let (a, b) = unsafe (dy.lanes(i), dy.lanes(i &+ half))
      let (c, s) = unsafe (cosine.lanes(i), sine.lanes(i))
      unsafe dx.store(dx.lanes(i) + (a * c + b * s), i)
      unsafe dx.store(dx.lanes(i &+ half) + (b * c - a * s), i &+ half)
      i &+= 8
    }
    while i < half {
      let (a, b, c, s) = unsafe (dy[i], dy[i &+ half], cosine[i], sine[i])
      unsafe dx[i] += a * c + b * s
      unsafe dx[i &+ half] += b * c - a * s
      i &+= 1
    }
  }
}

/// Calls the body for every head of every row, with its cosines and sines.
@inline(__always)
private func forEachRotation<Scalar: BLASScalar>(
  _ input: Span<Scalar>, _ columns: Int, _ positions: [Int], _ table: RotaryTable<Scalar>,
  _ output: inout MutableSpan<Scalar>,
  _ body: (
    UnsafePointer<Scalar>, UnsafeMutablePointer<Scalar>, UnsafePointer<Scalar>,
    UnsafePointer<Scalar>, Int
  ) -> Void
) {
  let (width, half) = (table.headDimension, table.headDimension / 2)
  checkCounts(input.count, output.count, positions.count * columns)
  precondition(columns % width == 0, "\(columns) columns in heads of \(width)")
  unsafe withPointers(input, table.cosines.span, table.sines.span) { x, cosines, sines in
    unsafe output.withUnsafeMutableBufferPointer { y in
      guard let y = y.baseAddress else { return }
      for (row, position) in positions.enumerated() {
        precondition(
          position >= 0 && position < table.positions, "position \(position) of \(table.positions)")
        let (cosine, sine) = unsafe (cosines + position * half, sines + position * half)
        for head in stride(from: row * columns, to: (row + 1) * columns, by: width) {
          unsafe body(x + head, y + head, cosine, sine, half)
        }
      }
    }
  }
}
