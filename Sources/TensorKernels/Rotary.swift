import Foundation

/// The cosines and sines of rotary position embedding, Su (2021), equation 34.
///
///     θ(position, i) = position · base^(−2i / headDimension)
///     y[i] = x[i]·cos θ − x[i + h]·sin θ        y[i + h] = x[i + h]·cos θ + x[i]·sin θ
///
/// Attention turns the halves h = headDimension/2 of a head, as transformers' `rotate_half`.
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

  func check(_ shape: AttentionShape) {
    precondition(
      headDimension == shape.headDimension && positions >= shape.longest,
      """
      rotations of \(positions) positions in heads of \(headDimension) for \(shape.longest) \
      positions in heads of \(shape.headDimension)
      """)
  }
}
