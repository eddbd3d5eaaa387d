import JSON

extension SafetensorsFile {
  /// A single-precision tensor to be written.
  public struct Tensor: Sendable {
    /// The tensor's name.
    public var name: String
    /// The sizes of its dimensions.
    public var shape: [Int]
    /// Its elements, the last dimension running fastest.
    public var values: [Float]

    /// A tensor whose shape has as many elements as there are values.
    public init(name: String, shape: [Int], values: [Float]) {
      let count = shape.reduce(1, *)
      precondition(count == values.count, "shape \(shape) of \(values.count) values")
      self.name = name
      self.shape = shape
      self.values = values
    }
  }

  /// The bytes of a file that holds the tensors: the same bytes for the same tensors.
  ///
  /// As the reference writer does, tensors of one dtype come in the order of their names, and the
  /// header is padded with spaces to a multiple of eight.
  public static func encode(_ tensors: [Tensor], metadata: [String: String] = [:]) -> [UInt8] {
    let sorted = tensors.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    var header = JSONWriter.compact(self.header(sorted, metadata))
    header += [UInt8](repeating: 0x20, count: (8 - header.count % 8) % 8)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(8 + header.count + sorted.reduce(0) { $0 + 4 * $1.values.count })
    let length = UInt64(header.count)
    for shift in stride(from: UInt64(0), to: 64, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: length >> shift))
    }
    bytes += header
    for tensor in sorted { appendLittleEndian(tensor.values, to: &bytes) }
    return bytes
  }

  private static func header(_ tensors: [Tensor], _ metadata: [String: String]) -> JSONValue {
    let strings = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      .map { JSONValue.Member(key: $0.key, value: .string($0.value)) }
    var members = [JSONValue.Member(key: "__metadata__", value: .object(strings))]
    var offset = 0
    for tensor in tensors {
      let end = offset + 4 * tensor.values.count
      let entry: JSONValue = [
        "dtype": "F32", "shape": .array(tensor.shape.map(JSONValue.whole)),
        "data_offsets": [.whole(offset), .whole(end)],
      ]
      members.append(.init(key: tensor.name, value: entry))
      offset = end
    }
    return .object(members)
  }
}

/// Appends IEEE 754 single-precision numbers, the lowest byte first.
private func appendLittleEndian(_ values: [Float], to bytes: inout [UInt8]) {
  for value in values {
    let bits = value.bitPattern
    bytes.append(UInt8(truncatingIfNeeded: bits))
    bytes.append(UInt8(truncatingIfNeeded: bits >> 8))
    bytes.append(UInt8(truncatingIfNeeded: bits >> 16))
    bytes.append(UInt8(truncatingIfNeeded: bits >> 24))
  }
}
