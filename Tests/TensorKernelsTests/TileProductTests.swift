import TensorKernels
import TestSupport
import Testing

@Suite struct TileProductTests {
  // 37 columns: two vectors of sixteen, and five columns that fill none.
  private let inner = 7
  private let columns = 37

  /// A tile of some rows in a result of eight, whose other rows hold −1.
  private func tile(rows: Int, _ result: Accumulation) -> [Double] {
    let left: [Double] = wave(8 * inner, phase: 1)
    let right: [Double] = wave(inner * columns, phase: 2)
    var output = [Double](repeating: -1, count: 8 * columns)
    unsafe left.withUnsafeBufferPointer { left in
      unsafe right.withUnsafeBufferPointer { right in
        unsafe output.withUnsafeMutableBufferPointer { output in
          guard let left = left.baseAddress, let right = right.baseAddress,
            let output = output.baseAddress
          else { return }
          let operands = unsafe TileOperands(
            left: left, rowStride: inner, step: 1, right: right, stride: columns, count: inner)
          unsafe multiplyTile(
            operands, rows: rows, columns: columns, result, into: output, outputStride: columns)
        }
      }
    }
    return output
  }

  @Test(arguments: 0...8, [Accumulation.assigned, .added])
  func aTileHasAsManyRowsAsAreAskedForAndTouchesNoOther(rows: Int, result: Accumulation) {
    let left: [Double] = wave(8 * inner, phase: 1)
    let right: [Double] = wave(inner * columns, phase: 2)
    let found = tile(rows: rows, result)
    for r in 0..<8 {
      for c in 0..<columns {
        let exact = (0..<inner).reduce(result == .added ? -1.0 : 0) {
          $0 + left[r * inner + $1] * right[$1 * columns + c]
        }
        let value = found[r * columns + c]
        #expect(r < rows ? abs(value - exact) < 1e-14 : value == -1, "row \(r), column \(c)")
      }
    }
  }

  @Test func aRowHasTheSameBitsInATileOfAnyHeight() {
    let alone = tile(rows: 1, .assigned).prefix(columns)
    for rows in 2...8 { #expect(tile(rows: rows, .assigned).prefix(columns) == alone) }
  }
}
