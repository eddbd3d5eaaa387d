extension Tensor {
  /// A constant of the same shape on the same tape, through which no gradient flows.
  public func constant(_ values: [Scalar]) -> Tensor { tape.constant(values, shape: shape) }

  /// Every value times a constant of its own.
  public func scaled(by factors: [Scalar]) -> Tensor { self * constant(factors) }

  /// Every value plus a constant of its own.
  public func shifted(by terms: [Scalar]) -> Tensor { self + constant(terms) }
}
