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
