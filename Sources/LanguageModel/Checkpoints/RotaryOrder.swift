/// The rows of a query or key projection, moved from neighbouring rotary pairs to split halves.
///
/// llama2.c and GGUF turn the coordinates (2i, 2i + 1) of a head together, transformers and this
/// library (i, i + d/2). Row 2i + p of a head of width d thus becomes row i + p·d/2; queries and
/// keys move alike, and so their products stay what they were.
///
/// - Parameters:
///   - matrix: heads·d rows of `columns` numbers.
///   - heads: The heads of this projection.
///   - columns: The width of a row.
/// - Returns: The same rows in the other order.
func splitRotaryPairs(_ matrix: [Float], heads: Int, columns: Int) -> [Float] {
  let width = matrix.count / columns / heads
  precondition(
    heads * width * columns == matrix.count && width % 2 == 0,
    "\(matrix.count) numbers for \(heads) heads of \(columns) columns")
  var result: [Float] = []
  result.reserveCapacity(matrix.count)
  for head in 0..<heads {
    for row in 0..<width {
      let source = head * width + 2 * (row % (width / 2)) + row / (width / 2)
      result += matrix[source * columns..<(source + 1) * columns]
    }
  }
  return result
}
