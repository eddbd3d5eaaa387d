public import TensorKernels

/// A matrix on a tape; valid until the tape is reset.
public struct Tensor<Scalar: BLASScalar> {
  /// The tape that holds the values.
  let tape: Tape<Scalar>
  /// The node on the tape.
  let index: Int
  /// The size of the matrix.
  public let shape: Shape

  /// The values, row by row.
  public var values: [Scalar] { copied(tape.value(of: operand)) }

  /// The value of a 1×1 tensor.
  public var item: Scalar {
    precondition(shape == .scalar, "the item of a \(shape) tensor")
    return tape.value(of: operand)[0]
  }

  /// The place on the tape, without a reference to the tape itself, for derivatives to capture.
  var operand: Operand { Operand(index: index, shape: shape) }

  /// A constant with the same values, through which no gradient flows.
  public func detached() -> Tensor { tape.constant(values, shape: shape) }
}

/// A tensor as derivatives know it.
struct Operand {
  let index: Int
  let shape: Shape
}
