import Foundation
import TestSupport
import Testing
import Tokenization

/// A `tokenizer.bin` with pieces behind the special tokens and the bytes.
private func table(
  _ pieces: [(String, Float)], longest: Int32 = 16
) -> [UInt8] {
  let bytes = (0..<256).map { byte in
    let digits = String(byte, radix: 16, uppercase: true)
    return "<0x\(digits.count == 1 ? "0" : "")\(digits)>"
  }
  let first = ["<unk>", "\n<s>\n", "\n</s>\n"] + bytes
  let all = first.map { ($0, Float(0)) } + pieces
  return word(UInt32(bitPattern: longest)) + all.flatMap { entry($0.0, $0.1) }
}

private func entry(_ piece: String, _ score: Float) -> [UInt8] {
  word(score.bitPattern) + word(UInt32(piece.utf8.count)) + Array(piece.utf8)
}

private func word(_ value: UInt32) -> [UInt8] {
  (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

private func reading(_ bytes: [UInt8]) throws -> PieceEncoding {
  try inTemporaryFolder { folder in
    let file = folder.appending(path: "tok.bin")
    try Data(bytes).write(to: file)
    return try readPieces(from: file)
  }
}

private let vocabulary: [(String, Float)] = [
  ("th", 0), (" t", -1), ("he", -2), (" the", -3), (" th", -4), ("the", -5), ("aa", -6),
  ("aaa", -7), (" ", -8), ("t", -9), ("h", -10), ("e", -11), ("a", -12), ("\u{E9}", -13),
  (" a", -13), ("ea", -14), ("\n", -15),
]

@Suite struct PieceEncodingTests {
  /// The loop of llama2.c's `encode`: the best-scored neighbours anywhere, again and again.
  private func naive(_ text: String) -> [Int] {
    var pieces: [(text: String, id: Int)] = []
    for scalar in text.unicodeScalars {
      if let index = vocabulary.firstIndex(where: { $0.0.unicodeScalars.elementsEqual([scalar]) }) {
        pieces.append((String(scalar), 259 + index))
      } else {
        pieces += String(scalar).utf8.map { ("<byte>", 3 + Int($0)) }
      }
    }
    while true {
      var best: (score: Float, place: Int, id: Int)?
      for i in pieces.indices.dropLast() {
        let joined = pieces[i].text + pieces[i + 1].text
        guard let index = vocabulary.firstIndex(where: { $0.0 == joined }) else { continue }
        let score = vocabulary[index].1
        if best.map({ score > $0.score }) ?? true { best = (score, i, 259 + index) }
      }
      guard let best else { return pieces.map(\.id) }
      pieces[best.place] = (vocabulary[best.id - 259].0, best.id)
      pieces.remove(at: best.place + 1)
    }
  }

  @Test func mergesAreThoseOfTheReferenceLoop() throws {
    let encoding = try reading(table(vocabulary))
    var state: UInt64 = 3
    for length in 0..<200 {
      let text = (0..<length % 40).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return ["t", "h", "e", "a", " ", "\u{E9}", "x", "\u{1F600}"][Int(state >> 33) % 8]
      }.joined()
      #expect(encoding.encode(text) == naive(text), "\(text)")
      #expect(encoding.decode(encoding.encode(text)) == text)
    }
  }

  @Test func valuesByHand() throws {
    let encoding = try reading(table(vocabulary))
    // "th" joins first, then " th" (−4) loses to nothing: " t" cannot form any more.
    #expect(encoding.encode(" the") == [262])
    #expect(encoding.encode("aaaa") == [265, 265])
    #expect(encoding.encode("\u{4E2D}") == [3 + 0xE4, 3 + 0xB8, 3 + 0xAD])
    #expect(encoding.vocabularySize == 259 + vocabulary.count)
    #expect(encoding.padToken == 0 && encoding.beginToken == 1 && encoding.endToken == 1)
  }

  @Test func aPromptHasASpaceBeforeItThatIsNotShown() throws {
    let encoding = try reading(table(vocabulary))
    #expect(encoding.encodePrompt("the") == [1, 262])
    #expect(encoding.encodePrompt("") == [1])
    #expect(encoding.decode([1, 262]) == "the")
    #expect(encoding.decode([262]) == " the")
    #expect(encoding.decode([1, 262, 262, 1]) == "the the")
    #expect(encoding.decode([1, 275, 262, 999, -1]) == "\n the")
  }

  @Test func bytesThatAreNotTextBecomeTheReplacementCharacter() throws {
    #expect(try reading(table(vocabulary)).decode([3 + 0xFF, 3 + 0x41]) == "\u{FFFD}A")
  }

  @Test func aLongTextTakesNoQuadraticTime() throws {
    let encoding = try reading(table(vocabulary))
    let text = String(repeating: "a", count: 60_000)
    #expect(encoding.encode(text) == Array(repeating: 265, count: 30_000))
  }
}

@Suite struct PieceFileTests {
  private func refusal(_ bytes: [UInt8]) -> PieceFileError? {
    do {
      _ = try reading(bytes)
      return nil
    } catch TokenizationError.malformedPieces(let path, let error) {
      return path.hasSuffix("tok.bin") ? error : nil
    } catch { return nil }
  }

  @Test func everyRuleHasItsOwnError() {
    let whole = table(vocabulary)
    #expect(refusal([1, 2]) == .tooShort(bytes: 2))
    #expect(refusal(table([], longest: 0)) == .impossibleLongestPiece(0))
    #expect(refusal(table([], longest: 300)) == .impossibleLongestPiece(300))
    #expect(refusal(whole.dropLast()) == .cutOff(token: 275))
    #expect(refusal(whole + [0, 0]) == .cutOff(token: 276))
    #expect(refusal(whole + entry("x", .infinity)) == .notFinite(token: 276))
    let long = String(repeating: "x", count: 17)
    #expect(refusal(whole + entry(long, 0)) == .impossiblePiece(token: 276, bytes: 17, longest: 16))
    let negative = word(0) + word(.max)
    #expect(
      refusal(whole + negative) == .impossiblePiece(token: 276, bytes: -1, longest: 16))
    #expect(refusal(whole + word(0) + word(1) + [0xFF]) == .notText(token: 276))
    #expect(refusal(word(16) + entry("<unk>", 0)) == .tooFewTokens(1))
    var misplaced = whole
    misplaced[12] = UInt8(ascii: "[")
    #expect(refusal(misplaced) == .misplaced(token: 0, expected: "<unk>", found: "[unk>"))
  }

  @Test func everyShorterFileIsRefused() {
    let whole = table([])
    for count in 0..<whole.count where count % 97 == 0 || count > whole.count - 30 {
      let found = refusal(Array(whole.prefix(count)))
      #expect(found != nil, "\(count) bytes")
    }
  }

  @Test func messagesNameFileRuleAndRemedy() {
    let error = TokenizationError.malformedPieces(path: "/x/tok.bin", .cutOff(token: 7))
    #expect(
      "\(error)"
        == "/x/tok.bin: the file ends within token 7; use the tokenizer that was exported with the model"
    )
    #expect("\(PieceFileError.tooFewTokens(2))".contains("2 tokens are too few"))
  }

  @Test func aMissingFileIsInaccessible() {
    #expect(throws: TokenizationError.self) { try readPieces(from: URL(filePath: "/nowhere.bin")) }
  }
}
