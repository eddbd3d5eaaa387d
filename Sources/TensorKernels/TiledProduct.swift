/// Products in tiles of our own, not of a BLAS, whose last bits depend on the kernels that it knows for a
/// processor, and whose speed too: one that it does not know gets those of 2004.
///
/// The right factor is copied into panels of sixteen columns, a left one that is stored transposed into
/// strips of a tile's height. A sum is taken in blocks of equal length, at most ``longestBlock`` terms
/// each, one term after the other within a block, whatever the processor.
///
/// - Parameters:
///   - product: the shape.
///   - left: as ``MatrixProduct`` says.
///   - right: as ``MatrixProduct`` says.
///   - result: rows × columns, `resultDistance` apart.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
func multiplyTiled<Scalar: TensorScalar>(
  _ product: MatrixProduct, _ left: UnsafePointer<Scalar>, _ right: UnsafePointer<Scalar>,
  into result: UnsafeMutablePointer<Scalar>
) {
  let blocks = (product.inner + longestBlock - 1) / longestBlock
  let longest = (product.inner + blocks - 1) / blocks
  let slab = min(paddedLength(product.columns), max(64, slabValues / longest & ~63))
  unsafe withUnsafeTemporaryAllocation(
    of: Scalar.self, capacity: slab * longest + TileScratch<Scalar>.count(terms: longest)
  ) { room in
    guard let panels = room.baseAddress else { return }
    let scratch = unsafe TileScratch(panels + slab * longest)
    for start in stride(from: 0, to: product.inner, by: longest) {
      let block = start..<min(start + longest, product.inner)
      for column in stride(from: 0, to: product.columns, by: slab) {
        let columns = column..<min(column + slab, product.columns)
        unsafe packPanels(of: right, product, block, columns, into: panels)
        unsafe multiplyBlock(
          product, left, block, UnsafePointer(panels), columns,
          start == 0 ? product.accumulation : .added, into: result, scratch: scratch)
      }
    }
  }
}

/// Terms of the sums that go through the tiles at once, so many at most: a result is read and
/// written again for each block, and its bits depend on this number.
private let longestBlock = 512

/// Values of the right factor that are packed at once, a megabyte of Float, which a second or third
/// cache holds while all rows go by.
private let slabValues = 1 << 18

/// Rows of the left factor that stay in the second cache while all panels go by: ten tiles of six.
private let chunkRows = 60

/// Terms for which two panels and a tile's rows stay in the first cache; the rest of a block continues.
private let nearTerms = 256

/// Room for strips of the left factor and for sums that are not finished.
@unsafe struct TileScratch<Scalar: TensorScalar> {
  fileprivate let sums, strips: UnsafeMutablePointer<Scalar>

  /// The values that it takes for blocks of so many terms.
  static func count(terms: Int) -> Int { chunkRows * (64 + terms) }

  /// The values that it takes without strips.
  static var countOfSums: Int { chunkRows * 64 }

  init(_ room: UnsafeMutablePointer<Scalar>) {
    unsafe (sums, strips) = unsafe (room, room + Self.countOfSums)
  }
}

/// Adds the terms of one block to some columns: rows in chunks that stay in the second cache, while
/// panel after panel passes by in the first.
@inline(__always)
func multiplyBlock<Scalar: TensorScalar>(
  _ product: MatrixProduct, _ left: UnsafePointer<Scalar>, _ block: Range<Int>,
  _ right: UnsafePointer<Scalar>, _ columns: Range<Int>, _ accumulation: Accumulation,
  into result: UnsafeMutablePointer<Scalar>, scratch: TileScratch<Scalar>
) {
  let step = product.leftDistance
  for first in stride(from: 0, to: product.rows, by: chunkRows) {
    let rows = min(chunkRows, product.rows &- first)
    var chunk = unsafe RowChunk(
      left: left + (first &* step &+ block.lowerBound), distance: step, rows: rows,
      terms: block.count, isPacked: false)
    if product.left == .transposed {
      unsafe packStrips(
        of: left + (first &+ block.lowerBound &* step), stride: step, count: block.count,
        rows: rows, into: scratch.strips)
      unsafe (chunk.left, chunk.isPacked) = unsafe (UnsafePointer(scratch.strips), true)
    }
    var column = columns.lowerBound
    while column < columns.upperBound {
      let panels = panelCount(of: columns.upperBound &- column, rows: rows)
      let panel = unsafe right + (column &- columns.lowerBound) &* block.count
      let target = unsafe result + (first &* product.resultDistance &+ column)
      unsafe multiply(
        chunk, panel, panels, columns: columns.upperBound &- column, accumulation, into: target,
        outputStride: product.resultDistance, scratch: scratch.sums)
      column &+= 16 &* max(1, panels)
    }
  }
}

/// The whole panels that go through the tiles together: four for single rows, else as many as a tile is
/// wide; none where the columns that are left fill no panel.
@inline(__always)
func panelCount(of columns: Int, rows: Int) -> Int {
  if rows < 4, columns >= 64 { return 4 }
  return tilesAreWide && columns >= 32 ? 2 : columns >= 16 ? 1 : 0
}

/// Some rows of the left factor: as they lie in memory, `distance` apart, or in strips.
@unsafe private struct RowChunk<Scalar: TensorScalar> {
  var left: UnsafePointer<Scalar>
  let distance, rows, terms: Int
  var isPacked: Bool

  /// A tile's operands: some terms of rows that begin at one of the chunk.
  @inline(__always)
  func operands(
    row: Int, height: Int, from term: Int, count: Int, _ panel: UnsafePointer<Scalar>
  ) -> TileOperands<Scalar> {
    let right = unsafe panel + 16 &* term
    return unsafe isPacked
      ? TileOperands(
        left: left + (row &* terms &+ term &* height), rowStride: 1, step: height, right: right,
        stride: 16, count: count)
      : TileOperands(
        left: left + (row &* distance &+ term), rowStride: distance, step: 1, right: right,
        stride: 16, count: count)
  }
}

/// A chunk of rows times neighbouring panels; sums that are added, or fill no panel, are made in the scratch.
@inline(__always)
private func multiply<Scalar: TensorScalar>(
  _ chunk: RowChunk<Scalar>, _ panel: UnsafePointer<Scalar>, _ panels: Int, columns: Int,
  _ accumulation: Accumulation, into output: UnsafeMutablePointer<Scalar>, outputStride: Int,
  scratch: UnsafeMutablePointer<Scalar>
) {
  let (whole, terms) = unsafe (max(1, panels), chunk.terms)
  let parts = (terms &+ nearTerms &- 1) / nearTerms
  let length = (terms &+ parts &- 1) / max(1, parts)
  let isDirect = panels > 0 && (parts == 1 || accumulation == .assigned)
  let (target, targetStride) = unsafe isDirect ? (output, outputStride) : (scratch, 16 &* whole)
  var term = 0
  while term < terms {
    let count = min(length, terms &- term)
    let result: TileResult =
      term > 0 ? .continued : isDirect && accumulation == .added ? .added : .assigned
    var row = 0
    while unsafe row < chunk.rows {
      let height = unsafe tileHeight(of: chunk.rows &- row)
      unsafe multiplyPanels(
        chunk.operands(row: row, height: height, from: term, count: count, panel), whole,
        distance: 16 &* terms, rows: height, result, into: target + row &* targetStride,
        outputStride: targetStride)
      row &+= height
    }
    term &+= count
  }
  guard !isDirect else { return }
  for row in unsafe 0..<chunk.rows {
    for c in 0..<min(columns, 16 &* whole) {
      let (place, value) = unsafe (row &* outputStride &+ c, scratch[row &* targetStride &+ c])
      unsafe output[place] = accumulation == .added ? output[place] + value : value
    }
  }
}
