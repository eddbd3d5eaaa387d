import TensorKernels

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
      layer.write(to: &output, .added, on: tape)
    } derivative: { tape, outputGradient in
      layer.differentiate(outputGradient.span, on: tape)
      tape.give(&outputGradient, to: r)
    }
  }

  /// Linear layers of one input, their results side by side: (x·W₁ᵀ, x·W₂ᵀ, …).
  public func linear(_ weights: [Tensor]) -> Tensor {
    let (layer, tape) = (LinearLayer(self, weights), tape)
    let result = Shape(rows: shape.rows, columns: layer.columns)
    return tape.record(result, from: [self] + weights) { output in
      layer.write(to: &output, .assigned, on: tape)
    } derivative: { tape, outputGradient in
      layer.differentiate(outputGradient.span, on: tape)
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
  func write<Scalar>(
    to output: inout MutableSpan<Scalar>, _ accumulation: Accumulation, on tape: Tape<Scalar>
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
  func differentiate<Scalar>(_ outputGradient: Span<Scalar>, on tape: Tape<Scalar>) {
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
