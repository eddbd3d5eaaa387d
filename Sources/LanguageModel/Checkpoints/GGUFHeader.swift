import Tokenization

/// A value of a GGUF file's metadata; all kinds of integers are one here.
enum GGUFValue: Equatable, Sendable {
  case integer(Int)
  case number(Double)
  case boolean(Bool)
  case text(String)
  case array([GGUFValue])
}

/// A tensor as the header of a GGUF file lists it.
struct GGUFTensor: Equatable, Sendable {
  var name: String
  /// The sizes of its dimensions, the last one running fastest.
  var shape: [Int]
  var type: GGUFTensorType
  /// Where its bytes lie in the file.
  var range: Range<Int>
}

/// Reads the header of a GGUF file, version 3.
///
/// Layout: `GGUF`, the version, the numbers of tensors and of keys, the keys with their values, the
/// tensors' names, sizes, types and offsets; then the data, every tensor at a multiple of the
/// alignment. Counts are held to the bytes that are left before anything is made room for.
struct GGUFHeader: Sendable {
  private(set) var metadata: [String: GGUFValue] = [:]
  private(set) var tensors: [GGUFTensor] = []
  private var reader: ByteReader
  private static let standardAlignment = 32
  /// The fewest bytes of a key, of a tensor's entry, and of a text.
  private static let (leastKey, leastTensor) = (13, 32)

  init(_ bytes: [UInt8]) throws(GGUFError) {
    reader = ByteReader(bytes)
    guard reader.take(4)?.elementsEqual("GGUF".utf8) == true else { throw .notGGUF }
    let version = try readNumber(UInt32.self, "the version")
    guard version.byteSwapped != 3 else { throw .bigEndian }
    guard version == 3 else { throw .version(version) }
    let tensorCount = try readCount(of: "tensors", atLeast: Self.leastTensor)
    let keyCount = try readCount(of: "keys", atLeast: Self.leastKey)
    for _ in 0..<keyCount { try readKey() }
    var offsets: [UInt64] = []
    for _ in 0..<tensorCount { offsets.append(try readTensor()) }
    try place(offsets, fileEnd: bytes.count)
  }

  private mutating func readNumber<Number: FixedWidthInteger>(
    _: Number.Type, _ what: @autoclosure () -> String
  ) throws(GGUFError) -> Number {
    guard let number = reader.next(Number.self) else { throw .cutOff(reading: what()) }
    return number
  }

  /// How many things there are, each of which takes at least this many bytes.
  private mutating func readCount(
    of what: String, atLeast bytes: Int
  ) throws(GGUFError) -> Int {
    let count = try readNumber(UInt64.self, "the number of \(what)")
    guard count <= UInt64(reader.remaining / bytes) else {
      throw .impossibleCount(of: what, count)
    }
    return Int(count)
  }

  private mutating func readText(_ what: String) throws(GGUFError) -> String {
    let length = try readCount(of: "bytes in \(what)", atLeast: 1)
    guard let bytes = reader.take(length) else { throw .cutOff(reading: what) }
    guard let text = String(validating: bytes, as: UTF8.self) else { throw .notText(what) }
    return text
  }

  private mutating func readKey() throws(GGUFError) {
    let key = try readText("a key")
    guard metadata[key] == nil else { throw .duplicate(key) }
    let type = try readNumber(UInt32.self, "key '\(key)'")
    guard type == 9 else {
      metadata[key] = try value(of: type, key)
      return
    }
    let element = try readNumber(UInt32.self, "key '\(key)'")
    guard element != 9 else { throw .nestedArray(key: key) }
    var elements: [GGUFValue] = []
    for _ in 0..<(try readCount(of: "elements of '\(key)'", atLeast: 1)) {
      elements.append(try value(of: element, key))
    }
    metadata[key] = .array(elements)
  }

  private mutating func value(of type: UInt32, _ key: String) throws(GGUFError) -> GGUFValue {
    let what = "key '\(key)'"
    switch type {
    case 0: return .integer(Int(try readNumber(UInt8.self, what)))
    case 1: return .integer(Int(try readNumber(Int8.self, what)))
    case 2: return .integer(Int(try readNumber(UInt16.self, what)))
    case 3: return .integer(Int(try readNumber(Int16.self, what)))
    case 4: return .integer(Int(try readNumber(UInt32.self, what)))
    case 5: return .integer(Int(try readNumber(Int32.self, what)))
    case 6: return .number(Double(Float(bitPattern: try readNumber(UInt32.self, what))))
    case 7: return .boolean(try readNumber(UInt8.self, what) != 0)
    case 8: return .text(try readText(what))
    case 10:
      let value = try readNumber(UInt64.self, what)
      return Int(exactly: value).map(GGUFValue.integer) ?? .number(Double(value))
    case 11: return .integer(Int(try readNumber(Int64.self, what)))
    case 12: return .number(Double(bitPattern: try readNumber(UInt64.self, what)))
    default: throw .unknownValueType(key: key, type: type)
    }
  }

  /// Reads a tensor's entry and returns its offset within the data.
  private mutating func readTensor() throws(GGUFError) -> UInt64 {
    let name = try readText("a tensor's name")
    let what = "tensor '\(name)'"
    let dimensions = try readNumber(UInt32.self, what)
    guard 1...4 ~= dimensions else { throw .dimensions(tensor: name, count: dimensions) }
    var shape: [Int] = []
    for _ in 0..<dimensions {
      guard let size = Int(exactly: try readNumber(UInt64.self, what)), size > 0 else {
        throw .impossibleSize(tensor: name)
      }
      shape.insert(size, at: 0)
    }
    let code = try readNumber(UInt32.self, what)
    let type = try GGUFTensorType(code, tensor: name)
    guard let bytes = type.byteCount(of: shape) else { throw .impossibleSize(tensor: name) }
    tensors.append(GGUFTensor(name: name, shape: shape, type: type, range: 0..<bytes))
    return try readNumber(UInt64.self, what)
  }

  /// Gives every tensor its bytes: one after the other, each at a multiple of the alignment.
  private mutating func place(_ offsets: [UInt64], fileEnd: Int) throws(GGUFError) {
    var names: Set<String> = []
    let alignment = try alignment()
    func aligned(_ position: Int) -> Int { (position + alignment - 1) / alignment * alignment }
    let start = aligned(reader.position)
    var end = start
    for (index, offset) in offsets.enumerated() {
      let tensor = tensors[index]
      guard names.insert(tensor.name).inserted else { throw .duplicate(tensor.name) }
      let expected = aligned(end)
      guard offset == UInt64(expected - start) else {
        throw .misplaced(tensor: tensor.name, expected: expected - start, found: offset)
      }
      let (next, overflow) = expected.addingReportingOverflow(tensor.range.count)
      guard !overflow, next <= Int.max - alignment else {
        throw .impossibleSize(tensor: tensor.name)
      }
      tensors[index].range = expected..<next
      end = next
    }
    guard fileEnd >= end else { throw .truncated(expected: end, found: fileEnd) }
    guard fileEnd <= aligned(end) else { throw .trailingBytes(expected: end, found: fileEnd) }
  }

  private func alignment() throws(GGUFError) -> Int {
    guard let value = metadata["general.alignment"] else { return Self.standardAlignment }
    guard case .integer(let alignment) = value, 8...65536 ~= alignment,
      alignment & (alignment - 1) == 0
    else {
      if case .integer(let alignment) = value { throw .impossibleAlignment(alignment) }
      throw .missingKey("general.alignment")
    }
    return alignment
  }
}
