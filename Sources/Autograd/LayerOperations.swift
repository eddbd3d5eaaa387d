public import TensorKernels

extension Tensor {
  /// Root-mean-square normalisation of every row, Zhang (2019), equation 4.
  ///
  ///     y = gain ⊙ x / √(mean(x²) + ε)
  public func rmsNorm(gain: Tensor, epsilon: Scalar) -> Tensor {
    precondition(gain.shape == Shape(rows: 1, columns: shape.columns), "gain \(gain.shape)")
    let (x, g, tape) = (operand, gain.operand, tape)
    let scales = tape.keep(shape.rows)
    return tape.record(shape, from: [self, gain]) { output in
      tape.withKept(scales) {
        var scales = $0.mutableSpan
        TensorKernels.rmsNorm(
          tape.value(of: x).span, gain: tape.value(of: g).span, epsilon: epsilon, into: &output,
          scales: &scales)
      }
    } derivative: { tape, outputGradient in
      let (input, gain, scales) = (tape.value(of: x), tape.value(of: g), tape.kept(scales))
      tape.accumulate(into: x) {
        rmsNormInputDerivative(
          input.span, gain: gain.span, scales: scales.span, outputGradient: outputGradient.span,
          into: &$0)
      }
      tape.accumulate(into: g) {
        rmsNormGainDerivative(
          input.span, scales: scales.span, outputGradient: outputGradient.span, into: &$0)
      }
    }
  }

  /// The gated unit of Shazeer (2020), equation 6, of rows that hold their gate values and then
  /// their up values: silu(gate) ⊙ up, half as wide.
  public func swiGLU() -> Tensor {
    precondition(shape.columns % 2 == 0, "gate and up side by side in \(shape)")
    let (x, tape, width) = (operand, tape, shape.columns / 2)
    return tape.record(Shape(rows: shape.rows, columns: width), from: [self]) { output in
      TensorKernels.swiGLU(tape.value(of: x).span, width: width, into: &output)
    } derivative: { tape, outputGradient in
      tape.place(into: x) { gradient, accumulation in
        swiGLUDerivative(
          tape.value(of: x).span, width: width, outputGradient: outputGradient.span,
          accumulation, into: &gradient)
      }
    }
  }

  /// Causal self-attention within every segment, Vaswani (2017), equation 1, of rows that hold
  /// their queries, keys and values side by side.
  ///
  /// Queries and keys are turned by rotary positions, Su (2021), equation 34, in halves as
  /// transformers' `rotate_half`; a row's position is its index within its segment and the
  /// prefix before it. Groups of query heads share a key head, Ainslie (2023).
  public func selfAttention(_ attention: AttentionShape, base: Double) -> Tensor {
    precondition(
      shape == Shape(rows: attention.segments.total, columns: attention.rowColumns),
      "\(shape) for \(attention.segments.total) rows of \(attention.rowColumns)")
    let (x, tape) = (operand, tape)
    let weights = tape.keep(attention.weightCount)
    let table = tape.rotaryTable(
      positions: attention.longest, headDimension: attention.headDimension, base: base)
    let result = Shape(rows: shape.rows, columns: attention.queryColumns)
    return tape.record(result, from: [self]) { output in
      tape.withKept(weights) {
        var weights = $0.mutableSpan
        TensorKernels.selfAttention(
          tape.value(of: x).span, shape: attention, table: table, into: &output,
          weights: &weights)
      }
    } derivative: { tape, outputGradient in
      tape.place(into: x) { gradient, accumulation in
        selfAttentionDerivative(
          tape.value(of: x).span, weights: tape.kept(weights).span, shape: attention,
          table: table, outputGradient: outputGradient.span, accumulation, into: &gradient)
      }
    }
  }
}
