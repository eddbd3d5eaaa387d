public import Foundation

/// The rule of llama2.c's tokenizer files that a file breaks.
public enum PieceFileError: Error, Equatable, CustomStringConvertible {
  /// Fewer bytes than the length of the longest piece takes.
  case tooShort(bytes: Int)
  /// A longest piece of no bytes, or of more than any tokenizer has.
  case impossibleLongestPiece(Int)
  /// A file that ends within a token.
  case cutOff(token: Int)
  /// A piece of fewer than no bytes, or of more than the file's longest.
  case impossiblePiece(token: Int, bytes: Int, longest: Int)
  /// A piece that is not UTF-8.
  case notText(token: Int)
  /// A score that is infinite or not a number.
  case notFinite(token: Int)
  /// Fewer tokens than three special ones and 256 bytes.
  case tooFewTokens(Int)
  /// A token that is not the special one or the byte that belongs in its place.
  case misplaced(token: Int, expected: String, found: String)

  /// The mistake as a sentence.
  public var description: String {
    switch self {
    case .tooShort(let bytes): "\(bytes) bytes are too few to hold the longest piece's length"
    case .impossibleLongestPiece(let length):
      "the longest piece would have \(length) bytes; allowed are 1 to \(PieceFile.longestPiece)"
    case .cutOff(let token): "the file ends within token \(token)"
    case .impossiblePiece(let token, let bytes, let longest):
      "token \(token) would have \(bytes) bytes; the longest has \(longest)"
    case .notText(let token): "token \(token) is not UTF-8"
    case .notFinite(let token): "the score of token \(token) is not a finite number"
    case .tooFewTokens(let count):
      "\(count) tokens are too few; three special ones and 256 bytes come first"
    case .misplaced(let token, let expected, let found):
      "token \(token) must be '\(expected)' and is '\(found)'"
    }
  }
}

/// The tokenizer file of llama2.c, `tokenizer.bin`: the length of the longest piece as an int32,
/// then for each token its score as a float32, its length as an int32, and its bytes.
enum PieceFile {
  /// Longer pieces are refused; SentencePiece stops at 16 characters.
  static let longestPiece = 256
  private static let firstByte = 3

  struct Piece {
    var score: Float
    var bytes: [UInt8]
  }

  static func pieces(_ bytes: [UInt8]) throws(PieceFileError) -> [Piece] {
    var reader = ByteReader(bytes)
    guard let longest = reader.next(Int32.self).map(Int.init) else {
      throw .tooShort(bytes: bytes.count)
    }
    guard 1...longestPiece ~= longest else { throw .impossibleLongestPiece(longest) }
    var pieces: [Piece] = []
    while reader.remaining > 0 {
      pieces.append(try piece(pieces.count, longest: longest, &reader))
    }
    try checkOrder(pieces)
    return pieces
  }

  private static func piece(
    _ token: Int, longest: Int, _ reader: inout ByteReader
  ) throws(PieceFileError) -> Piece {
    guard let score = reader.nextFloat(), let length = reader.next(Int32.self).map(Int.init) else {
      throw .cutOff(token: token)
    }
    guard score.isFinite else { throw .notFinite(token: token) }
    guard 0...longest ~= length else {
      throw .impossiblePiece(token: token, bytes: length, longest: longest)
    }
    guard let bytes = reader.take(length) else { throw .cutOff(token: token) }
    guard String(validating: bytes, as: UTF8.self) != nil else { throw .notText(token: token) }
    return Piece(score: score, bytes: Array(bytes))
  }

  /// Throws unless `<unk>`, `<s>`, `</s>` and the bytes `<0x00>` to `<0xFF>` come first.
  private static func checkOrder(_ pieces: [Piece]) throws(PieceFileError) {
    guard pieces.count >= firstByte + 256 else { throw .tooFewTokens(pieces.count) }
    let expected = ["<unk>", "<s>", "</s>"] + (UInt8.min...UInt8.max).map(spelling(of:))
    for (token, name) in expected.enumerated() {
      let found = String(decoding: pieces[token].bytes, as: UTF8.self)
      guard found.trimmingCharacters(in: .newlines) == name else {
        throw .misplaced(token: token, expected: name, found: found)
      }
    }
  }

  /// How a byte is spelled among pieces, as in `<0x0A>`.
  static func spelling(of byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return "<0x\(digits.count < 2 ? "0" : "")\(digits)>"
  }
}

/// Reads a tokenizer from llama2.c's `tokenizer.bin`, whose models both begin and end a text with
/// the token `<s>`.
///
/// - Parameter file: For instance `tok512.bin`.
/// - Returns: The pieces; `<unk>` fills up rows.
/// - Throws: `TokenizationError` with the rule that the file breaks.
public func readPieces(from file: URL) throws(TokenizationError) -> PieceEncoding {
  let data: Data
  do { data = try Data(contentsOf: file) } catch {
    throw .inaccessibleFile(
      path: file.path, reason: "cannot be read: \(error.localizedDescription)")
  }
  do { return try PieceEncoding(pieces: PieceFile.pieces(Array(data))) } catch {
    throw .malformedPieces(path: file.path, error)
  }
}

extension PieceEncoding {
  fileprivate init(pieces: [PieceFile.Piece]) {
    let bytes = (UInt8.min...UInt8.max).map { [$0] }
    let texts = [[], [], []] + bytes + pieces.dropFirst(259).map(\.bytes)
    self.init(
      tokenBytes: texts, specialNames: [0: "<unk>", 1: "<s>", 2: "</s>"],
      byteTokens: Array(3..<259),
      joins: Self.joins(texts, scores: pieces.map(\.score), except: Set(0..<259)), pad: 0, begin: 1,
      end: 1)
  }
}

/// Takes numbers and strings off the front of a file's bytes, and never reads past its end.
///
/// Whatever is missing comes back as nil, so that each format can say which of its rules broke.
package struct ByteReader: Sendable {
  /// The whole file.
  package let bytes: [UInt8]
  /// The byte that is read next.
  package private(set) var position = 0

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The bytes that are left.
  package var remaining: Int { bytes.count - position }

  /// The next number, the lowest byte first.
  package mutating func next<Number: FixedWidthInteger>(_: Number.Type = Number.self) -> Number? {
    guard let taken = take(Number.bitWidth / 8) else { return nil }
    return taken.reversed().reduce(0) { $0 << 8 | Number(truncatingIfNeeded: $1) }
  }

  /// The next IEEE 754 single-precision number.
  package mutating func nextFloat() -> Float? {
    next(UInt32.self).map(Float.init(bitPattern:))
  }

  /// The next `count` bytes.
  package mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
    guard count >= 0, count <= remaining else { return nil }
    defer { position += count }
    return bytes[position..<position + count]
  }
}
