import TensorKernels

extension Tensor {
  private func requireSameShape(_ other: Tensor) {
    precondition(shape == other.shape, "\(shape) against \(other.shape)")
  }

  /// The elementwise sum of two matrices of one shape.
  public static func + (left: Tensor, right: Tensor) -> Tensor {
    left.requireSameShape(right)
    let (a, b, tape) = (left.operand, right.operand, left.tape)
    return tape.record(left.shape, from: [left, right]) { output in
      sums(tape.value(of: a).span, tape.value(of: b).span, into: &output)
    } derivative: { tape, outputGradient in
      tape.accumulate(into: a) { accumulate(outputGradient.span, into: &$0) }
      tape.give(&outputGradient, to: b)
    }
  }

  /// The elementwise difference of two matrices of one shape.
  public static func - (left: Tensor, right: Tensor) -> Tensor {
    left.requireSameShape(right)
    let (a, b, tape) = (left.operand, right.operand, left.tape)
    return tape.record(left.shape, from: [left, right]) { output in
      differences(tape.value(of: a).span, tape.value(of: b).span, into: &output)
    } derivative: { tape, outputGradient in
      tape.accumulate(into: a) { accumulate(outputGradient.span, into: &$0) }
      tape.accumulate(into: b) { accumulate(outputGradient.span, scaledBy: -1, into: &$0) }
    }
  }

  /// The elementwise product of two matrices of one shape.
  public static func * (left: Tensor, right: Tensor) -> Tensor {
    left.requireSameShape(right)
    let (a, b, tape) = (left.operand, right.operand, left.tape)
    return tape.record(left.shape, from: [left, right]) { output in
      products(tape.value(of: a).span, tape.value(of: b).span, into: &output)
    } derivative: { tape, outputGradient in
      let (x, y) = (tape.value(of: a), tape.value(of: b))
      tape.accumulate(into: a) { accumulateProducts(outputGradient.span, y.span, into: &$0) }
      tape.accumulate(into: b) { accumulateProducts(outputGradient.span, x.span, into: &$0) }
    }
  }

  /// `scale · x + offset` for every value x.
  public func scaled(by scale: Scalar, plus offset: Scalar = 0) -> Tensor {
    let (x, tape) = (operand, tape)
    return tape.record(shape, from: [self]) { output in
      affine(tape.value(of: x).span, scale: scale, offset: offset, into: &output)
    } derivative: { tape, outputGradient in
      tape.accumulate(into: x) {
        accumulate(outputGradient.span, scaledBy: scale, into: &$0)
      }
    }
  }

  /// The negative of every value.
  public static prefix func - (x: Tensor) -> Tensor { x.scaled(by: -1) }

  /// Every value times a number.
  public static func * (scale: Scalar, x: Tensor) -> Tensor { x.scaled(by: scale) }

  /// Every value times a number.
  public static func * (x: Tensor, scale: Scalar) -> Tensor { x.scaled(by: scale) }

  /// Every value plus a number.
  public static func + (x: Tensor, offset: Scalar) -> Tensor { x.scaled(by: 1, plus: offset) }

  /// A number plus every value.
  public static func + (offset: Scalar, x: Tensor) -> Tensor { x.scaled(by: 1, plus: offset) }

  /// Every value minus a number.
  public static func - (x: Tensor, offset: Scalar) -> Tensor { x.scaled(by: 1, plus: -offset) }

  /// A number minus every value.
  public static func - (offset: Scalar, x: Tensor) -> Tensor { x.scaled(by: -1, plus: offset) }

  /// The square of every value.
  public func squared() -> Tensor {
    let (x, tape) = (operand, tape)
    return tape.record(shape, from: [self]) { output in
      let values = tape.value(of: x)
      products(values.span, values.span, into: &output)
    } derivative: { tape, outputGradient in
      let values = tape.value(of: x)
      tape.accumulate(into: x) {
        accumulateProducts(outputGradient.span, values.span, scaledBy: 2, into: &$0)
      }
    }
  }
}

extension Tensor {
  /// The logarithm of the logistic function of every value, finite for any finite value.
  public func logSigmoid() -> Tensor {
    let (x, tape) = (operand, tape)
    return tape.record(shape, from: [self]) { output in
      logSigmoids(tape.value(of: x).span, into: &output)
    } derivative: { tape, outputGradient in
      let values = tape.value(of: x)
      tape.accumulate(into: x) {
        logSigmoidsDerivative(values.span, outputGradient: outputGradient.span, into: &$0)
      }
    }
  }

  /// The exponential of every value; infinite where it overflows.
  public func exponential() -> Tensor {
    let (x, tape) = (operand, tape)
    return tape.record(shape, from: [self]) { output in
      exponentials(tape.value(of: x).span, into: &output)
    } derivative: { tape, outputGradient in
      var slopes = tape.value(of: x)
      let values = tape.value(of: x)
      var span = slopes.mutableSpan
      exponentials(values.span, into: &span)
      tape.accumulate(into: x) {
        accumulateProducts(outputGradient.span, slopes.span, into: &$0)
      }
    }
  }

  /// The natural logarithm of every value.
  public func logarithm() -> Tensor {
    let (x, tape) = (operand, tape)
    return tape.record(shape, from: [self]) { output in
      logarithms(tape.value(of: x).span, into: &output)
    } derivative: { tape, outputGradient in
      let values = tape.value(of: x)
      tape.accumulate(into: x) {
        logarithmsDerivative(values.span, outputGradient: outputGradient.span, into: &$0)
      }
    }
  }
}

extension Tensor {
  /// A constant of the same shape on the same tape, through which no gradient flows.
  public func constant(_ values: [Scalar]) -> Tensor { tape.constant(values, shape: shape) }

  /// Every value times a constant of its own.
  public func scaled(by factors: [Scalar]) -> Tensor { self * constant(factors) }

  /// Every value plus a constant of its own.
  public func shifted(by terms: [Scalar]) -> Tensor { self + constant(terms) }
}
