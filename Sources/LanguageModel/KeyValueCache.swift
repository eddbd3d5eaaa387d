import TensorKernels

/// The keys and values of one layer for sequences that grow.
struct KeyValueCache<Scalar: BLASScalar> {
  let shape: CacheShape
  private var keys: [Scalar]
  private var values: [Scalar]

  init(slots: Int, capacity: Int, for configuration: ModelConfiguration) {
    let attention = AttentionShape(
      segments: Segments(lengths: []), heads: configuration.heads,
      keyValueHeads: configuration.keyValueHeads, headDimension: configuration.headDimension)
    shape = CacheShape(attention: attention, slots: slots, capacity: capacity)
    keys = [Scalar](repeating: 0, count: shape.keyCount)
    values = [Scalar](repeating: 0, count: shape.valueCount)
  }

  /// Takes new rows in and attends from each of them over its sequence up to its own place.
  ///
  /// - Parameters:
  ///   - rows: Queries, keys and values of every row side by side.
  ///   - places: Where each row belongs; those of one sequence follow one another.
  ///   - table: The rotations of all positions.
  ///   - queries: Room for the queries, turned.
  ///   - output: What each row attends to.
  mutating func attend(
    _ rows: [Scalar], at places: CachePlaces, table: RotaryTable<Scalar>,
    queries: inout [Scalar], into output: inout [Scalar]
  ) {
    place(rows, places, shape, table, keys: &keys, values: &values, queries: &queries)
    var outputSpan = output.mutableSpan
    cachedAttention(
      queries: queries.span, at: places, of: shape, keys: keys.span, values: values.span,
      into: &outputSpan)
  }
}

private func place<Scalar: BLASScalar>(
  _ rows: [Scalar], _ places: CachePlaces, _ shape: CacheShape, _ table: RotaryTable<Scalar>,
  keys: inout [Scalar], values: inout [Scalar], queries: inout [Scalar]
) {
  var keySpan = keys.mutableSpan
  var valueSpan = values.mutableSpan
  var querySpan = queries.mutableSpan
  cacheRows(
    rows.span, at: places, of: shape, table: table, keys: &keySpan, values: &valueSpan,
    queries: &querySpan)
}
