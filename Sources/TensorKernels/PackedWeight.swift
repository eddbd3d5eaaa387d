/// A weight matrix as products with few rows want it: in panels of sixteen outputs.
///
/// A product copies its right factor into such panels on every call, which pays for many rows only. A
/// sampler multiplies the same weights by a few rows at every step, so it packs them once. A row's
/// result does not depend on what other rows there are, to the bit.
public struct PackedWeight<Scalar: TensorScalar>: Sendable {
  /// Rows of the matrix.
  public let outputs: Int
  /// Columns of the matrix.
  public let inputs: Int
  /// Panels of inputs × 16; the last one is filled up with zeros.
  private let panels: [Scalar]

  /// Packs weights of outputs × inputs.
  public init(_ weights: [Scalar], inputs: Int) {
    precondition(inputs > 0 && weights.count % inputs == 0, "\(weights.count) in rows of \(inputs)")
    self.inputs = inputs
    outputs = weights.count / inputs
    var panels = [Scalar](repeating: 0, count: paddedLength(outputs) * inputs)
    for row in 0..<outputs {
      let first = (row / 16) * 16 * inputs + row % 16
      for i in 0..<inputs { panels[first + 16 * i] = weights[row * inputs + i] }
    }
    self.panels = panels
  }

  /// `output = input·Wᵀ`, or that added to the output, in one block of the whole sums.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  fileprivate func multiply(
    _ input: Span<Scalar>, _ result: Accumulation, into output: inout MutableSpan<Scalar>
  ) {
    let rows = input.count / inputs
    checkCounts(input.count, input.count, rows * inputs)
    checkCounts(output.count, output.count, rows * outputs)
    let product = MatrixProduct(rows: rows, inner: inputs, columns: outputs)
    unsafe withPointers(input, panels.span) { x, panels in
      unsafe output.withUnsafeMutableBufferPointer { output in
        unsafe withUnsafeTemporaryAllocation(
          of: Scalar.self, capacity: TileScratch<Scalar>.countOfSums
        ) { room in
          guard let y = output.baseAddress, let scratch = room.baseAddress else { return }
          unsafe multiplyBlock(
            product, x, 0..<inputs, panels, 0..<outputs, result, into: y,
            scratch: TileScratch(scratch))
        }
      }
    }
  }
}

extension PackedWeight {
  /// `output = input·Wᵀ`, rows × inputs by the weights into rows × outputs.
  public func assignProduct(_ input: Span<Scalar>, into output: inout MutableSpan<Scalar>) {
    multiply(input, .assigned, into: &output)
  }

  /// `output += input·Wᵀ`, rows × inputs by the weights into rows × outputs.
  public func addProduct(_ input: Span<Scalar>, into output: inout MutableSpan<Scalar>) {
    multiply(input, .added, into: &output)
  }
}
