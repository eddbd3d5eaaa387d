import JSON

/// A safetensors file in memory: named tensors of any dtype, in the order of their bytes.
///
/// Layout: eight bytes N (little-endian), N bytes of JSON header, then the tensors without a gap.
public struct SafetensorsFile: Sendable {
  /// A tensor's place in the file.
  public struct Entry: Equatable, Sendable {
    /// The tensor's name.
    public var name: String
    /// The element type as the format spells it, for example `F32`.
    public var type: String
    /// The sizes of its dimensions; none for a scalar.
    public var shape: [Int]
    /// Where its bytes lie in the file.
    public var range: Range<Int>
  }

  /// The tensors in the order of their bytes.
  public let entries: [Entry]
  /// The strings under `__metadata__`.
  public let metadata: [String: String]
  private let bytes: [UInt8]
  private let places: [String: Int]

  /// Bits of an element by dtype, as in safetensors 0.8.
  private static let typeBits = [
    "BOOL": 8, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8,
    "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8, "I16": 16, "U16": 16, "F16": 16, "BF16": 16,
    "I32": 32, "U32": 32, "F32": 32, "C64": 64, "F64": 64, "I64": 64, "U64": 64,
  ]
  private static let longestHeader: UInt64 = 100_000_000

  /// Reads the bytes of a whole file and holds them to every rule of the format.
  public init(bytes: [UInt8]) throws(SafetensorsError) {
    guard bytes.count >= 8 else { throw .fileTooShort(bytes: bytes.count) }
    let headerLength = littleEndian(bytes[0..<8])
    guard headerLength <= Self.longestHeader else { throw .headerTooLong(bytes: headerLength) }
    let start = 8 + Int(headerLength)
    guard start <= bytes.count else {
      throw .headerPastEnd(header: Int(headerLength), file: bytes.count)
    }
    let members = try Self.header(Array(bytes[8..<start]))
    metadata = try Self.metadata(members)
    var entries: [Entry] = []
    for member in members where member.key != "__metadata__" {
      entries.append(try Self.entry(member, dataStart: start))
    }
    entries.sort {
      ($0.range.lowerBound, $0.range.upperBound, $0.name)
        < ($1.range.lowerBound, $1.range.upperBound, $1.name)
    }
    try Self.checkThatTheyTile(entries, from: start, to: bytes.count)
    self.entries = entries
    self.bytes = bytes
    places = Dictionary(zip(entries.map(\.name), entries.indices)) { first, _ in first }
  }

  /// A tensor's place in the file.
  subscript(name: String) -> Entry? { places[name].map { entries[$0] } }

  /// The values of an `F32`, `F16` or `BF16` tensor in single precision; nil where the name is
  /// unknown or the dtype another one.
  public func floats(_ name: String) -> [Float]? {
    guard let entry = self[name] else { return nil }
    return switch entry.type {
    case "F32": littleEndianFloats(bytes, in: entry.range)
    case "F16": littleEndianFloats(bytes, in: entry.range, widening: float(half:))
    case "BF16": littleEndianFloats(bytes, in: entry.range, widening: float(bfloat:))
    default: nil
    }
  }

  private static func header(_ bytes: [UInt8]) throws(SafetensorsError) -> [JSONValue.Member] {
    guard bytes.first == UInt8(ascii: "{") else { throw .headerStart }
    do {
      return try JSONReader.members(in: bytes, of: .header)
    } catch {
      switch error.cause {
      case .duplicateKey(let key): throw .duplicateName(key)
      case .notUTF8: throw .headerNotText
      default: throw .headerNotJSON(byte: error.place?.offset ?? 0, reason: error.reason)
      }
    }
  }

  private static func metadata(
    _ members: [JSONValue.Member]
  ) throws(SafetensorsError) -> [String: String] {
    guard let value = members.first(where: { $0.key == "__metadata__" })?.value else { return [:] }
    guard case .object(let entries) = value else { throw .malformedMetadata }
    var metadata: [String: String] = [:]
    for entry in entries {
      guard let text = entry.value.string else { throw .malformedMetadata }
      metadata[entry.key] = text
    }
    return metadata
  }

  private static func entry(
    _ member: JSONValue.Member, dataStart: Int
  ) throws(SafetensorsError) -> Entry {
    let name = member.key
    guard case .object(let fields) = member.value,
      fields.allSatisfy({ ["dtype", "shape", "data_offsets"].contains($0.key) })
    else {
      throw .malformedEntry(tensor: name, reason: "not an object of dtype, shape and data_offsets")
    }
    guard let type = member.value["dtype"]?.string else {
      throw .malformedEntry(tensor: name, reason: "no dtype")
    }
    guard let bits = typeBits[type] else { throw .unknownType(tensor: name, type: type) }
    let shape = try naturals(member.value["shape"], "shape", of: name)
    let offsets = try naturals(member.value["data_offsets"], "data_offsets", of: name)
    guard offsets.count == 2 else {
      throw .malformedEntry(tensor: name, reason: "data_offsets are not a pair")
    }
    guard offsets[0] <= offsets[1] else { throw .reversedOffsets(tensor: name) }
    let size = try byteCount(shape, bits: bits, of: name)
    guard offsets[1] - offsets[0] == size else {
      throw .sizeMismatch(tensor: name, expected: size, found: offsets[1] - offsets[0])
    }
    let (end, overflow) = offsets[1].addingReportingOverflow(dataStart)
    guard !overflow else { throw .impossibleSize(tensor: name) }
    return Entry(name: name, type: type, shape: shape, range: offsets[0] + dataStart..<end)
  }

  private static func naturals(
    _ value: JSONValue?, _ field: String, of tensor: String
  ) throws(SafetensorsError) -> [Int] {
    let numbers = (value?.array ?? [.null]).map { $0.integer() ?? -1 }
    guard numbers.allSatisfy({ $0 >= 0 }) else {
      throw .malformedEntry(tensor: tensor, reason: "\(field) is not a list of natural numbers")
    }
    return numbers
  }

  private static func byteCount(
    _ shape: [Int], bits: Int, of tensor: String
  ) throws(SafetensorsError) -> Int {
    var count = bits
    for size in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      guard !overflow else { throw .impossibleSize(tensor: tensor) }
      count = product
    }
    guard count % 8 == 0 else { throw .impossibleSize(tensor: tensor) }
    return count / 8
  }

  /// Throws unless the sorted entries cover the data without gap or overlap.
  private static func checkThatTheyTile(
    _ entries: [Entry], from start: Int, to fileEnd: Int
  ) throws(SafetensorsError) {
    var end = start
    for entry in entries {
      let found = entry.range.lowerBound
      guard found >= end else { throw .overlap(tensor: entry.name, bytes: end - found) }
      guard found == end else { throw .gap(before: entry.name, bytes: found - end) }
      end = entry.range.upperBound
    }
    guard fileEnd >= end else { throw .truncated(expected: end, found: fileEnd) }
    guard fileEnd == end else { throw .trailingBytes(expected: end, found: fileEnd) }
  }
}
