public import TensorKernels

/// What losses and metrics see of a language model's output; whole logits stay inside.
public struct TokenLogProbabilities<Scalar: TensorScalar> {
  /// log p(target) of every row, n×1, differentiable.
  public let logProbabilities: Tensor<Scalar>
  /// The entropy −Σ p log p of every row.
  public let entropies: [Scalar]
  /// The mean over the vocabulary of every row's logits, temperature applied.
  public let meanLogits: [Scalar]
  /// Whether the target is the most probable token of its row.
  public let arePredicted: [Bool]
}

extension Tensor {
  /// The log-probability of each row's target under softmax(x·headᵀ / temperature).
  ///
  /// Head, log-softmax and choice of the target in one operation. It keeps the probabilities for
  /// the derivative, which turns them into the gradient of the logits in place.
  public func tokenLogProbabilities(
    head: Tensor, targets: [Int], temperature: Scalar
  ) -> TokenLogProbabilities<Scalar> {
    let (rows, width, vocabulary) = (shape.rows, shape.columns, head.shape.rows)
    precondition(head.shape.columns == width, "\(shape) through a head of \(head.shape)")
    precondition(targets.count == rows, "\(targets.count) targets for \(rows) rows")
    let (x, h, tape) = (operand, head.operand, tape)
    let probabilities = tape.keep(rows * vocabulary)
    var statistics = TokenStatistics<Scalar>(rows: 0)
    tape.withKept(probabilities) {
      var logits = $0.mutableSpan
      Scalar.multiply(
        MatrixProduct(rows: rows, inner: width, columns: vocabulary, right: .transposed),
        tape.value(of: x).span, tape.value(of: h).span, into: &logits)
      statistics = softmaxInPlace(&logits, targets: targets, temperature: temperature)
    }
    let result = Shape(rows: rows, columns: 1)
    let logProbabilities = tape.record(result, from: [self, head]) { output in
      copy(statistics.logProbabilities.span, into: &output)
    } derivative: { tape, outputGradient in
      tape.withKept(probabilities) {
        var logitGradient = $0.mutableSpan
        softmaxDerivativeInPlace(
          &logitGradient, targets: targets, temperature: temperature,
          outputGradient: outputGradient.span)
      }
      tape.propagateLogits(tape.kept(probabilities), of: x, through: h)
    }
    return TokenLogProbabilities(
      logProbabilities: logProbabilities, entropies: statistics.entropies,
      meanLogits: statistics.meanLogits, arePredicted: statistics.arePredicted)
  }
}

extension Tape {
  /// Carries the gradient of the logits x·headᵀ to x and to the head.
  fileprivate func propagateLogits(
    _ gradient: [Scalar], of hidden: Operand, through head: Operand
  ) {
    let (rows, width, vocabulary) = (hidden.shape.rows, hidden.shape.columns, head.shape.rows)
    let (hiddenValue, headValue) = (value(of: hidden), value(of: head))
    place(into: hidden) { hiddenGradient, accumulation in
      Scalar.multiply(
        MatrixProduct(rows: rows, inner: vocabulary, columns: width, accumulation: accumulation),
        gradient.span, headValue.span, into: &hiddenGradient)
    }
    place(into: head) { headGradient, accumulation in
      Scalar.multiply(
        MatrixProduct(
          rows: vocabulary, inner: rows, columns: width, left: .transposed,
          accumulation: accumulation),
        gradient.span, hiddenValue.span, into: &headGradient)
    }
  }
}
