import TensorKernels

/// Where a row's key and value lie in a cache: in the slot of its sequence, at its position.
struct CachePlace: Equatable {
  var slot: Int
  var position: Int
}

/// The keys and values of one layer for sequences that grow: slots × capacity × width.
struct KeyValueCache<Scalar: BLASScalar> {
  /// Sequences that fit.
  let slots: Int
  /// Positions that fit for each sequence.
  let capacity: Int
  /// Heads and widths; its segments mean nothing here.
  private let shape: AttentionShape
  private let width: Int
  private var keys: [Scalar]
  private var values: [Scalar]

  init(slots: Int, capacity: Int, for configuration: ModelConfiguration) {
    self.slots = slots
    self.capacity = capacity
    width = configuration.keyValueWidth
    shape = AttentionShape(
      segments: Segments(lengths: []), heads: configuration.heads,
      keyValueHeads: configuration.keyValueHeads, headDimension: configuration.headDimension)
    keys = [Scalar](repeating: 0, count: slots * capacity * width)
    values = keys
  }

  /// Keeps row i of `keys` and of `values` at `places[i]`.
  mutating func store(keys newKeys: [Scalar], values newValues: [Scalar], at places: [CachePlace]) {
    let rows = places.map { $0.slot * capacity + $0.position }
    copyRows(of: newKeys, width: width, to: rows, of: &keys)
    copyRows(of: newValues, width: width, to: rows, of: &values)
  }

  /// The attention of new rows over their sequences up to their own places, which are stored.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func attend(
    queries: [Scalar], at places: [CachePlace], into output: inout [Scalar]
  ) {
    let (shape, stride) = (shape, capacity * width)
    let columns = shape.heads * shape.headDimension
    var outputSpan = output.mutableSpan
    var scores = [Scalar](repeating: 0, count: capacity)
    var scoreSpan = scores.mutableSpan
    for (row, place) in places.enumerated() {
      let columns = row * columns..<(row + 1) * columns
      let cached = place.slot * stride..<place.slot * stride + (place.position + 1) * width
      // The name that Swift 6.3 gives `extracting` until its final one is settled (SE-0467).
      var attended = outputSpan._mutatingExtracting(columns)
      cachedAttention(
        query: queries.span.extracting(columns), keys: keys.span.extracting(cached),
        values: values.span.extracting(cached), length: place.position + 1, shape: shape,
        into: &attended, scores: &scoreSpan)
    }
  }
}

@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
private func copyRows<Scalar: BLASScalar>(
  of source: [Scalar], width: Int, to rows: [Int], of target: inout [Scalar]
) {
  var span = target.mutableSpan
  for (i, row) in rows.enumerated() {
    for c in 0..<width { span[row * width + c] = source[i * width + c] }
  }
}
