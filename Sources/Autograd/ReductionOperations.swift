public import TensorKernels

extension Tensor {
  /// The sum of all values.
  public func sum() -> Tensor { reduced(scale: 1) }

  /// The mean of all values.
  public func mean() -> Tensor {
    precondition(shape.count > 0, "the mean of no values")
    return reduced(scale: 1 / Scalar(shape.count))
  }

  private func reduced(scale: Scalar) -> Tensor {
    let (x, tape) = (operand, tape)
    return tape.record(.scalar, from: [self]) { output in
      output[0] = scale * TensorKernels.sum(tape.value(of: x).span)
    } derivative: { tape, outputGradient in
      tape.accumulate(into: x) { accumulate(constant: scale * outputGradient[0], into: &$0) }
    }
  }

  /// The sum Σ weights[i] · x[i] over all values; the weights are constants.
  public func weightedSum(_ weights: [Scalar]) -> Tensor {
    precondition(weights.count == shape.count, "\(weights.count) weights for \(shape)")
    let (x, tape) = (operand, tape)
    return tape.record(.scalar, from: [self]) { output in
      output[0] = dotProduct(tape.value(of: x).span, weights.span)
    } derivative: { tape, outputGradient in
      tape.accumulate(into: x) {
        accumulate(weights.span, scaledBy: outputGradient[0], into: &$0)
      }
    }
  }

  /// The sums over the segments of a column: n×1 becomes segments×1.
  public func segmentSums(_ segments: Segments) -> Tensor {
    precondition(
      shape == Shape(rows: segments.total, columns: 1), "\(shape) for \(segments.total) rows")
    let (x, tape) = (operand, tape)
    return tape.record(Shape(rows: segments.count, columns: 1), from: [self]) { output in
      TensorKernels.segmentSums(tape.value(of: x).span, segments: segments, into: &output)
    } derivative: { tape, outputGradient in
      tape.accumulate(into: x) {
        segmentSumsDerivative(segments: segments, outputGradient: outputGradient.span, into: &$0)
      }
    }
  }
}

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
