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

extension Tensor {
  /// The linear layer y = x·Wᵀ without a bias; the weight is outputs × inputs, as in PyTorch.
  public func linear(_ weight: Tensor) -> Tensor { linear([weight]) }

  /// The linear layer y = r + x·Wᵀ on top of a residual r of the shape of its result.
  public func linear(_ weight: Tensor, onto residual: Tensor) -> Tensor {
    precondition(
      residual.shape == Shape(rows: shape.rows, columns: weight.shape.rows),
      "\(shape) through a weight of \(weight.shape) onto \(residual.shape)")
    let (layer, tape) = (LinearLayer(self, [weight]), tape)
    let r = residual.operand
    return tape.record(residual.shape, from: [residual, self, weight]) { output in
      copy(tape.value(of: r).span, into: &output)
      layer.forward(into: &output, .added, on: tape)
    } derivative: { tape, outputGradient in
      layer.backward(outputGradient.span, on: tape)
      tape.give(&outputGradient, to: r)
    }
  }

  /// Linear layers of one input, their results side by side: (x·W₁ᵀ, x·W₂ᵀ, …).
  public func linear(_ weights: [Tensor]) -> Tensor {
    let (layer, tape) = (LinearLayer(self, weights), tape)
    let result = Shape(rows: shape.rows, columns: layer.columns)
    return tape.record(result, from: [self] + weights) { output in
      layer.forward(into: &output, .assigned, on: tape)
    } derivative: { tape, outputGradient in
      layer.backward(outputGradient.span, on: tape)
    }
  }
}

/// The products of an input with weights, and their derivatives.
private struct LinearLayer {
  let input: Operand
  let weights: [Operand]

  init<Scalar>(_ input: Tensor<Scalar>, _ weights: [Tensor<Scalar>]) {
    for weight in weights {
      precondition(
        weight.shape.columns == input.shape.columns,
        "\(input.shape) through a weight of \(weight.shape)")
    }
    self.input = input.operand
    self.weights = weights.map(\.operand)
  }

  /// The columns of all results side by side.
  var columns: Int { weights.reduce(0) { $0 + $1.shape.rows } }

  /// `output = input·Wᵀ`, or that added to it, each weight in its own columns.
  func forward<Scalar>(
    into output: inout MutableSpan<Scalar>, _ accumulation: Accumulation, on tape: Tape<Scalar>
  ) {
    forEachWeight { weight, column in
      let product = MatrixProduct(
        rows: input.shape.rows, inner: input.shape.columns, columns: weight.shape.rows,
        right: .transposed, accumulation: accumulation, resultStride: columns)
      // The name that Swift 6.3 gives `extracting` until its final one is settled (SE-0467).
      var slice = output._mutatingExtracting(min(column, output.count)..<output.count)
      Scalar.multiply(
        product, tape.value(of: input).span, tape.value(of: weight).span, into: &slice)
    }
  }

  /// ∂L/∂x += Σ ∂L/∂yᵢ·Wᵢ and ∂L/∂Wᵢ += (∂L/∂yᵢ)ᵀ·x.
  func backward<Scalar>(_ outputGradient: Span<Scalar>, on tape: Tape<Scalar>) {
    let (rows, width) = (input.shape.rows, input.shape.columns)
    forEachWeight { weight, column in
      let slice = outputGradient.extracting(min(column, outputGradient.count)...)
      let outputs = weight.shape.rows
      tape.place(into: input) { gradient, accumulation in
        let product = MatrixProduct(
          rows: rows, inner: outputs, columns: width, accumulation: accumulation,
          leftStride: columns)
        Scalar.multiply(product, slice, tape.value(of: weight).span, into: &gradient)
      }
      tape.place(into: weight) { gradient, accumulation in
        let product = MatrixProduct(
          rows: outputs, inner: rows, columns: width, left: .transposed,
          accumulation: accumulation, leftStride: columns)
        Scalar.multiply(product, slice, tape.value(of: input).span, into: &gradient)
      }
    }
  }

  private func forEachWeight(_ body: (_ weight: Operand, _ column: Int) -> Void) {
    var column = 0
    for weight in weights {
      body(weight, column)
      column += weight.shape.rows
    }
  }
}
