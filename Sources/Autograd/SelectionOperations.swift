import TensorKernels

extension Tensor {
  /// Every value limited to the interval from `lower` to `upper`; the gradient is zero outside.
  public func clamped(_ lower: Scalar, _ upper: Scalar) -> Tensor {
    clamped(
      [Scalar](repeating: lower, count: shape.count),
      [Scalar](repeating: upper, count: shape.count))
  }

  /// Every value limited to an interval of its own, one bound a value.
  public func clamped(_ lower: [Scalar], _ upper: [Scalar]) -> Tensor {
    let (x, tape) = (operand, tape)
    return tape.record(shape, from: [self]) { output in
      TensorKernels.clamped(
        tape.value(of: x).span, from: lower.span, to: upper.span, into: &output)
    } derivative: { tape, outputGradient in
      let values = tape.value(of: x)
      tape.accumulate(into: x) {
        clampedDerivative(
          values.span, from: lower.span, to: upper.span, outputGradient: outputGradient.span,
          into: &$0)
      }
    }
  }

  /// The elementwise maximum; where both are equal each gets half of the gradient, as in PyTorch.
  public func maximum(_ other: Tensor) -> Tensor {
    precondition(shape == other.shape, "\(shape) against \(other.shape)")
    let (a, b, tape) = (operand, other.operand, tape)
    return tape.record(shape, from: [self, other]) { output in
      maxima(tape.value(of: a).span, tape.value(of: b).span, into: &output)
    } derivative: { tape, outputGradient in
      let (x, y) = (tape.value(of: a), tape.value(of: b))
      tape.accumulate(into: a) {
        maximaDerivative(x.span, y.span, outputGradient: outputGradient.span, into: &$0)
      }
      tape.accumulate(into: b) {
        maximaDerivative(y.span, x.span, outputGradient: outputGradient.span, into: &$0)
      }
    }
  }

  /// The elementwise minimum; where both are equal each gets half of the gradient, as in PyTorch.
  public func minimum(_ other: Tensor) -> Tensor { -(-self).maximum(-other) }

  /// The rows with these numbers, in this order; a row may be taken more than once.
  public func rows(_ numbers: [Int]) -> Tensor {
    let (x, tape, columns) = (operand, tape, shape.columns)
    let result = Shape(rows: numbers.count, columns: columns)
    return tape.record(result, from: [self]) { output in
      gatherRows(tape.value(of: x).span, columns: columns, rows: numbers, into: &output)
    } derivative: { tape, outputGradient in
      tape.accumulate(into: x) {
        scatterRows(outputGradient.span, columns: columns, rows: numbers, into: &$0)
      }
    }
  }
}

extension Tape {
  /// One row of the table for each token.
  public func embedding(_ table: Tensor<Scalar>, _ tokens: [Int]) -> Tensor<Scalar> {
    table.rows(tokens)
  }
}
