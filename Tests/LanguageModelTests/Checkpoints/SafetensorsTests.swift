import LanguageModel
import Testing

/// A file from a header's text and its data, whether they fit one another or not.
private func file(_ header: String, data: [UInt8] = []) -> [UInt8] {
  lengthPrefix(UInt64(header.utf8.count)) + Array(header.utf8) + data
}

private func lengthPrefix(_ length: UInt64) -> [UInt8] {
  (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
}

private func entry(_ name: String, _ shape: String, _ offsets: String, type: String = "F32")
  -> String
{
  #""\#(name)":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":\#(offsets)}"#
}

private func bytes(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

@Suite struct SafetensorsTests {
  @Test func layoutIsThatOfTheReferenceWriter() {
    // Written by hand from the format's README: length, header padded to 8, little-endian data.
    // `Float.pi` is rounded towards zero, to 0x40490FDA.
    let header =
      #"{"__metadata__":{"format":"pt"},"#
      + #""a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"#
      + #""b":{"dtype":"F32","shape":[1,1],"data_offsets":[8,12]}}"#
    let padding = String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
    let expected = file(
      header + padding, data: [0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0, 0xDA, 0x0F, 0x49, 0x40])
    let encoded = SafetensorsFile.encode(
      [
        .init(name: "b", shape: [1, 1], values: [.pi]),
        .init(name: "a", shape: [2], values: [1, -2]),
      ], metadata: ["format": "pt"])
    #expect(encoded == expected)
  }

  @Test func valuesSurviveARoundTripBitByBit() throws {
    let values: [Float] = [0, -0.0, 1.5, .leastNonzeroMagnitude, -.greatestFiniteMagnitude, .nan]
    let encoded = SafetensorsFile.encode(
      [
        .init(name: "ünïcode \"quoted\" \\ \n", shape: [2, 3], values: values),
        .init(name: "empty", shape: [0, 4], values: []),
        .init(name: "scalar", shape: [], values: [7]),
      ], metadata: ["note": "β"])
    let read = try SafetensorsFile(bytes: encoded)
    let found = try #require(read.floats("ünïcode \"quoted\" \\ \n"))
    #expect(found.map(\.bitPattern) == values.map(\.bitPattern))
    #expect(read.floats("empty") == [])
    #expect(read.floats("scalar") == [7])
    #expect(read.entries.first { $0.name == "scalar" }?.shape == [])
    #expect(read.metadata == ["note": "β"])
    #expect(read.floats("absent") == nil)
  }

  @Test func orderOfTensorsDoesNotChangeTheBytes() {
    let tensors = ["c", "a", "b"].map { SafetensorsFile.Tensor(name: $0, shape: [1], values: [1]) }
    #expect(SafetensorsFile.encode(tensors) == SafetensorsFile.encode(tensors.reversed()))
  }

  @Test(arguments: [
    (#"\u0041"#, "A"), (#"\u00e9"#, "é"), (#"\ud83d\ude00"#, "😀"),
    (#"\n\t\r\b\f"#, "\n\t\r\u{8}\u{C}"),
    (#"\"\\\/"#, "\"\\/"),
  ])
  func escapedNamesAreUnescaped(escaped: String, name: String) throws {
    let header = "{" + entry(escaped, "[1]", "[0,4]") + "}"
    let read = try SafetensorsFile(bytes: file(header, data: [0, 0, 0x80, 0x3F]))
    #expect(read.floats(name) == [1])
  }

  @Test func otherTypesAreListedButNotReadAsFloats() throws {
    let read = try SafetensorsFile(
      bytes: file("{" + entry("n", "[2]", "[0,16]", type: "I64") + "}", data: bytes(16)))
    let found = try #require(read.entries.first)
    #expect(found.name == "n" && found.type == "I64" && found.shape == [2])
    #expect(found.range.count == 16)
    #expect(read.floats("n") == nil)
  }

  @Test func entriesMayComeInAnyOrderAndWithSpaces() throws {
    let header =
      "{" + entry("z", "[1]", "[0,4]") + " ,\n " + entry("a", "[ 1 ]", "[ 4 , 8 ]") + "}   "
    let read = try SafetensorsFile(bytes: file(header, data: [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40]))
    #expect(read.entries.map(\.name) == ["z", "a"])
    #expect(read.floats("a") == [2])
  }
}

@Suite struct SafetensorsRefusalTests {
  private func refusal(_ bytes: [UInt8]) -> SafetensorsError? {
    do { _ = try SafetensorsFile(bytes: bytes) } catch { return error }
    return nil
  }

  private func refusal(_ header: String, data count: Int = 0) -> SafetensorsError? {
    refusal(file(header, data: bytes(count)))
  }

  @Test func lengthsThatDoNotFit() {
    #expect(refusal(bytes(7)) == .fileTooShort(bytes: 7))
    #expect(refusal([]) == .fileTooShort(bytes: 0))
    #expect(
      refusal(lengthPrefix(100_000_001) + bytes(16)) == .headerTooLong(bytes: 100_000_001))
    #expect(refusal(lengthPrefix(.max) + bytes(16)) == .headerTooLong(bytes: .max))
    #expect(refusal(lengthPrefix(9) + bytes(8)) == .headerPastEnd(header: 9, file: 16))
  }

  @Test func headersThatAreNoJSON() {
    #expect(refusal(lengthPrefix(3) + [0x7B, 0xFF, 0x7D]) == .headerNotText)
    #expect(refusal(" {}") == .headerStart)
    #expect(refusal("[]") == .headerStart)
    #expect(refusal("") == .headerStart)
    let reason = "expected the end of the header, found 'x'"
    #expect(refusal("{} x") == .headerNotJSON(byte: 3, reason: reason))
    for text in [
      #"{"\ud83d":0}"#, #"{"\ud83dx":0}"#, #"{"\ude00":0}"#, #"{"\u12":0}"#, "{\"a\tb\":0}",
      #"{"a":-}"#, #"{"a":1.}"#, #"{"a":1e}"#, #"{"a":nul}"#, #"{"a":[1,]}"#, #"{"a":1,}"#,
      "{", #"{"a"}"#, #"{"a":}"#, "{,}", #"{"a":01}"#, #"{"a":tru}"#, #"{"a":"\q"}"#,
    ] {
      guard case .headerNotJSON = refusal(text) else {
        Issue.record("\(text) was not refused as JSON")
        continue
      }
    }
    let deep = #"{"a":"# + String(repeating: "[", count: 100_000)
    guard case .headerNotJSON(_, "values are nested more than 64 deep") = refusal(deep) else {
      Issue.record("100,000 brackets were not refused")
      return
    }
  }

  @Test func duplicateNames() {
    let twice = "{" + entry("a", "[1]", "[0,4]") + "," + entry("a", "[1]", "[0,4]") + "}"
    #expect(refusal(twice, data: 4) == .duplicateName("a"))
    let escaped = "{" + entry("a", "[1]", "[0,4]") + "," + entry(#"\u0061"#, "[1]", "[4,8]") + "}"
    #expect(refusal(escaped, data: 8) == .duplicateName("a"))
    #expect(refusal(#"{"a":{"dtype":"F32","dtype":"F32"}}"#) == .duplicateName("dtype"))
  }

  @Test func metadataOtherThanStrings() {
    #expect(refusal(#"{"__metadata__":{"a":1}}"#) == .malformedMetadata)
    #expect(refusal(#"{"__metadata__":["a"]}"#) == .malformedMetadata)
  }

  @Test(arguments: [
    #"{"a":1}"#, #"{"a":{"shape":[1],"data_offsets":[0,4]}}"#,
    #"{"a":{"dtype":"F32","data_offsets":[0,4]}}"#, #"{"a":{"dtype":"F32","shape":[1]}}"#,
    #"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#,
    #"{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}"#,
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#,
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":0}}"#,
  ])
  func malformedEntries(header: String) {
    guard case .malformedEntry("a", _) = refusal(header, data: 4) else {
      Issue.record("\(header) gave \(String(describing: refusal(header, data: 4)))")
      return
    }
  }

  @Test func typesAndSizesThatCannotBe() {
    #expect(
      refusal("{" + entry("a", "[1]", "[0,4]", type: "F31") + "}", data: 4)
        == .unknownType(tensor: "a", type: "F31"))
    let huge = "[9223372036854775807,2]"
    #expect(refusal("{" + entry("a", huge, "[0,4]") + "}") == .impossibleSize(tensor: "a"))
    #expect(
      refusal("{" + entry("a", "[3]", "[0,2]", type: "F4") + "}", data: 2)
        == .impossibleSize(tensor: "a"))
    #expect(
      refusal("{" + entry("a", "[2]", "[0,4]") + "}", data: 4)
        == .sizeMismatch(tensor: "a", expected: 8, found: 4))
    let far = "[9223372036854775803,9223372036854775807]"
    #expect(refusal("{" + entry("a", "[1]", far) + "}") == .impossibleSize(tensor: "a"))
  }

  @Test func offsetsThatDoNotTile() {
    #expect(
      refusal("{" + entry("a", "[1]", "[4,0]") + "}", data: 4) == .reversedOffsets(tensor: "a"))
    #expect(
      refusal("{" + entry("a", "[1]", "[4,8]") + "}", data: 8) == .gap(before: "a", bytes: 4))
    let gap = "{" + entry("a", "[1]", "[0,4]") + "," + entry("b", "[1]", "[6,10]") + "}"
    #expect(refusal(gap, data: 10) == .gap(before: "b", bytes: 2))
    let overlap = "{" + entry("a", "[1]", "[0,4]") + "," + entry("b", "[1]", "[3,7]") + "}"
    #expect(refusal(overlap, data: 7) == .overlap(tensor: "b", bytes: 1))
    let shared = "{" + entry("a", "[1]", "[0,4]") + "," + entry("b", "[1]", "[0,4]") + "}"
    #expect(refusal(shared, data: 4) == .overlap(tensor: "b", bytes: 4))
  }

  @Test func filesThatEndTooEarlyOrTooLate() {
    let header = "{" + entry("a", "[2]", "[0,8]") + "}"
    let end = 8 + header.utf8.count + 8
    #expect(refusal(header, data: 7) == .truncated(expected: end, found: end - 1))
    #expect(refusal(header, data: 9) == .trailingBytes(expected: end, found: end + 1))
  }

  @Test func everyTruncationIsRefused() {
    let whole = SafetensorsFile.encode([
      .init(name: "a", shape: [3], values: [1, 2, 3]), .init(name: "b", shape: [1], values: [4]),
    ])
    for length in 0..<whole.count { #expect(refusal(Array(whole[..<length])) != nil) }
  }

  @Test func noFlippedByteOfTheHeaderCrashesTheReader() {
    let tensors = [
      SafetensorsFile.Tensor(name: "a", shape: [2, 1], values: [1, 2]),
      SafetensorsFile.Tensor(name: "b", shape: [1], values: [3]),
    ]
    let whole = SafetensorsFile.encode(tensors, metadata: ["format": "pt"])
    let (data, header) = (12, whole.count - 12)
    var refused = 0
    for i in 0..<header {
      for mask: UInt8 in [0x01, 0x20, 0x80, 0xFF] {
        var bytes = whole
        bytes[i] ^= mask
        guard let read = try? SafetensorsFile(bytes: bytes) else {
          refused += 1
          continue
        }
        // What is let through still tiles the data: only names, strings or types changed.
        #expect(read.entries.reduce(0) { $0 + $1.range.count } == data)
      }
    }
    #expect(refused > 3 * header)
  }

  @Test func noScrambledFileCrashesTheReader() {
    let whole = SafetensorsFile.encode(
      [.init(name: "a", shape: [2], values: [1, 2]), .init(name: "b", shape: [1], values: [3])],
      metadata: ["format": "pt"])
    var generator = SplitMix(state: 8)
    var accepted = 0
    for _ in 0..<3_000 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...6, using: &generator) {
        let i = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: bytes[i] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes.remove(at: i)
        default: bytes.insert(bytes[Int.random(in: 0..<bytes.count, using: &generator)], at: i)
        }
      }
      guard let read = try? SafetensorsFile(bytes: bytes) else { continue }
      accepted += 1
      // Whatever is let through keeps within the file.
      for entry in read.entries { #expect(entry.range.upperBound <= bytes.count) }
    }
    // Damaged weights alone break no rule of the format.
    #expect(1..<3_000 ~= accepted)
  }

  @Test func errorsNameTensorAndNumbers() {
    #expect(
      "\(SafetensorsError.sizeMismatch(tensor: "w", expected: 8, found: 4))"
        == "tensor 'w' takes 4 bytes, its shape and dtype call for 8")
    #expect("\(SafetensorsError.duplicateName("w"))" == "the name 'w' occurs twice")
  }
}
