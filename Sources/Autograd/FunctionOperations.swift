import TensorKernels

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
