public import TensorKernels

extension Tensor {
  /// The linear layer y = x·Wᵀ without a bias; the weight is outputs × inputs, as in PyTorch.
  public func linear(_ weight: Tensor) -> Tensor {
    let (rows, inputs, outputs) = (shape.rows, shape.columns, weight.shape.rows)
    precondition(weight.shape.columns == inputs, "\(shape) through a weight of \(weight.shape)")
    let (x, w, tape) = (operand, weight.operand, tape)
    let result = Shape(rows: rows, columns: outputs)
    return tape.record(result, from: [self, weight]) { output in
      Scalar.multiply(
        MatrixProduct(rows: rows, inner: inputs, columns: outputs, right: .transposed),
        tape.value(of: x).span, tape.value(of: w).span, into: &output)
    } derivative: { tape, outputGradient in
      let (input, weight) = (tape.value(of: x), tape.value(of: w))
      tape.accumulate(into: x) {
        Scalar.multiply(
          MatrixProduct(rows: rows, inner: outputs, columns: inputs, keeping: 1),
          outputGradient.span, weight.span, into: &$0)
      }
      tape.accumulate(into: w) {
        Scalar.multiply(
          MatrixProduct(rows: outputs, inner: rows, columns: inputs, left: .transposed, keeping: 1),
          outputGradient.span, input.span, into: &$0)
      }
    }
  }

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

  /// The gated unit of Shazeer (2020), equation 6, called on the gate: silu(gate) ⊙ up.
  public func swiGLU(_ up: Tensor) -> Tensor {
    precondition(shape == up.shape, "gate \(shape) against \(up.shape)")
    let (g, u, tape) = (operand, up.operand, tape)
    return tape.record(shape, from: [self, up]) { output in
      TensorKernels.swiGLU(gate: tape.value(of: g).span, up: tape.value(of: u).span, into: &output)
    } derivative: { tape, outputGradient in
      let (gate, up) = (tape.value(of: g), tape.value(of: u))
      tape.withGradient(of: g) { gateGradient in
        tape.withGradient(of: u) { upGradient in
          swiGLUDerivative(
            gate: gate.span, up: up.span, outputGradient: outputGradient.span,
            intoGate: &gateGradient, up: &upGradient)
        }
      }
    }
  }

  /// Rotary position embedding of every head, Su (2021), equation 34, in halves as transformers'
  /// `rotate_half`; a row's position is its index within its segment.
  public func rotary(segments: Segments, headDimension: Int, base: Double) -> Tensor {
    precondition(segments.total == shape.rows, "\(shape) for \(segments.total) rows")
    let (x, tape, columns) = (operand, tape, shape.columns)
    let positions = (0..<segments.count).flatMap { Array(0..<segments[$0].count) }
    let table = tape.rotaryTable(
      positions: segments.lengths.max() ?? 0, headDimension: headDimension, base: base)
    return tape.record(shape, from: [self]) { output in
      rotated(
        tape.value(of: x).span, columns: columns, positions: positions, table: table,
        into: &output)
    } derivative: { tape, outputGradient in
      tape.accumulate(into: x) {
        rotatedDerivative(
          columns: columns, positions: positions, table: table,
          outputGradient: outputGradient.span, into: &$0)
      }
    }
  }
}
