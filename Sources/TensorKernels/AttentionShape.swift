/// The shape of causal attention over a packed batch.
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

  /// Attention weights of the whole batch: heads · Σ length².
  public var weightCount: Int {
    var total = 0
    for s in 0..<segments.count { total += segments[s].count * segments[s].count }
    return heads * total
  }

  var queryColumns: Int { heads * headDimension }
  var keyColumns: Int { keyValueHeads * headDimension }

  func check(queries: Int, keys: Int, values: Int, weights: Int) {
    let rows = segments.total
    precondition(
      queries == rows * queryColumns && keys == rows * keyColumns && values == keys
        && weights == weightCount,
      "\(rows) rows: \(queries) queries, \(keys) keys, \(values) values, \(weights) weights")
  }

  /// Calls the body for every head of every segment: where its first query and first key lie, the
  /// length of the segment, and where its weights lie.
  @inline(__always)
  func forEachHead(_ body: (_ row: Int, _ column: Int, _ length: Int, _ offset: Int) -> Void) {
    var offset = 0
    for s in 0..<segments.count {
      let (start, length) = (segments[s].lowerBound, segments[s].count)
      for head in 0..<heads {
        let keyHead = head / (heads / keyValueHeads)
        body(
          start * queryColumns + head * headDimension,
          start * keyColumns + keyHead * headDimension, length, offset)
        offset += length * length
      }
    }
  }
}
