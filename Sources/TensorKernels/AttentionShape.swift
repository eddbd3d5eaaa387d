/// The shape of causal self-attention over a packed batch.
///
/// A row holds the queries of all heads, then the keys and then the values of all key heads.
public struct AttentionShape: Sendable, Equatable {
  /// The sequences; a row sees itself and the rows before it in its own segment.
  public let segments: Segments
  /// The rows that every row of a segment sees before its own.
  ///
  /// None, or the first ones of an earlier segment that has none itself: sequences with a common
  /// beginning hold it once.
  public let prefixes: [Range<Int>]
  /// Query heads.
  public var heads: Int
  /// Key and value heads, each shared by heads / keyValueHeads query heads, Ainslie (2023).
  public var keyValueHeads: Int
  /// The width of a head.
  public var headDimension: Int

  /// An attention shape; `heads` must be a multiple of `keyValueHeads`, and there is a prefix for
  /// every segment unless none has one.
  public init(
    segments: Segments, prefixes: [Range<Int>]? = nil, heads: Int, keyValueHeads: Int,
    headDimension: Int
  ) {
    precondition(
      keyValueHeads > 0 && heads % keyValueHeads == 0, "\(heads) heads on \(keyValueHeads)")
    self.segments = segments
    self.prefixes = prefixes ?? Array(repeating: 0..<0, count: segments.count)
    self.heads = heads
    self.keyValueHeads = keyValueHeads
    self.headDimension = headDimension
    checkPrefixes()
  }

  /// Attention weights of the whole batch: heads · Σ length · padded number of keys.
  public var weightCount: Int { heads * (0..<segments.count).reduce(0) { $0 + self[$1].weights } }

  /// The most rows that one row sees, itself included: the positions there are.
  public var longest: Int { (0..<segments.count).reduce(0) { max($0, self[$1].keys) } }

  /// The width of a row of queries, keys and values side by side.
  public var rowColumns: Int { queryColumns + 2 * keyColumns }
  /// The width of all query heads, which is that of the output.
  public var queryColumns: Int { heads * headDimension }
  /// The width of all key heads, which is that of the values as well.
  public var keyColumns: Int { keyValueHeads * headDimension }

  /// The rows of a segment and those before them.
  subscript(segment: Int) -> SegmentRows {
    SegmentRows(own: segments[segment], prefix: prefixes[segment])
  }

  var group: Int { heads / keyValueHeads }
  /// The factor of every score, 1/√headDimension.
  func scale<Scalar: TensorScalar>() -> Scalar { 1 / Scalar(headDimension).squareRoot() }

  func check(rows: Int, outputs: Int, weights: Int) {
    let total = segments.total
    precondition(
      rows == total * rowColumns && outputs == total * queryColumns && weights == weightCount,
      "\(total) rows of \(rowColumns): \(rows) values, \(outputs) outputs, \(weights) weights")
  }

  private func checkPrefixes() {
    precondition(
      prefixes.count == segments.count, "\(prefixes.count) prefixes, \(segments.count) segments")
    var ends: [Int: Int] = [:]
    for (rows, prefix) in zip((0..<segments.count).map { segments[$0] }, prefixes) {
      if prefix.isEmpty {
        ends[rows.lowerBound] = rows.upperBound
      } else {
        precondition(
          ends[prefix.lowerBound].map { prefix.upperBound <= $0 } == true,
          "the prefix \(prefix) of \(rows) does not begin an earlier segment without a prefix")
      }
    }
  }

  /// Calls the body for every key head of every segment: its rows, and where the weights of its
  /// first query head begin; each query head has `weights` of them.
  @inline(__always)
  func forEachKeyHead(_ body: (_ rows: SegmentRows, _ keyHead: Int, _ weights: Int) -> Void) {
    var offset = 0
    for s in 0..<segments.count {
      let rows = self[s]
      for keyHead in 0..<keyValueHeads {
        if !rows.own.isEmpty { body(rows, keyHead, offset) }
        offset += group * rows.weights
      }
    }
  }
}

/// The rows that attention reads for one segment.
struct SegmentRows {
  /// Those that ask.
  var own: Range<Int>
  /// Those that every one of them sees before its own.
  var prefix: Range<Int>

  /// The rows that are seen.
  var keys: Int { prefix.count &+ own.count }
  /// The stride of a row of weights.
  var stride: Int { paddedLength(keys) }
  /// The weights of one query head.
  var weights: Int { own.count &* stride }

  /// The keys that a tile of four rows sees, the `i`-th row of the segment being its first.
  @inline(__always)
  func seen(fromTileAt i: Int) -> Int { min(prefix.count &+ i &+ 4, keys) }

  /// The keys that row `i` sees, filled up to whole vectors that hold all its tile sees.
  @inline(__always)
  func paddedSeen(from i: Int) -> Int { paddedLength(seen(fromTileAt: i & ~3)) }
}

/// The stride of a row of attention weights: whole vectors, so that no row needs a remainder.
@inline(__always)
func paddedLength(_ length: Int) -> Int { (length &+ 15) & ~15 }
