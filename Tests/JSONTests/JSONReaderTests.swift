import JSON
import Testing

@Suite struct JSONReaderTests {
  private func value(_ text: String) throws(JSONError) -> JSONValue {
    try JSONReader.value(in: Array(text.utf8))
  }

  private func refusal(_ text: String, of source: JSONSource = .document) throws -> JSONError {
    let error = #expect(throws: JSONError.self) {
      _ = try JSONReader.value(in: Array(text.utf8), of: source)
    }
    return try #require(error)
  }

  @Test func everyKindOfValueIsRead() throws {
    let text =
      #" { "b" : [ 1 , -2.5 , true , false , null ] , "a" : "x" , "c" : { } , "d" : [ ] } "#
    let expected: JSONValue = [
      "b": [1, -2.5, true, false, nil], "a": "x", "c": .object([]), "d": .array([]),
    ]
    #expect(try value(text) == expected)
    #expect(try value("[\n1,\r\n\t2]") == [1, 2])
    for text in ["1", "\"x\"", "null", "[]"] { _ = try value(text) }
  }

  @Test func membersKeepTheirOrder() throws {
    let members = try JSONReader.members(in: Array(#"{"z": 1, "a": 2, "m": 3}"#.utf8))
    #expect(members.map(\.key) == ["z", "a", "m"])
    #expect(try value(#"{"z": 1, "a": 2}"#) != value(#"{"a": 2, "z": 1}"#))
  }

  @Test(arguments: [
    ("0", 0), ("-1", -1), ("9007199254740993", 9_007_199_254_740_993),
    ("-9223372036854775808", Int128(Int64.min)), ("18446744073709551615", Int128(UInt64.max)),
  ])
  func wholeNumbersAreExact(text: String, whole: Int128) throws {
    #expect(try value(text) == .integer(whole))
    #expect(try value("[\(text)]") == [.integer(whole)])
  }

  @Test(arguments: [
    ("1.0", 1.0), ("1e2", 100), ("-1.50", -1.5), ("0.1E-07", 1e-8), ("1e+2", 100),
    ("18446744073709551616", 0x1p64), ("-9223372036854775809", -0x1p63), ("1e999", .infinity),
    ("-1e999", -.infinity), ("-0.0", -0.0), ("-0", -0.0),
  ])
  func otherNumbersAreFractions(text: String, number: Double) throws {
    guard case .number(let found) = try value(text) else {
      Issue.record("\(text) was not read as a fraction")
      return
    }
    #expect(found == number && found.sign == number.sign)
    #expect(try value(text).integer() == nil)
  }

  @Test func aWholeNumberIsHandedOutOnlyWhereItFits() throws {
    #expect(try value("255").integer(as: UInt8.self) == 255)
    #expect(try value("256").integer(as: UInt8.self) == nil)
    #expect(try value("-1").integer(as: UInt64.self) == nil)
    #expect(try value("18446744073709551615").integer(as: UInt64.self) == .max)
    #expect(try value("18446744073709551615").integer() == nil)
    #expect(try value("3").double == 3)
  }

  @Test(arguments: [
    "-", "+1", "01", "-01", ".5", "1.", "1.e2", "1e", "1e+", "1e2.5", "--1", "0x10", "1_000", "NaN",
    "Infinity", "-Infinity", "tru", "nulll", "True", "",
  ])
  func otherSpellingsAreRefused(text: String) throws {
    for text in [text, "[\(text), 1]", #"{"a": \#(text)}"#] { _ = try refusal(text) }
  }

  @Test(arguments: [
    (#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{C}\n\r\t"), (#"\u00e9\u0041"#, "\u{E9}A"),
    (#"\ud83d\ude00!"#, "\u{1F600}!"), (#"a\u0000b"#, "a\u{0}b"),
    ("\u{E9}\u{1F600}", "\u{E9}\u{1F600}"),
  ])
  func escapesAreThoseOfJSON(escaped: String, text: String) throws {
    #expect(try value("\"\(escaped)\"") == .string(text))
    #expect(try value("{\"\(escaped)\": 1}") == .object([.init(key: text, value: 1)]))
  }

  struct Fault: Sendable {
    var text: String
    var what: String
    var line = 1
    var column = 1
  }

  @Test(arguments: [
    Fault(text: "{\n \"a\": 1,\n}", what: "line 3, column 1: expected a key in double", line: 3),
    Fault(text: "[\n1,\n2,]", what: "expected a value, found ']'", line: 3, column: 3),
    Fault(text: "{\"é\": x}", what: "line 1, column 7: expected a value, found 'x'", column: 7),
    Fault(text: "[1 2]", what: "expected ',' or ']', found '2'", column: 4),
    Fault(text: #"{"a" 1}"#, what: "expected ':', found '1'", column: 6),
    Fault(text: "{} x", what: "expected the end of the document, found 'x'", column: 4),
    Fault(text: "{}{}", what: "expected the end of the document, found '{'", column: 3),
    Fault(text: #"{"a": 1"#, what: "the document breaks off inside an object, before", column: 8),
    Fault(text: "[1,\n 2", what: "breaks off inside a list, before ',' or ']'", line: 2, column: 3),
    Fault(text: #"["ab"#, what: "breaks off inside a string", column: 5),
    Fault(text: #"["\u00"#, what: "breaks off inside a string", column: 7),
    Fault(text: "[", what: "breaks off inside a value", column: 2),
    Fault(text: #"["\x"]"#, what: "expected an escape, found 'x'", column: 4),
    Fault(text: #"["\u12g4"]"#, what: "expected four hexadecimal digits, found '1'", column: 5),
    Fault(
      text: "[\"a\tb\"]", what: "control character stands bare in a string at line 1", column: 4),
    Fault(text: "{\"a\": 1,\n \"a\": 2}", what: "the key 'a' appears twice", line: 2, column: 2),
    Fault(text: #"{"a": 1, "\u0061": 2}"#, what: "the key 'a' appears twice", column: 10),
    Fault(text: "\u{FEFF}{}", what: "expected a value, found '\u{FEFF}'"),
    Fault(text: "[NaN]", what: "expected a value, found 'N'", column: 2),
  ])
  func aFaultIsNamedWithItsPlace(fault: Fault) throws {
    let error = try refusal(fault.text)
    #expect(error.what.contains(fault.what), "\(error)")
    let place = try #require(error.place)
    #expect(place.line == fault.line && place.column == fault.column, "\(place)")
    #expect(error.line == fault.line)
    #expect("\(error)" == "\(error.what); \(error.remedy)" && !error.remedy.isEmpty)
  }

  @Test(arguments: [
    #"\ud800"#, #"\ude00"#, #"\ud800\u0041"#, #"\ud800\ud800"#, #"\ud83dx"#, #"\ud83d\n"#,
  ])
  func halfASurrogatePairIsRefused(escape: String) throws {
    let error = try refusal("[\"\(escape)\"]")
    #expect(error.cause == .halfSurrogate)
    #expect(error.place?.offset == 2)
  }

  @Test func aPlaceOnALineIsItsByte() throws {
    let error = try refusal(#"{"é" 1}"#, of: .line)
    #expect(error.what == "malformed JSON at byte 7 of the line: expected ':', found '1'")
    let header = try refusal("{} x", of: .header)
    #expect(header.what.hasPrefix("malformed JSON at byte 3: expected the end of the header"))
    let line = try refusal("{} x", of: .line)
    #expect(line.remedy == "write one JSON object on each line")
  }

  @Test func bytesThatAreNotUTF8ArePlaced() throws {
    let error = #expect(throws: JSONError.self) {
      try JSONReader.value(in: Array("[\n\"".utf8) + [0xC3, 0x28] + Array("\"]".utf8))
    }
    #expect(error?.cause == .notUTF8)
    #expect(error?.what == "invalid UTF-8 at line 2, column 2")
  }

  @Test func nestingHasALimit() throws {
    let most = JSONReader.deepestNesting
    func nested(_ depth: Int, _ open: String, _ close: String) -> String {
      String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
    }
    for (open, close) in [("[", "]"), (#"{"a":"#, "}")] {
      _ = try value(nested(most, open, close))
      let error = try refusal(nested(most + 1, open, close))
      #expect(error.cause == .tooDeep)
    }
    #expect(try refusal(String(repeating: "[", count: 100_000)).cause == .tooDeep)
  }

  /// Eight keys are compared one by one, more of them in a set.
  @Test(arguments: [2, 8, 9, 100])
  func duplicatesAreFoundAmongAnyNumberOfKeys(count: Int) throws {
    let members = (0..<count).map { #""k\#($0)": \#($0)"# }
    let text = "{" + members.joined(separator: ", ") + "}"
    guard case .object(let read) = try value(text) else {
      Issue.record("\(text) was not read as an object")
      return
    }
    #expect(read.count == count)
    for key in [0, count - 1] {
      let twice = text.dropLast() + #", "k\#(key)": 0}"#
      #expect(try refusal(String(twice)).cause == .duplicateKey("k\(key)"))
    }
  }

  /// Swift's strings are equal where only their spelling in code points differs; JSON's are not.
  @Test(arguments: [0, 20])
  func keysOfDifferentBytesAreDifferent(others: Int) throws {
    let members = (0..<others).map { #""k\#($0)": 0, "# }.joined()
    let text = "{\(members)\"\u{E9}\": 1, \"e\u{301}\": 2}"
    guard case .object(let read) = try value(text) else {
      Issue.record("\(text) was not read as an object")
      return
    }
    #expect(read.count == others + 2)
    #expect(try refusal(text.replacing("}", with: ", \"e\u{301}\": 3}")).line == 1)
  }

  @Test func anObjectIsAskedFor() {
    let error = #expect(throws: JSONError.self) {
      try JSONReader.members(in: Array("[1]".utf8), of: .line)
    }
    #expect(
      error?.what.hasSuffix("byte 1 of the line: expected an object '{…}', found '['") == true)
  }
}
