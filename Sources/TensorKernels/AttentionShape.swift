/// The shape of causal self-attention over a packed batch.
///
/// A row holds the queries of all heads, then the keys and then the values of all key heads.
public struct AttentionShape: Sendable, Equatable {
  /// The sequences; a row sees itself and the rows before it in its own segment.
  public var segments: Segments
  /// Query heads.
  public var heads: Int
  /// Key and value heads, each shared by heads / keyValueHeads query heads, Ainslie (2023).
  public var keyValueHeads: Int
  /// The width of a head.
  public var headDimension: Int

  /// An attention shape; `heads` must be a multiple of `keyValueHeads`.
  public init(segments: Segments, heads: Int, keyValueHeads: Int, headDimension: Int) {
    precondition(
      keyValueHeads > 0 && heads % keyValueHeads == 0, "\(heads) heads on \(keyValueHeads)")
    self.segments = segments
    self.heads = heads
    self.keyValueHeads = keyValueHeads
    self.headDimension = headDimension
  }

  /// Attention weights of the whole batch: heads · Σ length · padded length.
  public var weightCount: Int {
    var total = 0
    for s in 0..<segments.count {
      total += segments[s].count * paddedLength(segments[s].count)
    }
    return heads * total
  }

  /// The width of a row of queries, keys and values side by side.
  public var rowColumns: Int { queryColumns + 2 * keyColumns }
  /// The width of all query heads, which is that of the output.
  public var queryColumns: Int { heads * headDimension }
  /// The width of all key heads, which is that of the values as well.
  public var keyColumns: Int { keyValueHeads * headDimension }

  var longest: Int { segments.lengths.max() ?? 0 }
  var group: Int { heads / keyValueHeads }
  /// The factor of every score, 1/√headDimension.
  func scale<Scalar: BLASScalar>() -> Scalar { 1 / Scalar(headDimension).squareRoot() }

  func check(rows: Int, outputs: Int, weights: Int) {
    let total = segments.total
    precondition(
      rows == total * rowColumns && outputs == total * queryColumns && weights == weightCount,
      "\(total) rows of \(rowColumns): \(rows) values, \(outputs) outputs, \(weights) weights")
  }

  /// Calls the body for every key head of every segment: its rows, and where the weights of its
  /// first query head begin; each query head has length × padded length of them.
  @inline(__always)
  func forEachKeyHead(_ body: (_ rows: Range<Int>, _ keyHead: Int, _ weights: Int) -> Void) {
    var offset = 0
    for s in 0..<segments.count {
      let rows = segments[s]
      for keyHead in 0..<keyValueHeads {
        if !rows.isEmpty { body(rows, keyHead, offset) }
        offset += group * rows.count * paddedLength(rows.count)
      }
    }
  }
}

/// The stride of a row of attention weights: whole vectors, so that no row needs a remainder.
@inline(__always)
func paddedLength(_ length: Int) -> Int { (length &+ 15) & ~15 }
