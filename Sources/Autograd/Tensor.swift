public import TensorKernels

/// A matrix on a tape; valid until the tape is reset.
public struct Tensor<Scalar: TensorScalar> {
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

/// The size of a matrix.
public struct Shape: Hashable, Sendable, CustomStringConvertible {
  /// The number of rows.
  public var rows: Int
  /// The number of columns.
  public var columns: Int

  /// A matrix of `rows` × `columns`.
  public init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
  }

  /// A single value.
  public static var scalar: Shape { Shape(rows: 1, columns: 1) }

  /// The number of values.
  public var count: Int { rows * columns }

  /// The shape as `rows×columns`.
  public var description: String { "\(rows)×\(columns)" }
}

/// The gradient of a loss for every parameter of a set, in its order.
public struct Gradient<Scalar: TensorScalar>: Sendable {
  /// One array for each parameter.
  public var values: [[Scalar]] { didSet { knownSquaredNorm = nil } }
  /// The squared norm where it came with the values; it saves a pass over all of them.
  private var knownSquaredNorm: Double?

  /// A gradient of these arrays, with its squared norm if that is known already.
  public init(values: [[Scalar]], squaredNorm: Double? = nil) {
    self.values = values
    knownSquaredNorm = squaredNorm
  }

  /// The squared Euclidean norm over all parameters, summed in Double.
  public var squaredNorm: Double { squaredNorm(workers: 1) }

  /// The same on at most so many threads: the sums of the arrays are added up in their order.
  public func squaredNorm(workers: Int) -> Double {
    if let knownSquaredNorm { return knownSquaredNorm }
    var sums = [Double](repeating: 0, count: values.count)
    concurrentUpdate(&sums, workers: workers, size: { values[$0].count }) { index, sum in
      let array = values[index]
      sum = sumOfSquares(array.span)
    }
    return sums.reduce(0, +)
  }

  /// The Euclidean norm over all parameters.
  public var norm: Double { squaredNorm.squareRoot() }

  /// Adds another gradient of the same parameters.
  public mutating func add(_ other: Gradient) {
    precondition(
      values.count == other.values.count, "\(values.count) against \(other.values.count) arrays")
    for i in values.indices {
      let added = other.values[i]
      var span = values[i].mutableSpan
      accumulate(added.span, into: &span)
    }
  }

  /// Multiplies every value, on at most so many threads.
  public mutating func scale(by factor: Scalar, workers: Int = 1) {
    let sizes = values.map(\.count)
    concurrentUpdate(&values, workers: workers, size: { sizes[$0] }) { _, array in
      var span = array.mutableSpan
      multiplyInPlace(&span, by: factor)
    }
  }

  /// Shortens the gradient to at most the given norm and returns the norm before, as PyTorch's
  /// `clip_grad_norm_`.
  ///
  ///     g ← g · min(1, maximum / (|g| + 10⁻⁶))
  ///
  /// At most `workers` threads share it; its bits do not depend on them.
  @discardableResult
  public mutating func clip(toNorm maximum: Double, workers: Int = 1) -> Double {
    let before = squaredNorm(workers: workers).squareRoot()
    let factor = maximum / (before + 1e-6)
    if factor < 1 { scale(by: Scalar(factor), workers: workers) }
    return before
  }
}
