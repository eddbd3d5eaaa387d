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
///   - positions: the position of each row.
///   - table: cosines and sines.
///   - direction: 1 rotates forward; −1 rotates back, which is the derivative.
///   - output: rows × columns; the result is added to it.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func accumulateRotated<Scalar: BLASScalar>(
  _ input: Span<Scalar>, columns: Int, positions: [Int], table: RotaryTable<Scalar>,
  direction: Scalar, into output: inout MutableSpan<Scalar>
) {
  rotate(
    input, columns: columns, positions: positions, table: table, direction: direction, keeping: 1,
    into: &output)
}

/// Rotates as `accumulateRotated` does, and assigns the result.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func rotated<Scalar: BLASScalar>(
  _ input: Span<Scalar>, columns: Int, positions: [Int], table: RotaryTable<Scalar>,
  into output: inout MutableSpan<Scalar>
) {
  fill(0, into: &output)
  rotate(
    input, columns: columns, positions: positions, table: table, direction: 1, keeping: 0,
    into: &output)
}

@inline(__always)
private func rotate<Scalar: BLASScalar>(
  _ input: Span<Scalar>, columns: Int, positions: [Int], table: RotaryTable<Scalar>,
  direction: Scalar, keeping: Scalar, into output: inout MutableSpan<Scalar>
) {
  let half = table.headDimension / 2
  checkCounts(input.count, output.count, positions.count * columns)
  precondition(columns % (2 * half) == 0, "\(columns) columns in heads of \(2 * half)")
  for (row, position) in positions.enumerated() {
    precondition(position < table.positions, "position \(position) of \(table.positions)")
    for first in stride(from: row * columns, to: (row + 1) * columns, by: 2 * half) {
      for i in 0..<half {
        let cosine = table.cosines[position * half + i]
        let sine = direction * table.sines[position * half + i]
        let (a, b) = (input[first + i], input[first + half + i])
        output[first + i] = keeping * output[first + i] + a * cosine - b * sine
        output[first + half + i] = keeping * output[first + half + i] + b * cosine + a * sine
      }
    }
  }
}
